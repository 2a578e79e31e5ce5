"""Why each order is where it is, and what the newest plan changed, in people's words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.order_parts import part_shown, part_words
from orchestrator.doors.web.order_view import why_words
from orchestrator.doors.web.order_words import late_s, order_told, sentence
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.foundation.clock import stamp
from orchestrator.members.agents import names_of
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import RejectionRow, TaskRow
from orchestrator.planning.views import CHANGES_MAX, PlannedChange, changes_of

HELPS: Final = "; what helps: "
TRIGGERS_SHOWN: Final = 3
KINDS: Final = ("lab", "machine", "courier", "time")  # of alternatives
CHANGE_WORDS: Final[Mapping[str, str]] = {
    "planned": N_("Planned"),
    "lab": N_("Other lab"),
    "machine": N_("Other machine"),
    "courier": N_("Other courier"),
    "later": N_("Later"),
    "earlier": N_("Earlier"),
    "left out": N_("Left out"),
    "no courier": N_("No courier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Why an order is where it is, or (without a lab) why nowhere and what helps."""

    order: OrderRow
    title: str
    told: Told
    late_s: float
    lab: str
    machines: tuple[str, ...]
    why: str
    reason: str = ""
    helps: str = ""
    passed_over: Sequence[RejectionRow] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a plan moved, and whom it concerns beside the shop."""

    order_id: str
    number: int
    words: str
    before: str | datetime
    after: str | datetime
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """One plan that moved something: when, why, by which weights, and what."""

    plan_id: str
    made_at: datetime
    why: str
    weights_version: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What keeps an order from its place, and what would help."""

    text: str
    helps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhySo:
    """Why one part of how an order is served is as it is."""

    title: str
    who: str
    text: str


def bound_of(order: OrderRow) -> Bound:
    """What bound it, if anything did."""
    text, _, helps = (order.reason_text or "").partition(HELPS)
    return Bound(text=sentence(text), helps=sentence(helps))


def whys_of(
    session: Session, order: OrderRow, why: Mapping[str, Any] | None
) -> list[WhySo]:
    """Why this lab, machine, courier and time; what the plan says nothing of is left out."""
    if not why:
        return []

    def named(kind: type[FacilityRow | MachineRow | AgentRow], *ids: str | None) -> str:
        asked = select(kind.name).where(kind.id.in_(ids)).order_by(kind.name)
        return ", ".join(session.scalars(asked))

    second = why_words(why, order.currency)
    told = [
        (kind, title, who, why_words(why, order.currency, kind))
        for kind, title, who in (
            ("lab", N_("This lab"), named(FacilityRow, why["fab"])),
            ("machine", N_("This machine"), named(MachineRow, *why["machines"])),
            ("courier", N_("This courier"), named(AgentRow, why["courier"])),
            ("time", N_("This time"), ""),
        )
    ]
    if not any(text for *_, text in told):  # the plan names the cheapest other way only
        told = [*told, ("other", N_("Next best"), "", second)]
    whys = [
        WhySo(title=title, who=who, text=text)
        for _, title, who, text in told
        if who or text
    ]
    return whys + _waits(session, why)


def _waits(session: Session, why: Mapping[str, Any]) -> list[WhySo]:
    """The part that comes last, until it is there."""
    part = session.get(OrderRow, why.get("waits_for") or "")
    if part is None or part.state not in OPEN:
        return []
    there = f"There at {stamp(part.expected_at)}." if part.expected_at else ""
    who = part_shown(session, part).title
    return [WhySo(title=N_("It waits for"), who=who, text=there)]


def placed_orders(
    session: Session,
    orders: Mapping[str, OrderRow],
    titles: Mapping[str, str],
    now: datetime,
) -> list[Placed]:
    """Each of `orders`, with why it is where it is."""
    labs = {row.id: row.name for row in session.scalars(select(FacilityRow))}
    works: dict[str, list[tuple[dict[str, Any] | None, str]]] = {}
    for order_id, why, machine in session.execute(
        select(TaskRow.order_id, TaskRow.why, MachineRow.name)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(TaskRow.order_id.in_(orders))
        .order_by(TaskRow.order_id, TaskRow.run, TaskRow.attempt.desc())
    ):
        works.setdefault(order_id, []).append((why, machine))
    part_of = part_words(session, orders.values())
    passed: dict[str, list[RejectionRow]] = {}
    for row in session.scalars(
        select(RejectionRow)
        .where(RejectionRow.order_id.in_(orders))
        .order_by(RejectionRow.subject_name, RejectionRow.code)
    ):
        passed.setdefault(row.order_id, []).append(row)
    return [
        _one(
            order,
            title=titles[order.design_version_id] + part_of.get(order.id, ""),
            lab=labs.get(order.facility_id or "", ""),
            works=works.get(order.id, []),
            passed=passed.get(order.id, []),
            now=now,
        )
        for order in orders.values()
    ]


def replans_of(
    session: Session, order_ids: Collection[str], *, limit: int = CHANGES_MAX
) -> list[Replan]:
    """The plans that moved any of these orders, the newest first."""
    return replans_told(session, changes_of(session, order_ids, limit=limit))


def replans_told(session: Session, found: Sequence[PlannedChange]) -> list[Replan]:
    """The same of changes that were read already, newest first."""
    ids = {name for one in found for name in one.affected}
    labs = select(FacilityRow.id, FacilityRow.name).where(FacilityRow.id.in_(ids))
    names = dict(session.execute(labs).all()) | names_of(session, ids)
    return [
        Replan(
            plan_id=plan_id,
            made_at=changes[0].made_at,
            why=why_of(changes[0].triggers),
            weights_version=changes[0].weights_version,
            changes=tuple(_change(one, names) for one in changes),
        )
        for plan_id, group in groupby(found, key=lambda one: one.plan_id)
        if (changes := list(group))
    ]


def why_of(triggers: Sequence[str]) -> str:
    """The first few reasons: a busy minute has many, and they say the same."""
    shown = [sentence(one) for one in triggers[:TRIGGERS_SHOWN]]
    more = len(triggers) - TRIGGERS_SHOWN
    return " ".join([*shown, f"And {more} more."] if more > 0 else shown)


def _one(
    order: OrderRow,
    *,
    title: str,
    lab: str,
    works: Sequence[tuple[dict[str, Any] | None, str]],
    passed: Sequence[RejectionRow],
    now: datetime,
) -> Placed:
    why = next((told for told, _ in works if told), {})
    bound = bound_of(order)
    return Placed(
        order=order,
        title=title,
        told=order_told(order, now),
        late_s=late_s(order, now),
        lab=lab,
        machines=tuple(dict.fromkeys(name for _, name in works)),
        why=" ".join(
            filter(None, (why_words(why, order.currency, kind) for kind in KINDS))
        )
        or why_words(why, order.currency),
        reason=bound.text,
        helps=bound.helps,
        passed_over=passed,
    )


def _change(told: PlannedChange, names: Mapping[str, str]) -> Change:
    return Change(
        order_id=told.order_id,
        number=told.number,
        words=CHANGE_WORDS.get(told.what, told.what),
        before=_moment_or_words(told.what, told.before),
        after=_moment_or_words(told.what, told.after),
        affected=tuple(names[one] for one in told.affected if one in names),
    )


def _moment_or_words(what: str, value: str | None) -> str | datetime:
    if value is None:
        return "none"
    if what in {"later", "earlier"}:
        return datetime.fromisoformat(value)
    return value.partition(HELPS)[0]
