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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

import structlog
from pydantic import TypeAdapter, ValidationError

from orchestrator.catalogue.files.formats import HEAD_BYTES, Format, format_of
from orchestrator.catalogue.files.limits import Limits
from orchestrator.catalogue.found import Found, Note, Other

log = structlog.get_logger()

_AT_ONCE: Final = threading.BoundedSemaphore(2)  # more would only wait for a core
_MEGABYTE: Final = 1 << 20
_FOUND: Final = TypeAdapter(Found)
_MODULE_OF: Final[dict[Format, str]] = {
    "STL": "stl",
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
    limits = limits or Limits()
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
    with _AT_ONCE, tempfile.TemporaryFile() as out:
        code = _read(path, name, format_, limits, out)
        out.seek(0)
        return _understood(name, format_, code, out)


def _read(
    path: Path, name: str, format_: Format, limits: Limits, out: IO[bytes]
) -> int | None:
    """Let the reader write to `out`; its exit code, None when its time was up."""
    asked = {"path": str(path.resolve()), "name": name, "limits": asdict(limits)}
    process = subprocess.Popen(
        [sys.executable, "-m", f"orchestrator.catalogue.files.{_MODULE_OF[format_]}"],
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=subprocess.DEVNULL,
        env=_surroundings(),
    )
    try:
        process.communicate(json.dumps(asked).encode(), timeout=limits.wall_max_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.kill()
        process.wait()
    return process.returncode


def _surroundings() -> dict[str, str]:
    """No secret of the server's; one thread for a reader's sums."""
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ
    }
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _understood(name: str, format_: Format, code: int | None, out: IO[bytes]) -> Looked:
    if code is None or code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return _refused(
            name,
            format_,
            "too-long",
            "Reading it took longer than one file may take here. Make it simpler.",
        )
    try:
        told = json.loads(out.readline())
        picture, view = out.read(told.pop("picture")), out.read(told.pop("view"))
        told["format"] = told["format"] or format_
        return Looked(
            found=_FOUND.validate_python({"name": name} | told),
            picture=picture,
            view=view,
        )
    except (ValueError, ValidationError, AttributeError, KeyError) as error:
        log.warning(
            "reader-failed", name=name, format=format_, code=code, why=str(error)
        )
        return _refused(
            name,
            format_,
            "reader-failed",
            f"It could not be read as {format_}. Export it again, or upload it in "
            "another format.",
        )


def _refused(name: str, format_: Format, code: str, words: str) -> Looked:
    note = Note(code=code, words=words, grave=True)
    return Looked(found=Found(name=name, format=format_, what=Other(), notes=(note,)))
