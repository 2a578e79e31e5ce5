"""A file looked into by a process of its own, so that no file can harm the server.

The process limits its own memory, CPU and output before it reads a byte; here its
time is watched and what it says is checked. A file that can't be read is an answer,
never an error, so that the rest of an upload is kept.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import structlog
from pydantic import TypeAdapter

from orchestrator.catalogue.files.formats import HEAD_BYTES, Format, format_of
from orchestrator.catalogue.files.limits import Limits
from orchestrator.catalogue.found import Found, Note, Other

log = structlog.get_logger()

_AT_ONCE: Final = threading.BoundedSemaphore(2)  # more would only wait for a core
_MEGABYTE: Final = 1 << 20
PROGRAM_S_PER_MB: Final = 2  # of CPU, beside what every file may take
_WHY_BYTES: Final = 1 << 16
LACKS_EXTRA: Final = "lacks-extra"
_FOUND: Final = TypeAdapter(Found)
_MODULE_OF: Final[dict[Format, str]] = {
    "STL": "stl",
    "3MF": "threemf",
    "STEP": "step",
    "DXF": "dxf",
    "SVG": "svg",
    "Gerber": "gerber",
    "Excellon": "excellon",
    "G-code": "program",
    "BoM": "bom",
    "archive": "archive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found; its picture (PNG or SVG) and 3D view, empty where there is none."""

    found: Found
    picture: bytes = b""
    view: bytes = b""


def look(path: Path, name: str, limits: Limits | None = None) -> Looked:
    """Look into the file at `path`, which its designer calls `name`.

    Takes seconds. Errors: OSError if the file is not there or no process can start.
    """
    return _look(path, name, limits or Limits(), into=None)


def unpack(path: Path, name: str, into: Path, limits: Limits | None = None) -> Found:
    """Look into an archive, and put its entry `names[n]` into the empty folder `into`
    as a file called n: "0", "1" … What was not taken is in `refused`. Of a model (STEP)
    `parts[n]` is put there as a binary STL in mm, as it lies by itself.

    Takes seconds. Errors: as `look`.
    """
    return _look(path, name, limits or Limits(), into=into).found


def looked_of(name: str, answer: bytes) -> Looked:
    """A reader's answer: a line of JSON with the lengths of picture and view, then they.

    Errors: ValueError, TypeError, KeyError when it is none.
    """
    line, _, rest = answer.partition(b"\n")
    told = json.loads(line)
    picture = int(told.pop("picture"))
    view = int(told.pop("view"))
    return Looked(
        found=_FOUND.validate_python(told | {"name": name}),
        picture=rest[:picture],
        view=rest[picture : picture + view],
    )


def _look(path: Path, name: str, limits: Limits, *, into: Path | None) -> Looked:
    with path.open("rb") as stream:
        size_bytes, head = os.fstat(stream.fileno()).st_size, stream.read(HEAD_BYTES)
    format_ = format_of(name, head)
    if format_ is None:
        return Looked(found=Found(name=name, format="", what=Other()))
    if size_bytes > limits.size_max_bytes:
        return _refused(
            name,
            format_,
            "too-large",
            f"It has {size_bytes / _MEGABYTE:.0f} MB, at most "
            f"{limits.size_max_bytes / _MEGABYTE:.0f} are looked into. Make it simpler.",
        )
    if format_ == "STEP" and find_spec("OCP") is None:
        return _refused(
            name,
            format_,
            LACKS_EXTRA,
            "This node does not read STEP. The file is kept: export the part as STL or "
            "3MF and add it, or ask who runs the node for pip install "
            "'fabcommons[step]'.",
        )
    if format_ == "G-code":  # it is measured as firmware plans it, line by line
        more_s = size_bytes // _MEGABYTE * PROGRAM_S_PER_MB
        limits = replace(limits, cpu_max_s=limits.cpu_max_s + more_s)
    asked = {
        "path": str(path.resolve()),
        "name": name,
        "into": str(into.resolve()) if into else None,
        "limits": asdict(limits),
    }
    with _AT_ONCE, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as why:
        code = _read(_MODULE_OF[format_], asked, limits.wall_max_s, out, why)
        out.seek(0)
        looked = _understood(name, format_, code, out)
        if looked is None:
            why.seek(0)
            last = why.read(_WHY_BYTES)[-500:].decode("utf-8", "replace")
            log.warning("reader-failed", format=format_, code=code, why=last)
    return looked or _refused(
        name,
        format_,
        "reader-failed",
        f"It could not be read as {format_}. Export it again, or upload it in another "
        "format.",
    )


def _read(
    module: str,
    asked: Mapping[str, object],
    wall_max_s: int,
    out: IO[bytes],
    why: IO[bytes],
) -> int | None:
    """Let the reader write to `out`; its exit code, None when its time was up."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"orchestrator.catalogue.files.{module}"],
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=why,
        env=_surroundings(),
        start_new_session=True,
    )
    try:
        process.communicate(json.dumps(asked).encode(), timeout=wall_max_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """The reader, with what it started; what it left behind ends by its own limits."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _surroundings() -> dict[str, str]:
    """No secret of the server's; one thread for a reader's sums."""
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ
    }
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _understood(
    name: str, format_: Format, code: int | None, out: IO[bytes]
) -> Looked | None:
    """What the reader said; None when it makes no sense."""
    if code is None or code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return _refused(
            name,
            format_,
            "too-long",
            "Reading it took longer than one file may take here. Make it simpler.",
        )
    try:
        looked = looked_of(name, out.read())
    except (ValueError, TypeError, KeyError):
        return None
    if looked.found.format:
        return looked
    return replace(looked, found=replace(looked.found, format=format_))


def _refused(name: str, format_: Format, code: str, words: str) -> Looked:
    note = Note(code=code, words=words, grave=True)
    return Looked(found=Found(name=name, format=format_, what=Other(), notes=(note,)))
