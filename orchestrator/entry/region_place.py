"""A region's folder is replaced as a whole or not at all, whenever the builder dies."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Final

AT_FDCWD: Final = -100
RENAME_EXCHANGE: Final = 2


@contextmanager
def replacing(out: Path, *, holds: Set[str]) -> Iterator[Path]:
    """Yield an empty folder beside `out` that takes its place if the block ends well.

    Until then `out` stays as it is; what a killed build left is removed by the next.
    Errors: RuntimeError if another build of `out` is running, or if `out` holds
    anything but the names of `holds`, which this would delete; OSError.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.parent / f".{out.name}.new"
    with (out.parent / f".{out.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise RuntimeError(f"another build of {out} is running") from busy
        if others := sorted({path.name for path in _inside(out)} - holds):
            raise RuntimeError(
                f"{out} holds other files ({others[0]}): name an empty folder"
            )
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            yield fresh
            _put(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _inside(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.exists() else iter(())


def _put(fresh: Path, out: Path) -> None:
    """Rename; where `out` is there already, the two change places in one step."""
    if not out.exists():
        fresh.rename(out)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(fresh), os.fsencode(out)
    if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return
    failed = ctypes.get_errno()
    if failed not in {errno.EINVAL, errno.ENOSYS}:
        raise OSError(failed, os.strerror(failed), str(out))
    old = fresh.with_suffix(".old")  # this file system can't exchange: two steps
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)
