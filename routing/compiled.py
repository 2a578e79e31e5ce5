"""How kernels are compiled: once, kept beside their source until anything in them changes.

numba keeps what it compiled until the file of the function itself changes. But one
kernel is compiled into another, and a constant into both: here what is kept is stale
as soon as any module changes that the kernel's own one imports.
"""

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from numba import njit
from numba.core import types

NJIT: Final[Any] = njit  # its stub does not know every option
PACKAGE: Final = __name__.partition(".")[0]
IMPORTS: Final = re.compile(
    rf"^(?:from|import) ({PACKAGE}\b[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE
)


def entry[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled at its first call; Python may call it."""
    return _kept(NJIT(cache=True, nogil=True, no_cfunc_wrapper=True)(function))


def kernel[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled; only other compiled ones call it."""
    compile_it = NJIT(
        cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )
    return _kept(compile_it(function))


def inlined[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function to be compiled into the loop of each kernel that calls it."""
    compile_it = NJIT(
        cache=True,
        nogil=True,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        inline="always",
    )
    return _kept(compile_it(function))


def _kept[**P, T](made: Callable[P, T]) -> Callable[P, T]:
    """Return the dispatcher that keeps what it compiles, once for each set of types.

    To numba a constant argument is a type of its own: without this a kernel that is
    called with 40 and with 400 is compiled twice.
    """
    dispatcher: Any = made
    plain: Any = types.unliteral
    template_of = dispatcher.get_call_template
    dispatcher.get_call_template = lambda args, kws: template_of(
        tuple(map(plain, args)), {name: plain(kws[name]) for name in kws}
    )
    files = [path.stat() for path in sources(made.__module__)]
    newest, size = max(f.st_mtime for f in files), sum(f.st_size for f in files)
    kept = dispatcher._cache._cache_file  # noqa: SLF001
    kept._source_stamp = newest, size  # noqa: SLF001
    index = Path(kept._index_path)  # noqa: SLF001
    # numba fails on what names a module that is no longer there.
    with suppress(OSError):
        if index.stat().st_mtime < newest:
            index.unlink()
    return made


@cache
def sources(module: str) -> frozenset[Path]:
    """Return the file of a module and those of ours that it imports, and they."""
    seen, ahead = {module}, [module]
    while ahead:
        new = _imported(ahead.pop()) - seen
        seen |= new
        ahead += new
    return frozenset(map(_path, seen))


def _path(module: str) -> Path:
    return Path(str(sys.modules[module].__file__))


@cache
def _imported(module: str) -> frozenset[str]:
    """Return the modules of ours that a module names in its imports."""
    found = set()
    for package, names in IMPORTS.findall(_path(module).read_text()):
        parts = (f"{package}.{name}" for name in re.findall(r"\w+", names))
        found |= {part for part in (package, *parts) if part in sys.modules}
    return frozenset(found)
