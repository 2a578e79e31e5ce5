"""What is printed: meshes as they came, and the parts of models cut into meshes here."""

import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from orchestrator.catalogue.bodies import Body
from orchestrator.catalogue.contents import NAME_MAX
from orchestrator.catalogue.estimates.apart import NotEstimatedError, print_of
from orchestrator.catalogue.estimates.printing import Print
from orchestrator.catalogue.files.apart import unpack
from orchestrator.catalogue.found import INCH_MM, Found, Mesh, Model
from orchestrator.catalogue.publish import KeptFile, Upload, keep_files
from orchestrator.foundation import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A model's part, cut into triangles (STL, mm) here, with our estimate of its print.

    `printed`: None where it was not estimated, as of what is proposed to be bought.
    """

    file: KeptFile
    printed: Print | None


def print_in(folder: Path, file: KeptFile, found: Found, unit: str) -> Print | None:
    """Our estimate of an STL in this unit; None where there is nothing to estimate."""
    if found.format != "STL" or not isinstance(found.what, Mesh):
        return None
    try:
        path = files.path_of(folder, file.sha256)
        return print_of(path, scale=INCH_MM if unit == "inch" else 1.0)
    except NotEstimatedError:
        return None


def cuts_of(
    folder: Path, file: KeptFile, bodies: Iterable[Body], bought: Collection[str]
) -> tuple[Cut, ...]:
    """The parts of a model as meshes, so that they are printed like any other.

    `bought`: keys of bodies that are not estimated. Empty for a file that is no model.
    """
    bodies = tuple(bodies)
    if not bodies or bodies[0].number is None:
        return ()
    stem = str(PurePosixPath(file.name).with_suffix(""))[: NAME_MAX // 2]
    cuts = []
    with tempfile.TemporaryDirectory() as into:
        told = unpack(files.path_of(folder, file.sha256), file.name, Path(into)).what
        if not isinstance(told, Model):  # it took longer than before
            return ()
        for number, body in enumerate(bodies):
            called = re.sub(r"[^\w .+-]", "_", body.called).strip()
            triangles = Path(into, str(number)).read_bytes()
            mesh = Upload(name=f"{stem}-{number + 1} {called}.stl", chunks=[triangles])
            (kept,) = keep_files(folder, [mesh])
            is_made = body.key not in bought
            printed = print_in(folder, kept, as_stl(body), "mm") if is_made else None
            cuts.append(Cut(file=kept, printed=printed))
    return tuple(cuts)


def as_stl(body: Body) -> Found:
    """What the file with the triangles of a model's part tells, already in mm."""
    return replace(body.found, format="STL")
