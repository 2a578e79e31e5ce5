"""How the kernels are compiled: once, kept beside the source until any of them changes.

Inside the kernels, net and state travel as one pointer each (numba's structures): as
tuples of arrays they would be copied at every call, and compiling takes far longer.
"""

from collections.abc import Callable
from pathlib import Path

from numba import njit
from numba.core import types
from numba.experimental import structref

from routing.couriers.kernels.groups import Net, State

_SOURCES = [path.stat() for path in Path(__file__).parent.glob("*.py")]
# numba looks at the file of a function alone, but one kernel is compiled into another:
# what is kept is stale as soon as any of them changes.
STAMP = (max(s.st_mtime for s in _SOURCES), sum(s.st_size for s in _SOURCES))


def entry[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled at its first call; Python may call it."""
    return _kept(njit(cache=True, nogil=True)(function))


def kernel[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return the function compiled; only other compiled ones call it."""
    compile_it = njit(
        cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )
    return _kept(compile_it(function))


def _kept[**P, T](made: Callable[P, T]) -> Callable[P, T]:
    made._cache._cache_file._source_stamp = STAMP  # type: ignore[attr-defined]  # noqa: SLF001
    return made


@structref.register
class NetType(types.StructRef):  # type: ignore[misc]
    """Net as a structure."""


@structref.register
class StateType(types.StructRef):  # type: ignore[misc]
    """State as a structure."""


class NetRef(structref.StructRefProxy):  # type: ignore[misc]
    """Net as the kernels hand it on."""


class StateRef(structref.StructRefProxy):  # type: ignore[misc]
    """State as the kernels hand it on; its arrays are those of the State."""


structref.define_proxy(NetRef, NetType, list(Net._fields))
structref.define_proxy(StateRef, StateType, list(State._fields))


@kernel
def held_net(net: Net) -> Net:
    """Return the net as a structure that shares its arrays."""
    return NetRef(*net)  # type: ignore[return-value]


@kernel
def held_state(state: State) -> State:
    """Return the state as a structure that shares its arrays."""
    return StateRef(*state)  # type: ignore[return-value]
