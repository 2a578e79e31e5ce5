"""What pickup and delivery is here: couriers on shift, shipments, stops, prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from routing.measures import SECONDS_MAX
from routing.travel.matrix import Profile, TravelMatrix

LITRES_UNLIMITED = 10**9


class StopKind(StrEnum):
    """What happens at a stop."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStop:
    """Where a courier is already heading: it stays the first stop of the route."""

    order: str
    kind: StopKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Rest of `duration_s` that begins between `earliest_s` and `latest_s`.

    Meanwhile the courier neither drives nor serves. It falls away if the route ends
    before it is due, or if the courier starts after its latest.
    """

    earliest_s: int
    latest_s: int
    duration_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPlace:
    """Another place for the drop-off (a locker, a neighbour's shop) and its price."""

    place: int
    extra_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Who carries, from where, when, how much, at what price.

    `place`: where the courier is when the shift begins, or now if it has begun. The
    route ends at its last stop, or at `end_place`; the way there counts in metres,
    paid time, shift and `route_max_s`, which limits the time from leaving to the end.
    `cost_fixed_cents`: price of a route at all. Capacity is asked before leaving, if
    something is loaded there, and at every pickup that is not the next stop. An order
    aboard, or the next stop, is brought to its end even when the shift is over, and
    whoever has one is not asked for `route_max_s` or the way home in the shift. `previous`: the stops of the plan in force, where the search
    begins; what is over or belongs to another is passed over.
    """

    id: str
    place: int
    shift: tuple[int, int]
    capacity_pieces: int
    capacity_grams: int
    profile: Profile
    cost_per_km_cents: int
    cost_per_hour_cents: int
    next_stop: NextStop | None = None
    previous: tuple[NextStop, ...] = ()
    name: str = ""
    end_place: int | None = None
    cost_fixed_cents: int = 0
    capacity_ml: int = LITRES_UNLIMITED
    skills: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    route_max_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One order's pieces from where they are made to where they are wanted.

    Aboard: `pickup_place` is None and `courier` names who has it. `deadline_s` holds
    for the start of the hand-over and is hard unless `must`. `courier`: nobody else
    may carry it. `previous_courier`: another one costs. `from_depot`: it lies, as
    `pickup_place` None says too, where whoever takes it starts, and is loaded before
    leaving, by nobody whose day begins before `ready_s`. `pickup_latest_s` is hard.
    The courier needs all its `skills`, unless it is under way.
    """

    id: str
    pickup_place: int | None
    dropoff_place: int
    ready_s: int
    earliest_s: int
    due_s: int
    deadline_s: int
    pieces: int
    grams: int
    pickup_service_s: int
    dropoff_service_s: int
    left_out_cents: int
    must: bool = False
    courier: str | None = None
    previous_courier: str | None = None
    ml: int = 0
    skills: frozenset[str] = frozenset()
    pickup_latest_s: int = SECONDS_MAX
    from_depot: bool = False
    handover_places: tuple[HandoverPlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What lateness, overtime and change cost, in cents."""

    late_cents_per_minute: int
    very_late_cents_per_minute: int
    moved_courier_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierProblem:
    """Couriers, shipments, one matrix per profile in use; nothing before `now_s`."""

    couriers: tuple[Courier, ...]
    shipments: tuple[Shipment, ...]
    matrices: Mapping[Profile, TravelMatrix]
    prices: Prices
    now_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One visit: arrive, wait until `begin_s`, serve, leave at `depart_s`."""

    order: str
    kind: StopKind
    place: int
    arrive_s: int
    begin_s: int
    depart_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The stops of one courier in order.

    The courier leaves the start at `leave_s`, just in time not to wait at the first
    stop; later only where `route_max_s` asks for it. `metres` from the start to the
    end. `breaks`: begin and end of each. `end_s`: arrival at the end place, None
    where the route ends at its last stop.
    """

    courier: str
    leave_s: int
    stops: tuple[Stop, ...]
    metres: int
    breaks: tuple[tuple[int, int], ...] = ()
    end_s: int | None = None

    @property
    def over_s(self) -> int:
        """When the courier's paid time ends."""
        return self.stops[-1].depart_s if self.end_s is None else self.end_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierPlan:
    """Routes of those who have stops, and the ids of shipments nobody carries.

    `cost_fine` in 1/18000 cent (measures.FINE_PER_CENT).
    """

    routes: tuple[Route, ...]
    left_out: tuple[str, ...]
    cost_fine: int
