"""Net and state as the kernels hand them on: one pointer each (numba's structures).

As tuples of arrays they would be copied at every call, and compiling takes far longer.
"""

from numba.core import types
from numba.experimental import structref

from routing.compiled import kernel
from routing.couriers.kernels.groups import Net, State


@structref.register
class NetType(types.StructRef):
    """Net as a structure."""


@structref.register
class StateType(types.StructRef):
    """State as a structure."""


class NetRef(structref.StructRefProxy):
    """Net as the kernels hand it on."""


class StateRef(structref.StructRefProxy):
    """State as the kernels hand it on; its arrays are those of the State."""


structref.define_proxy(NetRef, NetType, list(Net._fields))
structref.define_proxy(StateRef, StateType, list(State._fields))


@kernel
def held_net(net: Net) -> Net:
    """Return the net as a structure that shares its arrays."""
    return NetRef(*net)


@kernel
def held_state(state: State) -> State:
    """Return the state as a structure that shares its arrays."""
    return StateRef(*state)
