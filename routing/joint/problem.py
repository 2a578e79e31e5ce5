"""The one problem that planning asks about: orders, fabs, machines and couriers.

Times are seconds since an epoch that the caller chooses, lengths metres, money cents,
weights grams; ids are the caller's own strings. Places are indices into the matrices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.couriers.problem import Courier, NextStop, Stop, StopKind
from routing.scheduling.problem import (
    FrozenSlot,
    Machine,
    Mode,
    Task,
    TaskSlot,
    Window,
)
from routing.travel.matrix import Profile, TravelMatrix

__all__ = [
    "Budget",
    "CostParts",
    "Courier",
    "Fab",
    "FrozenSlot",
    "JointPlan",
    "JointProblem",
    "Machine",
    "Mode",
    "NextStop",
    "Order",
    "Profile",
    "Promise",
    "Ready",
    "Reason",
    "Route",
    "Stop",
    "StopKind",
    "Task",
    "TaskSlot",
    "TravelMatrix",
    "Weights",
    "Why",
    "Window",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fab:
    """Where machines stand and couriers pick up."""

    id: str
    place: int
    pickup_service_s: int = 60
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What of an order is already made lies at this fab, from `ready_s` on."""

    fab: str
    ready_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made and brought, and how much that matters.

    `place`: of the hand-over, which begins between `earliest_s` and `deadline_s`,
    wished by `due_s`. `left_out_cents`: the price of not doing it. `committed`: it was
    promised, so it is left out only if nothing else is possible, and its deadline
    becomes a price. `ready`: with no tasks left, where it waits; with tasks left,
    the fab they must be done in. `aboard`: id of the courier who has it.
    """

    id: str
    place: int
    due_s: int
    deadline_s: int
    left_out_cents: int
    release_s: int = 0
    earliest_s: int = 0
    pieces: int = 1
    grams: int = 0
    service_s: int = 60
    committed: bool = False
    ready: Ready | None = None
    aboard: str | None = None
    previous_courier: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Prices, in cents, of what has no price of its own.

    `very_late` counts, on top of `late`, from the deadline of a committed order and
    from a shift's end. `promise_slack_s`: how much later than planned is promised.
    """

    late_cents_per_minute: int = 5
    very_late_cents_per_minute: int = 50
    moved_machine_cents: int = 100
    moved_courier_cents: int = 50
    broken_promise_cents: int = 1_000_000
    promise_slack_s: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class JointProblem:
    """Everything the planner may know. Nothing new begins before `now_s`."""

    fabs: tuple[Fab, ...]
    machines: tuple[Machine, ...]
    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]
    couriers: tuple[Courier, ...]
    matrices: Mapping[Profile, TravelMatrix]
    weights: Weights = field(default_factory=Weights)
    now_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much thought a plan gets. No clock: the same budget gives the same plan.

    `scheduling_work`: CP-SAT's deterministic time per scheduling, about seconds.
    `courier_iterations`: ruins and repairs per routing. `rounds`: times the two are
    played against each other.
    """

    scheduling_work: float = 0.1
    courier_iterations: int = 200
    rounds: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One courier's stops in order; `cost_cents` is distance and time, rounded."""

    courier: str
    leave_s: int
    stops: tuple[Stop, ...]
    metres: int
    cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Between when and when the hand-over may be promised; `planned_s` lies inside."""

    earliest_s: int
    planned_s: int
    latest_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an order is left out: a stable code, a sentence with figures, a remedy."""

    code: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Who serves an order and who would otherwise.

    `fab` is None when it is aboard. `alternative` is a sentence; `extra_cents` what
    the alternative would cost more, None where there is none or it is not known.
    """

    fab: str | None
    machines: tuple[str, ...]
    courier: str | None
    alternative: str
    extra_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostParts:
    """What the plan costs, in cents; `total_cents` is the sum of the others."""

    production_cents: int
    distance_cents: int
    courier_time_cents: int
    lateness_cents: int
    moved_cents: int
    left_out_cents: int

    @property
    def total_cents(self) -> int:
        """The sum of all parts."""
        return (
            self.production_cents
            + self.distance_cents
            + self.courier_time_cents
            + self.lateness_cents
            + self.moved_cents
            + self.left_out_cents
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPlan:
    """The answer: slots, routes, promises, and a reason for each order left out.

    Every order is in `promises` or in `left_out`, never in both. An order in
    `left_out` may still have slots: started tasks, and all tasks of a committed
    order whose making goes on while nobody can bring it yet. No plan of this
    problem costs less than `bound_cents`.
    """

    slots: tuple[TaskSlot, ...]
    routes: tuple[Route, ...]
    promises: Mapping[str, Promise]
    left_out: Mapping[str, Reason]
    cost: CostParts
    bound_cents: int
    why: Mapping[str, Why]
