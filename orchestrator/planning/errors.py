"""When planning itself goes wrong: the last good plan stays."""

from collections.abc import Sequence

from orchestrator.foundation.errors import FabcommonsError
from routing.breach import Breach


class PlanRefusedError(FabcommonsError):
    """The referee refused a plan: nothing was changed."""

    code = "plan-refused"
    status = 503

    def __init__(self, breaches: Sequence[Breach]) -> None:
        first = breaches[0]
        super().__init__(
            f"the referee refused the plan for {len(breaches)} reasons, the first: "
            f"{first.code}: {first.text}"
        )
        self.breaches = tuple(breaches)
