"""What pages of periods show: words for kinds, curves as drawn, spreads as told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from orchestrator.doors.web.happenings import amount
from orchestrator.doors.web.words import N_
from orchestrator.periods.close import Close
from orchestrator.periods.exports import activity_of, points_text
from orchestrator.periods.simulate import Curve, Played, paid_by_community
from orchestrator.periods.statements import Line, Statement

WIDE: Final = 240
HIGH: Final = 64
LINES_SHOWN: Final = 100
STEPS_SHOWN: Final = 6  # of the curve, in its table
COMMUNITY_WORDS: Final[Mapping[str, str]] = {
    "designers": N_("Designers"),
    "makers": N_("Makers"),
    "couriers": N_("Couriers"),
    "shops": N_("Shops"),
    "users": N_("Users"),
    "care": N_("Care and governance"),
    "reserve": N_("Commons reserve"),
}
COMPONENT_WORDS: Final[Mapping[str, str]] = {
    "direct_costs": N_("Direct costs"),
    "wage_policy": N_("Wage policy"),
    "capital_return": N_("Return on capital"),
    "capital_gain": N_("Capital gain, by parts"),
    "investment": N_("Investment"),
}
ACTION_WORDS: Final[Mapping[str, str]] = {
    "cite": N_("Design used"),
    "use": N_("Machine time"),
    "work": N_("Work"),
    "consume": N_("Material"),
    "produce": N_("Made"),
    "accept": N_("Inspected"),
    "modify": N_("Reworked"),
    "combine": N_("Packed"),
    "separate": N_("Unpacked"),
    "pickup": N_("Picked up"),
    "dropoff": N_("Delivered"),
    "transferCustody": N_("Handed over"),
    "transfer": N_("Sold"),
    "deliverService": N_("Served"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One community's curve: `points` for an SVG polyline of WIDE by HIGH."""

    word: str
    points: str
    first_cents: int
    last_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What chance makes of one rule set: from `low_x` to `high_x` in four of five plays.

    On one scale for all, 0 to WIDE; in half of the plays more than at `middle_x`.
    """

    name: str
    low_x: float
    middle_x: float
    high_x: float
    low_cents: int
    middle_cents: int
    high_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """The points of one event, in words."""

    event_id: str
    word: str
    much: str
    points: str
    depth: int
    community: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityRow:
    """What a community gets, and of how many points."""

    word: str
    part_cents: int
    paid_cents: int
    points: str
    people: int


def drawn(curve: Curve) -> list[Drawn]:
    """Small pictures on one scale, so that they can be compared."""
    most = max(1, *(max(cents) for cents in curve.cents_of.values()))
    steps = max(1, len(curve.income_cents) - 1)
    return [
        Drawn(
            word=COMMUNITY_WORDS[name],
            points=" ".join(
                f"{WIDE * at / steps:.1f},{HIGH - (HIGH - 2) * one / most - 1:.1f}"
                for at, one in enumerate(cents)
            ),
            first_cents=cents[0],
            last_cents=cents[-1],
        )
        for name, cents in curve.cents_of.items()
    ]


def spans(played: Sequence[Played]) -> list[Span]:
    """What contributors get under each rule set, drawn side by side."""
    most = max(1, *(one.paid.high_cents for one in played))
    return [
        Span(
            name=one.name,
            low_x=round(WIDE * one.paid.low_cents / most, 1),
            middle_x=round(WIDE * one.paid.middle_cents / most, 1),
            high_x=round(WIDE * one.paid.high_cents / most, 1),
            low_cents=one.paid.low_cents,
            middle_cents=one.paid.middle_cents,
            high_cents=one.paid.high_cents,
        )
        for one in played
    ]


def curve_rows(curve: Curve) -> list[dict[str, int]]:
    """The same as a table: every community at a few incomes."""
    every = max(1, (len(curve.income_cents) - 1) // STEPS_SHOWN)
    return [
        {"income": curve.income_cents[at]}
        | {name: cents[at] for name, cents in curve.cents_of.items()}
        for at in range(0, len(curve.income_cents), every)
    ]


def community_rows(closed: Close) -> list[CommunityRow]:
    """Every community of a close."""
    found = []
    for name, part in closed.part_cents_of.items():
        shares = [one for one in closed.shares if one.community == name]
        found.append(
            CommunityRow(
                word=COMMUNITY_WORDS[name],
                part_cents=part,
                paid_cents=sum(one.cents for one in shares),
                points=points_text(sum(one.milli_points for one in shares)),
                people=len(shares),
            )
        )
    return found


def side_by_side(*closes: Close) -> list[tuple[str, list[int]]]:
    """What each community's contributors, and the reserve, get by each of the closes."""
    gets = [{**paid_by_community(one), "reserve": one.reserve_cents} for one in closes]
    return [
        (word, [one[name] for one in gets]) for name, word in COMMUNITY_WORDS.items()
    ]


def told_lines(statement: Statement) -> list[ToldLine]:
    """What each event brought, the newest first, at most LINES_SHOWN."""
    return [_told(line) for line in list(reversed(statement.lines))[:LINES_SHOWN]]


def kinds_of(statement: Statement) -> list[tuple[str, int, str, str]]:
    """Word, how many events, how much, and points, by kind."""
    return [
        (
            ACTION_WORDS[kind.partition(" ")[0]],
            count,
            _much(quantity, kind.partition(" ")[2]),
            points_text(milli),
        )
        for (_, kind), (count, quantity, milli) in activity_of(statement).items()
    ]


def _told(line: Line) -> ToldLine:
    return ToldLine(
        event_id=line.told.id,
        word=ACTION_WORDS[line.told.action],
        much=_much(line.told.amount, line.told.unit),
        points=points_text(line.milli_points),
        depth=line.depth,
        community=COMMUNITY_WORDS[line.community],
    )


def _much(quantity: Decimal, unit: str) -> str:
    return amount(quantity, unit) if quantity > 0 else f"{quantity:f} {unit}"
