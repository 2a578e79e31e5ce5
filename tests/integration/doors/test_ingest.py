"""Bad messages are refused, counted and kept; the next good one always passes."""

import json
import threading
import time
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from device_agents.contract import codec
from device_agents.contract.messages import (
    Birth,
    JobEvent,
    MachineState,
    Notice,
    Receipt,
)
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.doors.mqtt.handle import handle_batch
from orchestrator.foundation.canonical import dumps
from orchestrator.ledger.append import Signed
from orchestrator.ledger.rows import EVENT, EntryRow
from orchestrator.members import devices
from orchestrator.network.rows import AlarmRow, DeviceLifeRow, MachineRow
from orchestrator.planning.turn import LOCK
from tests.integration.doors.conftest import (
    FIRST_LIFE,
    WAIT_S,
    Device,
    Door,
    accepted,
    changed,
    happened,
    metric,
)
from tests.unit.orchestrator.region import Region

KIBI = 1024
OTHER_LIFE = UUID(int=2)


def sent(region: Region) -> StartJob:
    """A job that waits at a machine of one of the labs."""
    region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    return command


def entries(region: Region) -> int:
    """Economic events: the gate's answers to orders are acts."""
    count = select(func.count()).select_from(EntryRow).where(EntryRow.kind == EVENT)
    with region.reading() as session:
        return session.scalar(count) or 0


def is_here(door: Door, device: Device) -> bool:
    """Whether its newest birth was taken in."""
    with door.region.reading() as session:
        row = session.get(DeviceLifeRow, device.id)
        return row is not None and row.last_seen_at == door.region.clock.now()


def hear(device: Device) -> Receipt | Notice:
    body = device.heard.get(timeout=WAIT_S).body
    assert isinstance(body, Receipt | Notice)
    return body


def test_bytes_that_are_no_message_are_refused_counted_and_kept(door: Door) -> None:
    region = door.region
    device, other = (door.device(lab) for lab in region.labs)
    good = device.envelope(device.birth(door))
    plain = codec.encode(good)
    deep = b"[" * 50_000 + b"]" * 50_000
    hostile = {
        "not-json": [
            b"",
            b"\xff\xfe\x00",
            b"{",
            plain.replace(b'"epoch":1', b'"epoch":NaN'),
            plain.replace(b'"epoch":1', b'"epoch":1,"epoch":1'),
            plain.replace(b'"epoch":1', b'"epoch":' + b"9" * 400),
            deep[: 60 * KIBI],
        ],
        "invalid": [
            b"[]",
            changed(good, surprise=1),
            changed(good, **{"\x00": 1}),
            changed(good, epoch=0),
            changed(good, epoch=2**40),
            changed(good, sequence=2**70),
            changed(good, incarnation="me"),
            changed(good, device_id="' OR 1=1 --"),
            changed(good, body={"kind": "birth"}),
            changed(good, body={"kind": "takeover"}),
        ],
        "unknown-version": [
            changed(good, version=2),
            changed(good, version="1"),
            changed(good, version=True),
            changed(good, version=None),
        ],
        "oversized": [plain + b" " * 64 * KIBI, b"x" * 200 * KIBI],
        "wrong-topic": [changed(good, device_id=other.id)],
    }
    before = {code: metric(code) for code in hostile}
    for payloads in hostile.values():
        for payload in payloads:
            device.said("life", payload)
    device.said("life/../../x", plain)
    device.said("no-such-machine/state", plain)
    region.clock.turn(1)
    device.tell(device.birth(door))
    door.work()

    wanted = {code: len(payloads) for code, payloads in hostile.items()}
    wanted["wrong-topic"] += 2
    assert door.counts() == wanted
    assert {code: metric(code) - before[code] for code in hostile} == wanted
    kept = {row.body for row in door.kept()}
    assert all(one in kept for payloads in hostile.values() for one in payloads)
    assert all(row.reason for row in door.kept())
    assert {code for code, subject in door.alarms() if subject == device.id} == {
        *wanted
    }
    assert is_here(door, device)
    assert not is_here(door, other)


def test_what_the_broker_itself_refuses_stops_nobody(door: Door) -> None:
    device, other = (door.device(lab) for lab in door.region.labs)
    device.client.publish(f"x/{device.id}", b"x" * 600 * KIBI, qos=1)
    device.said("life", b"x" * 600 * KIBI)
    other.shout(f"fabcommons/v1/helsinki/{device.id}/up/life", b"{}")  # another's topic
    door.region.clock.turn(1)
    other.tell(other.birth(door))
    door.work()
    assert door.counts() == {}
    assert is_here(door, other)


