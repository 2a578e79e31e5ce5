"""Orders in parts, as a plan needs them: what waits for what, and is made where."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.couriers import distance_m
from orchestrator.network.rows import FacilityRow, PlaceRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.parts import brought_by
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.frames import Wanted
from orchestrator.planning.picture import COMING_BACK, SET_ASIDE, Picture
from orchestrator.planning.reasons import Words, reason
from orchestrator.planning.usable import usable_spans
from routing.joint.problem import Mode

BEFORE_MADE: Final = ("placed", "planned", "making")
BEGUN: Final = ("sent", "armed", "running", "unknown", "done")
KM_PER_HOUR: Final = 15  # for a first guess at what a way costs
HORIZON: Final = timedelta(days=7)  # plans look so far ahead
WAITS: Final = "waits-for-part"
NO_GOALS: Final[Mapping[str, str]] = MappingProxyType({})

type LabPrices = Mapping[str, int]  # by lab that can make some steps, the least price


def goal_spot(
    order: OrderRow, picture: Picture, goals: Mapping[str, str] = NO_GOALS
) -> FacilityRow | PlaceRow:
    """Where the order is handed over; `goals`: of parts that are brought elsewhere now."""
    goal = goals.get(order.id, order.to_facility_id)
    return picture.places[order.place_id] if goal is None else picture.facilities[goal]


def tied_to(order: OrderRow, picture: Picture, goals: Mapping[str, str]) -> str | None:
    """The lab where the order's parts are brought, all of them; None: it has none."""
    for part in brought_by(order, picture.parts):
        return goals.get(part.id, part.to_facility_id)
    return None


def open_parts(order: OrderRow, picture: Picture) -> list[OrderRow]:
    """The parts that this order waits for: those that are not brought yet."""
    return [part for part in brought_by(order, picture.parts) if part.state in OPEN]


def why_not_planned(part: OrderRow) -> tuple[str, Words]:
    """Code and text for an order whose part no plan of this cell holds."""
    key = {COMING_BACK: "part-comes-back", SET_ASIDE: "part-set-aside"}.get(
        part.reason_code or "", "part-elsewhere"
    )
    return WAITS, reason(key, part=part.number)


def why_not_there(
    step: StepRow, picture: Picture, lab: str | None
) -> tuple[str, Words]:
    """Code and text for an order that others could make, but not where its part comes."""
    if lab is None:
        return "no-machine", reason("only-the-next-lab", step=step.name)
    name = picture.facilities[lab].name
    return "no-machine", reason("not-where-it-comes", lab=name, step=step.name)


def new_goals(
    picture: Picture, prices: Callable[[OrderRow], LabPrices]
) -> dict[str, str]:
    """By part: where it is brought instead, as its lab can't make the next steps now.

    Only before any part of the same order is made, for they all go to one lab, and
    while nothing of the next steps is begun.
    """
    begun = {task.order_id for task in picture.tasks if task.state in BEGUN}
    goals: dict[str, str] = {}
    for order in picture.orders:
        parts = brought_by(order, picture.parts)
        is_free = all(part.state in BEFORE_MADE for part in parts)
        if not parts or not is_free or order.id in begun:
            continue
        able = prices(order)
        makers = {part.facility_id for part in parts}
        others = {lab: able[lab] for lab in able if lab not in makers}
        if parts[0].to_facility_id in able or not others:
            continue
        goal = by_price_and_way(others, goal_spot(order, picture), picture)[0]
        goals |= {part.id: goal for part in parts}
    return goals


def by_price_and_way(
    labs: LabPrices, goal: FacilityRow | PlaceRow, picture: Picture
) -> list[str]:
    """Labs by what their machines cost and, as the crow flies, the way from there."""
    per_km = min(
        (
            row.cost_per_km_cents + row.cost_per_hour_cents / KM_PER_HOUR
            for row in picture.couriers
        ),
        default=0,
    )

    def cents(lab: str) -> float:
        spot = picture.facilities[lab]
        metres = distance_m((spot.lat, spot.lon), (goal.lat, goal.lon))
        return labs[lab] + metres / 1_000 * per_km

    return sorted(labs, key=lambda lab: (cents(lab), lab))


def lab_prices(
    asked: Sequence[tuple[Sequence[Mode], int]], lab_of: Mapping[str, str]
) -> dict[str, int]:
    """By lab that can make them all, the least price in cents of steps, so many runs each."""
    found: dict[str, int] | None = None
    for modes, runs in asked:
        least: dict[str, int] = {}
        for mode in modes:
            lab, cents = lab_of[mode.machine], mode.cost_cents * runs
            least[lab] = min(cents, least.get(lab, cents))
        found = {
            lab: cents + (0 if found is None else found[lab])
            for lab, cents in least.items()
            if found is None or lab in found
        }
    return found or {}


def open_in_time(
    modes: Iterable[Mode], picture: Picture, order: OrderRow | Wanted
) -> tuple[Mode, ...]:
    """Modes for which their machine's lab is open long enough before the latest time.

    Once that is past: at all, as far as plans look ahead.
    """
    is_late = order.latest_at <= picture.at
    until_at = picture.at + HORIZON if is_late else order.latest_at
    machines = {machine.id: machine for machine in picture.machines}

    def is_open(mode: Mode) -> bool:
        spans = usable_spans(machines[mode.machine], picture, until_at=until_at)
        return any(
            (end - start).total_seconds() >= mode.duration_s for start, end in spans
        )

    return tuple(mode for mode in modes if is_open(mode))


def only_in(
    modes: Iterable[Mode], lab_of: Mapping[str, str], lab: str | None, goal: str | None
) -> tuple[Mode, ...]:
    """Modes in `lab` (None: anywhere) and not in `goal`: no courier brings it there."""
    return tuple(
        mode
        for mode in modes
        if lab in {None, lab_of[mode.machine]} and lab_of[mode.machine] != goal
    )
