"""Why each order is where it is, and what the newest plan changed, in people's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.order_view import why_words
from orchestrator.doors.web.order_words import late_s, order_told, sentence
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import PlanRow, RejectionRow, TaskRow

HELPS: Final = "; what helps: "
CHANGE_WORDS: Final[Mapping[str, str]] = {
    "planned": N_("Planned"),
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
    """What the newest plan moved."""

    order_id: str
    number: int
    words: str
    before: str | datetime
    after: str | datetime
    why: str


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
            title=titles[order.design_version_id],
            lab=labs.get(order.facility_id or "", ""),
            works=works.get(order.id, []),
            passed=passed.get(order.id, []),
            now=now,
        )
        for order in orders.values()
    ]


def changes_of(
    plan: PlanRow | None, orders: Mapping[str, OrderRow]
) -> tuple[Change, ...]:
    """What the plan changed of these orders."""
    found = plan.changes if plan else []
    return tuple(_change(one) for one in found if one["order_id"] in orders)


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
    reason, _, helps = (order.reason_text or "").partition(HELPS)
    return Placed(
        order=order,
        title=title,
        told=order_told(order, now),
        late_s=late_s(order, now),
        lab=lab,
        machines=tuple(dict.fromkeys(name for _, name in works)),
        why=why_words(why, order.currency),
        reason=sentence(reason),
        helps=sentence(helps),
        passed_over=passed,
    )


def _change(told: Mapping[str, Any]) -> Change:
    what = str(told["what"])
    return Change(
        order_id=str(told["order_id"]),
        number=int(told["number"]),
        words=CHANGE_WORDS.get(what, what),
        before=_moment_or_words(what, told["from"]),
        after=_moment_or_words(what, told["to"]),
        why=sentence(str(told["why"])),
    )


def _moment_or_words(what: str, value: object) -> str | datetime:
    if value is None:
        return "none"
    if what in {"later", "earlier"}:
        return datetime.fromisoformat(str(value))
    return str(value).partition(HELPS)[0]
