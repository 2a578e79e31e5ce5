"""What stands between a member and her leaving: what others still count on, and money."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from orchestrator.accounts import chart, payouts
from orchestrator.accounts.book import balance
from orchestrator.accounts.rows import BillRow, ExpectedRow
from orchestrator.accounts.totals import currencies
from orchestrator.dispatch.rows import JobRow
from orchestrator.members.agents import agents_with_role, roles_of
from orchestrator.members.rows import DeviceRow
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders import duties, treasury
from orchestrator.orders.life import OPEN
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import StopRow
from orchestrator.votes.rows import (
    BudgetItemRow,
    BudgetRow,
    CampaignRow,
    ChallengeEntryRow,
    ChallengeRow,
    PledgeRow,
)

Kind = Literal[
    "order",
    "ride",
    "jobs",
    "lab",
    "device",
    "bill",
    "expected",
    "owed",
    "owes",
    "payout",
    "steward",
    "duties",
    "funding",
    "challenge",
]
JOBS_OPEN: Final = ("sent", "accepted", "armed", "running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """One thing to be done first, and the page where it is done.

    `name`: an order's number, or a lab's name; `cents` of a sum.
    """

    kind: Kind
    path: str
    name: str = ""
    cents: int = 0
    currency: str = ""


def hindrances(
    session: Session, agent_id: str, *, gives_up: bool = False
) -> list[Hindrance]:
    """All that must be done first. `gives_up`: she leaves without what she is owed."""
    found = [
        *_orders(session, agent_id),
        *_labs(session, agent_id),
        *_bills(session, agent_id),
        *_expected(session, agent_id),
        *_money(session, agent_id),
        *_duties(session, agent_id),
    ]
    return [one for one in found if not (gives_up and one.kind == "owed")]


def _orders(session: Session, agent_id: str) -> Iterator[Hindrance]:
    mine = (
        select(OrderRow.id, OrderRow.number)
        .where(
            OrderRow.shop_id == agent_id,
            OrderRow.state.in_(OPEN),
            OrderRow.part_of.is_(None),
        )
        .order_by(OrderRow.number)
    )
    for order_id, number in session.execute(mine):
        yield Hindrance(kind="order", path=f"/orders/{order_id}", name=str(number))
    stops = select(StopRow.id).where(
        StopRow.courier_id == agent_id, StopRow.state == "planned"
    )
    carried = select(OrderRow.id).where(
        OrderRow.courier_id == agent_id, OrderRow.state == "on-the-way"
    )
    if _any(session, stops) or _any(session, carried):
        yield Hindrance(kind="ride", path="/ride")


def _labs(session: Session, agent_id: str) -> Iterator[Hindrance]:
    for row in roles_of(session, agent_id):
        if row.role == "steward":
            yield Hindrance(kind="steward", path="/stewards")
        if row.role == "operator" and _is_alone(session, row.facility_id):
            lab = session.get(FacilityRow, row.facility_id)
            name = lab.name if lab is not None else row.facility_id
            yield Hindrance(kind="jobs", path=f"/labs/{row.facility_id}", name=name)
    owned = select(FacilityRow).where(FacilityRow.owner_id == agent_id)
    for lab in session.scalars(owned.order_by(FacilityRow.name)):
        yield Hindrance(kind="lab", path=f"/labs/{lab.id}/owner", name=lab.name)
    devices = select(DeviceRow).where(
        DeviceRow.owner_id == agent_id, DeviceRow.revoked_at.is_(None)
    )
    for device in session.scalars(devices.order_by(DeviceRow.name)):
        path = f"/labs/{device.facility_id}/computers"
        yield Hindrance(kind="device", path=path, name=device.name)


def _is_alone(session: Session, facility_id: str) -> bool:
    """Whether nobody else could see to the jobs that are under way in the lab."""
    if len(agents_with_role(session, "operator", facility_id=facility_id)) > 1:
        return False
    jobs = (
        select(JobRow.id)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .where(MachineRow.facility_id == facility_id, JobRow.state.in_(JOBS_OPEN))
    )
    return _any(session, jobs)


def _bills(session: Session, agent_id: str) -> Iterator[Hindrance]:
    invoiced = (
        select(BillRow)
        .where(
            BillRow.payer_id == agent_id,
            BillRow.invoiced_at.is_not(None),
            BillRow.ended_at.is_(None),
        )
        .order_by(BillRow.order_number)
    )
    for bill in session.scalars(invoiced):
        cents = treasury.open_cents(session, bill)
        if cents:
            yield Hindrance(
                kind="bill",
                path=f"/accounts/bills/{bill.order_id}",
                name=str(bill.invoice_number),
                cents=cents,
                currency=bill.currency,
            )


def _expected(session: Session, agent_id: str) -> Iterator[Hindrance]:
    awaited = select(ExpectedRow).where(
        ExpectedRow.payer_id == agent_id,
        ExpectedRow.ended_at.is_(None),
        ExpectedRow.paid_cents < ExpectedRow.cents,
    )
    for row in session.scalars(awaited.order_by(ExpectedRow.id)):
        yield Hindrance(
            kind="expected",
            path="/funding",
            name=row.reference,
            cents=row.cents - row.paid_cents,
            currency=row.currency,
        )


def _money(session: Session, agent_id: str) -> Iterator[Hindrance]:
    for currency in currencies(session):
        owed = payouts.owed_to(session, currency).get(agent_id, 0)
        coming = -balance(session, f"{chart.IN_PAYOUT}:{agent_id}", currency)
        for kind, cents in (
            ("owed", max(0, owed)),
            ("owes", max(0, -owed)),
            ("payout", coming),
        ):
            if cents:
                yield Hindrance(
                    kind=kind,  # type: ignore[arg-type]
                    path="/accounts/mine",
                    cents=cents,
                    currency=currency,
                )


def _duties(session: Session, agent_id: str) -> Iterator[Hindrance]:
    if duties.open_count(session, agent_id):
        yield Hindrance(kind="duties", path="/licences/duties")
    campaigns = select(CampaignRow.id).where(CampaignRow.state == "open")
    given = campaigns.join(PledgeRow, PledgeRow.campaign_id == CampaignRow.id)
    items = (
        select(BudgetItemRow.id)
        .join(BudgetRow, BudgetRow.id == BudgetItemRow.budget_id)
        .where(BudgetItemRow.payee_id == agent_id, BudgetRow.state == "open")
    )
    if (
        _any(session, campaigns.where(CampaignRow.payee_id == agent_id))
        or _any(session, given.where(PledgeRow.agent_id == agent_id))
        or _any(session, items)
    ):
        yield Hindrance(kind="funding", path="/funding")
    entries = (
        select(ChallengeEntryRow.id)
        .join(ChallengeRow, ChallengeRow.id == ChallengeEntryRow.challenge_id)
        .where(ChallengeEntryRow.agent_id == agent_id, ChallengeRow.state == "open")
    )
    if _any(session, entries):
        yield Hindrance(kind="challenge", path="/challenges")


def _any(session: Session, asked: Select[str]) -> bool:
    return session.scalar(select(func.count()).select_from(asked.subquery())) != 0
