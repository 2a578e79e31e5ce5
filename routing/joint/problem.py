"""The one problem that planning asks about: orders, fabs, machines and couriers.

Times are seconds since an epoch that the caller chooses, lengths metres, money cents,
weights grams; ids are the caller's own strings. Places are indices into the matrices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.couriers.problem import Courier, NextStop, Stop, StopKind
from routing.effort import Effort
from routing.reason import Reason
from routing.scheduling.problem import (
    FrozenSlot,
    Machine,
    Mode,
    Operator,
    Setups,
    Stock,
    Task,
    TaskSlot,
    Window,
)
from routing.travel.matrix import Profile, TravelMatrix

__all__ = [
    "Alternative",
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
    "Operator",
    "Order",
    "Profile",
    "Promise",
    "Ready",
    "Reason",
    "Route",
    "Setups",
    "Shares",
    "Stock",
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
    the fab they must be done in. `aboard`: id of the courier who has it. Nobody
    fetches it before `fetch_from_s`. Of the plan in force: `previous_courier`,
    `previous_start_s` (when its making was to begin) and `promised`; to change them
    costs, the more the nearer they are.

    `parts`: ids of other orders, which bring what it is made from: none of its tasks
    begins before each of them has been handed over. It is planned only with all of
    them; a part whose order is left out is left out, too, unless it is committed or a
    courier has it or is heading for it. An order of which no task is left to begin
    waits for no part any more.
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
    fetch_from_s: int = 0
    previous_courier: str | None = None
    previous_start_s: int | None = None
    promised: "Promise | None" = None
    parts: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How paid work is to be shared among labs, or among couriers.

    `declared`: by id, in any unit; who is not named has share 1. `earned_cents`: by
    id, what was earned in the period before this plan. Whoever earns more than their
    share of all that is earned costs `over_permille` of what is over: a convex price.
    """

    over_permille: int = 0
    declared: Mapping[str, int] = field(default_factory=dict)
    earned_cents: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Prices, in cents, of what has no price of its own: the members', as data.

    `very_late` counts, on top of `late`, from the deadline of a committed order and
    from a shift's end. `promise_slack_s`: how much later than planned is promised, and
    on top `promise_slack_percent` of the time until then. A hand-over that nobody was
    promised yet is to be over so long before the shift's end, unless the order's
    deadline ends its promise sooner: from then on it is very late, and costs half of
    `left_out_cents` besides, so that it is planned so only where nothing else can be.
    `moved_promise` counts outside the promised window. The three `moved` prices are
    raised by `near_percent` for what is due now, by nothing for what is due after
    `near_s` or more, and in proportion between. `co2_grams_per_km`: of each profile.
    """

    late_cents_per_minute: int = 5
    very_late_cents_per_minute: int = 50
    moved_machine_cents: int = 100
    moved_courier_cents: int = 50
    moved_promise_cents_per_minute: int = 50
    near_s: int = 7_200
    near_percent: int = 200
    broken_promise_cents: int = 1_000_000
    promise_slack_s: int = 900
    promise_slack_percent: int = 5
    co2_cents_per_kg: int = 0
    co2_grams_per_km: Mapping[Profile, int] = field(
        default_factory=lambda: {Profile.VAN: 200}
    )
    labs: Shares = field(default_factory=Shares)
    couriers: Shares = field(default_factory=Shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointProblem:
    """Everything the planner may know. Nothing new begins before `now_s`.

    What was made in a fab that has operators can be fetched once one is there. Tasks
    are never batched, and an order stays in one fab: what is made in several is
    several orders, see `Order.parts`. `stocks`: what each fab has of a
    material, without deliveries; see Task for who takes it.
    """

    fabs: tuple[Fab, ...]
    machines: tuple[Machine, ...]
    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]
    couriers: tuple[Courier, ...]
    matrices: Mapping[Profile, TravelMatrix]
    weights: Weights = field(default_factory=Weights)
    now_s: int = 0
    operators: tuple[Operator, ...] = ()
    stocks: tuple[Stock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much thought a plan gets. Without `effort` the same budget, the same plan.

    `courier_iterations`: ruins and repairs of orders, machines and routes together.
    `effort` ends the search by the caller's clock.
    """

    courier_iterations: int = 400
    effort: Effort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One courier's stops in order; `cost_cents` is distance and time, rounded.

    `leave_s`: as late as costs nothing; what would be waited on the way is waited at home.
    """

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
class Alternative:
    """The second best with all else staying where it is, and what it costs more.

    `kind`: "lab", "machine", "courier" or "time" (earlier). `later_s`: how much later
    the hand-over would be (negative: earlier). A negative `extra_cents` is a saving that
    the search did not find; None: nobody else could, or only after the latest time.
    """

    kind: str
    who: str
    extra_cents: int | None
    later_s: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Who serves an order and who would otherwise.

    `fab` is None when it is aboard. `alternatives`: at most one of each kind; none, and
    an empty `alternative`, once nothing of its making is free any more.
    `alternative` and `extra_cents` are those of the cheapest lab, machine or courier;
    `extra_cents` is None where there is none, and the sentence says why.
    `waits_for`: of the orders that bring what it is made from the one that comes last;
    nothing of its making begins before that is handed over.
    """

    fab: str | None
    machines: tuple[str, ...]
    courier: str | None
    alternative: str
    extra_cents: int | None
    alternatives: tuple[Alternative, ...] = ()
    waits_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostParts:
    """What the plan costs, in cents; `total_cents` is the sum of all parts.

    `left_out_cents` is the orders' own price, `broken_cents` what comes on top for
    those that were promised. `moved_cents`: machines and couriers.
    """

    production_cents: int = 0
    distance_cents: int = 0
    courier_time_cents: int = 0
    lateness_cents: int = 0
    co2_cents: int = 0
    unfair_labs_cents: int = 0
    unfair_couriers_cents: int = 0
    moved_cents: int = 0
    moved_promise_cents: int = 0
    left_out_cents: int = 0
    broken_cents: int = 0

    @property
    def total_cents(self) -> int:
        """The sum of all parts."""
        return sum(getattr(self, name) for name in self.__dataclass_fields__)


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
