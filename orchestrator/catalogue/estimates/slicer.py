"""PrusaSlicer, where it is installed: asked in a child process with limits."""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.catalogue.estimates.limited import Bounds, ChildFailedError, run
from orchestrator.catalogue.estimates.profile import PrintProfile

COMMAND: Final = "prusa-slicer"
# On several cores each run gives other figures, in the last digit or a few above: the
# same mesh and settings are to be the same program.
_BOUNDS: Final = Bounds(one_core=True)
_TAIL_BYTES: Final = 64 << 10  # the figures stand after the last move
_DURATION = re.compile(rb"estimated printing time \(normal mode\) = (.+)")
_GRAMS = re.compile(rb"^; filament used \[g\] = ([\d.]+)", re.MULTILINE)
_VERSION = re.compile(rb"PrusaSlicer [\d.]+")
_SECONDS_OF: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliced:
    """One piece: what the slicer tells of it, and the program that makes it."""

    run_s: float
    filament_g: float
    version: str
    program: bytes


class NotSlicedError(Exception):
    """The slicer did not answer; the message is its own."""


def is_installed() -> bool:
    """Whether this computer has PrusaSlicer."""
    return shutil.which(COMMAND) is not None


def slice_mesh(
    mesh: Path,
    profile: PrintProfile,
    *,
    scale: float = 1.0,
    middle_mm: tuple[float, float] | None = None,
) -> Sliced:
    """Slice one STL or 3MF as it lies, its middle where it shall stand on the bed.

    The same mesh and settings give the same program, byte by byte.

    The file's name ends in its format. Errors: NotSlicedError.
    """
    x_mm, y_mm = middle_mm or (profile.bed_x_mm / 2, profile.bed_y_mm / 2)
    with tempfile.TemporaryDirectory(prefix="slice-") as folder:
        settings, program = Path(folder, "profile.ini"), Path(folder, "out.gcode")
        settings.write_text(profile.ini())
        place = ["--scale", f"{scale:g}", "--center", f"{x_mm:.2f},{y_mm:.2f}"]
        command = [COMMAND, "--export-gcode", "--load", str(settings), *place]
        try:
            out, err = run(
                [*command, "--output", str(program), str(mesh)],
                folder=Path(folder),
                bounds=_BOUNDS,
            )
        except ChildFailedError as error:
            raise NotSlicedError(str(error)) from error
        if not program.is_file():
            said = (err or out).strip()
            raise NotSlicedError(said.splitlines()[-1] if said else "it said nothing")
        return _told(program.read_bytes())


def _told(program: bytes) -> Sliced:
    tail = program[-_TAIL_BYTES:]
    duration, grams = _DURATION.search(tail), _GRAMS.search(tail)
    if duration is None or grams is None:
        raise NotSlicedError("its program does not tell time and filament")
    version = _VERSION.search(program[:200])
    _, _, undated = program.partition(b"\n")  # the same mesh is the same program
    parts = duration.group(1).decode().split()
    return Sliced(
        run_s=sum(float(part[:-1]) * _SECONDS_OF[part[-1]] for part in parts),
        filament_g=float(grams.group(1)),
        version=version.group().decode() if version else "PrusaSlicer",
        program=undated,
    )
