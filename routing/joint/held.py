"""Ground and state as the joint kernels hand them on: one pointer each.

As tuples of arrays they would be copied at every call, and compiling took four times
as long.
"""

from numba.core import types
from numba.experimental import structref

from routing.compiled import kernel
from routing.joint.groups import Ground, State


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


@kernel
def held(ground, state):
    """Return the two as structures that share their arrays."""
    return GroundRef(*ground), StateRef(*state)