def test_a_copy_has_no_effect_and_another_content_is_an_alarm(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    first = device.tell(accepted(region, command))
    door.work()
    assert hear(device) == Receipt(stored=(1,))
    device.tell(first.body, sequence=1)
    device.tell(first.body, sequence=1, epoch=2, incarnation=OTHER_LIFE)  # restarted
    door.work()
    assert [hear(device), hear(device)] == [Receipt(stored=(1,))] * 2
    device.tell(
        happened(region, command, "failed"),
        sequence=1,
        epoch=2,
        incarnation=OTHER_LIFE,
    )
    door.work()
    receipt = hear(device)
    assert isinstance(receipt, Receipt)
    assert [one.code for one in receipt.refused] == ["sequence-conflict"]
    assert region.job(command.job_id).state == "accepted"
    assert door.counts() == {"sequence-conflict": 1}
    assert door.alarms() == {("sequence-conflict", device.id)}
    assert len(door.kept("done")) == 1


def test_messages_in_the_wrong_order_end_alike(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    region.clock.turn(600)
    told = ["completed", "started", "armed"]
    for number, event in zip((4, 3, 2), told, strict=True):
        device.tell(happened(region, command, event), sequence=number)
    device.tell(accepted(region, command), sequence=1)
    door.work()
    job = region.job(command.job_id)
    assert (job.state, job.armed_at is None, job.started_at is None) == (
        "completed",
        False,
        False,
    )
    assert door.counts() == {}
    with region.reading() as session:
        assert breaches(session, settled=True) == []


def test_what_belongs_to_others_is_refused(door: Door) -> None:
    region = door.region
    command = sent(region)
    own = region.lab_of(command.machine_id)
    stranger = next(lab for lab in region.labs if lab is not own)
    thief = door.device(stranger)
    theirs = stranger.machines[0]
    about = {"machine_id": theirs}
    thief.tell(happened(region, command, "completed", **about))
    thief.tell(
        happened(region, command, "completed", job_id="task-nobody-sent", **about)
    )
    thief.tell(happened(region, command, "completed", fence=7))
    thief.tell(accepted(region, command))
    for machine_id in (command.machine_id, "machine-of-nobody"):
        thief.tell(
            MachineState(
                machine_id=machine_id, state="alarm", observed_at=region.clock.now()
            )
        )
    thief.tell(
        Birth(
            agent_version="1",
            machines=own.machines,
            observed_at=region.clock.now(),
        )
    )
    door.work()
    assert door.counts().get("crash") is None
    assert sum(door.counts().values()) >= 6
    assert len(door.kept()) == sum(door.counts().values())
    assert {subject for _, subject in door.alarms()} == {thief.id}
    assert region.job(command.job_id).state == "sent"
    assert entries(region) == 0
    with region.reading() as session:
        machine = session.get_one(MachineRow, command.machine_id)
        assert (machine.device_id, machine.state) == (own.device_id, "idle")
        assert machine.withdrawn_at is None
    honest = door.device(own)
    honest.tell(accepted(region, command))
    door.work()
    assert region.job(command.job_id).state == "accepted"


def forged(region: Region, command: StartJob) -> dict[str, tuple[Signed, ...]]:
    """Contributions that a dishonest device may send with its own job."""
    use, work, produce = region.contributions(command)
    other = next(lab for lab in region.labs if lab.device_id != command.device_id)
    own = region.lab_of(command.machine_id)

    def altered(one: Signed, **told: str) -> Signed:
        body = dumps({**json.loads(one.body), **told})
        return replace(one, body=body, signature=own.key.sign(body))

    return {
        "signature of another key": (replace(use, signature=other.key.sign(use.body)),),
        "key of another device": (
            replace(use, key_id=other.key.key_id, signature=other.key.sign(use.body)),
        ),
        "key of the network": (
            replace(use, key_id=region.key.key_id, signature=region.key.sign(use.body)),
        ),
        "bytes changed after signing": (
            replace(use, body=use.body.replace(b'"0.15"', b'"9.15"')),
        ),
        "not the canonical bytes": (
            replace(use, body=use.body + b" ", signature=own.key.sign(use.body + b" ")),
        ),
        "another job": (altered(work, job_id="task-of-another"),),
        "another order": (altered(work, order_id="order-of-another"),),
        "wrong provider": (altered(work, provider=other.operator_id),),
        "wrong receiver": (altered(work, receiver=own.operator_id),),
        "too many pieces": (altered(produce, quantity="3"),),
        "too many hours": (altered(work, quantity="100"),),
        "less than nothing": (altered(work, quantity="-1"),),
        "a hundred tons": (altered(use, action="consume", unit="g", quantity="1e8"),),
    }


def test_no_forged_credit_enters_the_ledger(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    device.tell(happened(region, command, "armed"))
    device.tell(happened(region, command, "started"))
    door.work()
    region.clock.turn(600)
    before = entries(region)
    cases = forged(region, command)
    for name, contributions in cases.items():
        already = len(door.kept())
        device.tell(happened(region, command, "completed", contributions=contributions))
        door.work()
        assert len(door.kept()) == already + 1, name
        assert entries(region) == before, name
        assert region.job(command.job_id).state == "running", name
    assert "crash" not in door.counts()
    assert sum(door.counts().values()) == len(cases)
    device.tell(happened(region, command, "completed"))
    door.work()
    assert region.job(command.job_id).state == "completed"
    assert entries(region) > before
    with region.reading() as session:
        assert breaches(session, settled=True) == []


def test_a_machines_own_words_cost_no_outcome(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    text = "ALARM:1 \x00 \u202e\u0000 ' \" <script>"
    device.tell(happened(region, command, "started"))
    device.tell(happened(region, command, "failed", text=text))
    device.tell(
        MachineState(
            machine_id=command.machine_id,
            state="alarm",
            text=text,
            observed_at=region.clock.now(),
        )
    )
    door.work()
    assert door.counts() == {}
    assert region.job(command.job_id).state == "failed"


def test_a_twin_is_fenced_and_an_alarm_is_raised(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    device.tell(device.birth(door))
    device.tell(accepted(region, command))
    door.work()
    device.tell(device.birth(door), incarnation=OTHER_LIFE)
    device.tell(happened(region, command, "failed"), incarnation=OTHER_LIFE, sequence=9)
    door.work()
    told = [device.heard.get(timeout=WAIT_S) for _ in range(3)]
    assert told[0].body == Receipt(stored=(1,))
    for fence in told[1:]:
        assert isinstance(fence.body, Notice)
        assert (fence.body.notice, fence.incarnation) == ("fenced", OTHER_LIFE)
    assert door.alarms() == {("device-cloned", device.id)}
    assert door.counts() == {"device-cloned": 2}
    assert region.job(command.job_id).state == "accepted"
    device.tell(happened(region, command, "armed"))
    door.work()
    assert region.job(command.job_id).state == "armed"


def test_a_later_life_fences_the_earlier_one(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    device.tell(device.birth(door))
    door.work()
    device.tell(device.birth(door), epoch=2, incarnation=OTHER_LIFE)
    door.work()
    assert door.alarms() == set()  # so far it is no more than a restart
    device.tell(device.birth(door))  # but the first one still lives
    device.tell(happened(region, command, "failed"), sequence=1)
    door.work()
    fence = device.heard.get(timeout=WAIT_S)
    assert isinstance(fence.body, Notice)
    assert (fence.body.notice, fence.incarnation) == ("fenced", FIRST_LIFE)
    assert door.alarms() == {("device-cloned", device.id)}
    assert region.job(command.job_id).state == "sent"
    assert {row.code for row in door.kept()} == {"device-cloned", "stale-life"}


def test_a_revoked_device_is_cut_off_and_its_last_words_count_no_more(
    door: Door,
) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    device.tell(happened(region, command, "completed"))  # on its way when it happens
    began_s = time.monotonic()
    with region.sessions.begin() as session:
        devices.revoke_device(session, device.id, now=region.clock.now())
    assert device.gone.wait(5)
    print(f"revoked device off after {(time.monotonic() - began_s) * 1000:.0f} ms")
    door.work()
    assert region.job(command.job_id).state == "sent"
    assert entries(region) == 0
    assert sum(door.counts().values()) == len(door.kept()) == 1
    assert {subject for _, subject in door.alarms()} == {device.id}
    assert door.device(device.lab).refused.is_set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_trouble_of_the_database_is_no_fault_of_the_message(door: Door) -> None:
    region = door.region
    command = sent(region)
    device = door.device(region.lab_of(command.machine_id))
    device.tell(happened(region, command, "started"))
    while door.ingest.step():
        pass
    with region.sessions.begin() as other:
        other.execute(select(func.pg_advisory_xact_lock(LOCK)))
        engine = region.sessions.kw["bind"]
        with engine.begin() as connection:
            name = connection.engine.url.database
            connection.exec_driver_sql(
                f"ALTER DATABASE {name} SET lock_timeout = '50ms'"
            )
        engine.pool.dispose()
        with pytest.raises(OperationalError):
            handle_batch(region.sessions, region.clock, region.key)
    assert door.kept() == []
    assert handle_batch(region.sessions, region.clock, region.key) == 1
    assert region.job(command.job_id).state == "running"


def test_a_flood_of_nonsense_leaves_the_honest_one_heard(door: Door) -> None:
    region = door.region
    command = sent(region)
    honest = region.lab_of(command.machine_id)
    flooder = door.device(next(lab for lab in region.labs if lab is not honest))
    device = door.device(honest)

    def flood() -> None:
        topic = f"fabcommons/v1/helsinki/{flooder.id}/up/life"
        for number in range(2_000):
            flooder.client.publish(topic, b"nonsense %d" % number, qos=1)

    thread = threading.Thread(target=flood)
    thread.start()
    device.tell(accepted(region, command))
    began_s = time.monotonic()
    while region.job(command.job_id).state == "sent":
        assert time.monotonic() - began_s < 120
        door.ingest.step()
        handle_batch(region.sessions, region.clock, region.key)
    thread.join()
    door.work()
    assert door.counts()["not-json"] == 2_000
    with region.reading() as session:
        alarms = session.scalars(select(AlarmRow)).all()
    assert [(alarm.code, alarm.subject) for alarm in alarms] == [
        ("not-json", flooder.id)
    ]
    assert isinstance(happened(region, command, "armed"), JobEvent)
