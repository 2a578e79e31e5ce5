"""A lab comes into other hands while it works: whoever earned it gets it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.accounts.billing import pay
from orchestrator.accounts.payouts import owed_to
from orchestrator.accounts.rows import BillRow
from orchestrator.belongings.erasing import Eraser
from orchestrator.belongings.hindrances import hindrances
from orchestrator.belongings.leaving import GRACE, ask_to_leave, erase_due
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.foundation.money import Money
from orchestrator.ledger.append import Signed
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EVENT, EntryRow
from orchestrator.members.agents import add_agent
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.rows import DeviceRow, SigningKeyRow
from orchestrator.network.handing_over import accept_lab, offer_lab
from tests.unit.orchestrator.region import NOON, Region


def somebody(region: Region) -> str:
    """Who earned nothing so far."""
    with region.sessions.begin() as session:
        row = add_agent(
            session, kind="person", name="Mary", legal_form="individual", now=NOON
        )
        return row.id


def started(region: Region, order_id: str) -> StartJob:
    """Its next job, running."""
    region.clock.turn(30)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    assert command.credit.order_id == order_id
    region.tell(region.accepted(command))
    region.tell(region.happened(command, "armed"))
    region.tell(
        region.happened(command, "started"),
        region.state(command.machine_id, "running", command.job_id),
    )
    return command


def ended(region: Region, command: StartJob) -> None:
    region.clock.turn(600)
    region.tell(
        region.happened(command, "completed"),
        region.state(command.machine_id, "needs-clearing", command.job_id),
    )
    region.clock.turn(30)
    region.tell(
        region.happened(command, "cleared"), region.state(command.machine_id, "idle")
    )


def handed_over(region: Region, order_id: str) -> None:
    """Brought, and paid for."""
    region.plan()
    order, courier = region.row(order_id), region.stops(order_id)["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=order.pickup_code)
    region.clock.turn(600)
    region.act("delivered", order_id, courier, code=order.delivery_code)
    assert region.row(order_id).state == "delivered"
    with region.sessions.begin() as session:
        bill = session.get_one(BillRow, order_id)
        pay(
            session,
            order_id,
            Money(cents=bill.cents, currency=bill.currency),
            payment_id=f"payment-{order_id}",
            by=None,
            told={},
            now=region.clock.at,
        )


def taken_over(region: Region, lab: Any, to_id: str) -> None:
    """Offered and accepted, each by a person at their desk."""
    now = region.clock.turn(60)
    with region.sessions.begin() as session:
        email = f"{to_id}@example.org"
        add_hashed_login(session, to_id, email=email, password_hash="x", now=NOON)
        own = Desk(agent_id=lab.owner_id, key=region.key, now=now)
        row = offer_lab(session, own, lab.facility_id, to_id)
    with region.sessions.begin() as session:
        accept_lab(session, Desk(agent_id=to_id, key=region.key, now=now), row.id)


def owed(region: Region, agent_id: str) -> int:
    with region.reading() as session:
        return owed_to(session, "EUR").get(agent_id, 0)


def test_what_was_sent_before_is_the_old_owners_and_what_comes_the_new_ones(
    region: Region,
) -> None:
    new = somebody(region)
    first = region.order("clip", quantity=1)
    region.plan()
    running = started(region, first)
    lab = region.lab_of(running.machine_id)
    taken_over(region, lab, new)
    ended(region, running)
    handed_over(region, first)
    earned = owed(region, lab.owner_id)
    assert earned > 0
    assert owed(region, new) == 0

    second = region.order("clip", quantity=1)
    region.plan()
    later = started(region, second)
    ended(region, later)
    handed_over(region, second)
    if later.machine_id in lab.machines:
        assert owed(region, lab.owner_id) == earned
        assert owed(region, new) > 0
    with region.reading() as session:
        used = dict(
            session.execute(
                select(EntryRow.order_id, EntryRow.provider).where(
                    EntryRow.kind == EVENT, EntryRow.action == "use"
                )
            ).all()
        )
        assert breaches(session, settled=True) == []
    assert used[first] == lab.owner_id
    assert used[second] == (
        new if later.machine_id in lab.machines else region.labs[1].owner_id
    )


def test_what_no_event_tells_of_is_whose_the_lab_was_when_it_was_made(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Region.contributions

    def without_machine_time(*args: Any, **words: Any) -> tuple[Signed, ...]:
        return told(*args, **words)[1:]

    monkeypatch.setattr(Region, "contributions", without_machine_time)
    new = somebody(region)
    order_id = region.order("clip", quantity=1)
    region.plan()
    command = started(region, order_id)
    ended(region, command)
    assert region.row(order_id).state == "made"
    lab = region.lab_of(command.machine_id)
    taken_over(region, lab, new)
    handed_over(region, order_id)
    assert owed(region, lab.owner_id) > 0
    assert owed(region, new) == 0


def test_who_handed_a_lab_over_may_leave_and_its_devices_work_on(
    region: Region,
) -> None:
    new, lab = somebody(region), region.labs[0]
    with region.sessions() as session:
        kinds = [one.kind for one in hindrances(session, lab.owner_id)]
        assert kinds == ["lab", "device"]
    taken_over(region, lab, new)
    with region.sessions.begin() as session:
        assert hindrances(session, lab.owner_id) == []
        kinds = [one.kind for one in hindrances(session, new)]
        assert kinds == ["lab", "device"]
        ask_to_leave(session, lab.owner_id, gives_up=False, now=region.clock.at)
    at = region.clock.turn((GRACE + timedelta(hours=1)).total_seconds())
    eraser = Eraser(files=region.folder, key=region.key, now=at)
    assert erase_due(region.sessions, eraser) == 1
    with region.reading() as session:
        device = session.get_one(DeviceRow, lab.device_id)
        key = session.get_one(SigningKeyRow, device.key_id)
        assert (device.owner_id, device.revoked_at) == (new, None)
        assert (key.agent_id, key.revoked_at) == (new, None)
