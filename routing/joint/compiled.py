"""How the joint kernels are compiled: once, kept on disk until any of them changes.

Inside the kernels, ground and state travel as one pointer each (numba's structures):
as tuples of arrays they would be copied at every call, and compiling took four times
as long.
"""

from collections.abc import Callable
from pathlib import Path

from numba import njit
from numba.core import types
from numba.experimental import structref

from routing.joint.arrays import Ground
from routing.joint.state import State

_SOURCES = [path.stat() for path in Path(__file__).parent.glob("*.py")]
# numba looks at the file of a function alone, but one kernel is compiled into another:
# what is kept is stale as soon as any of them changes.
STAMP = (max(s.st_mtime for s in _SOURCES), sum(s.st_size for s in _SOURCES))


def outer[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled; it may be called from Python."""
    return _kept(njit(cache=True)(function))


def inner[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled; only kernels call it."""
    compile_it = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return _kept(compile_it(function))


def _kept[**P, T](made: Callable[P, T]) -> Callable[P, T]:
    made._cache._cache_file._source_stamp = STAMP  # noqa: SLF001
    return made


@structref.register
class GroundType(types.StructRef):
    """Ground as a structure."""


@structref.register
class StateType(types.StructRef):
    """State as a structure."""


class GroundRef(structref.StructRefProxy):
    """Ground as the kernels hand it on."""


class StateRef(structref.StructRefProxy):
    """State as the kernels hand it on; its arrays are those of the State."""


structref.define_proxy(GroundRef, GroundType, list(Ground._fields))
structref.define_proxy(StateRef, StateType, list(State._fields))


@inner
def held(ground, state):
    """Return the two as structures that share their arrays."""
    return GroundRef(*ground), StateRef(*state)
