"""Ground and state as the joint kernels hand them on: one pointer each.

As tuples of arrays they would be copied at every call, and compiling took four times
as long. Numba counts references to each array that is read from a structure.
"""

from typing import Any

from numba.core import types
from numba.experimental import structref
from numba.extending import intrinsic

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


@intrinsic
def lent(_context: Any, arrays: Any) -> Any:
    """Return the arrays of a tuple without their owners: the same memory, uncounted.

    Whoever calls holds them as long. Counting was three quarters of a search's time.
    """

    def lend(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.return_type
        found = []
        for k, kind in enumerate(kinds):
            value = builder.extract_value(args[0], k)
            array = context.make_array(kind)(context, builder, value)
            array.meminfo = array.meminfo.type(None)
            array.parent = array.parent.type(None)
            found.append(array._getvalue())  # noqa: SLF001
        return context.make_tuple(builder, kinds, found)

    return arrays(arrays), lend


@kernel
def held(ground, state):
    """Return the two as structures that share their arrays."""
    return GroundRef(*lent(ground)), StateRef(*lent(state))
