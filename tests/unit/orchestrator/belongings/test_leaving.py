"""Members who leave: all of it taken along, then nowhere found, and the log still whole."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from orchestrator.accounts.billing import pay
from orchestrator.accounts.rows import BillRow
from orchestrator.belongings.archive import Source, archive
from orchestrator.belongings.erasing import Eraser
from orchestrator.belongings.hindrances import hindrances
from orchestrator.belongings.leaving import (
    GRACE,
    NotYetError,
    ask_to_leave,
    erase_due,
    stay,
)
from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.catalogue.waste import remove_waste
from orchestrator.dispatch.commands import StartJob
from orchestrator.doors.web.access import couriers_seen
from orchestrator.foundation.clock import WallClock
from orchestrator.foundation.database import Base, Sessions, forget_log
from orchestrator.foundation.money import Money
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.export import export
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import check
from orchestrator.members.agents import agent_of, grant_role, roles_of, withdraw_role
from orchestrator.members.api_keys import issue_key
from orchestrator.members.attestations import tell
from orchestrator.members.bank_accounts import keep_bank_account
from orchestrator.members.browser_sessions import open_session
from orchestrator.members.consent import give_consent, withdraw_consent
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.principals import Principal
from orchestrator.members.shown import POSITION
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.rows import PlaceRow
from orchestrator.orders.duties import owed_by, settle
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.suppose import Supposition
from orchestrator.planning.what_if import suppose
from orchestrator.planning.wishes import wish
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.polls import propose
from orchestrator.votes.proposals import Draft, say
from tests.unit.orchestrator.region import NOON, Region, a_region

ORIGIN = "helsinki.example"
SHOP, DESIGNER, COURIER = "Zyxma Quörkinen", "Zyxmades", "Zyxmacour"
STREET, MAIL, IBAN = "Quörkinkatu 77 B", "zyxma@quork.example", "FI2112345600000785"
MARKS = ("zyxma", "quörk", "quork", "qu\\u00f6rk", "fi2112345600000785")
DESIGN = f"""okhv = "2.0"
name = "hook of {DESIGNER}"
licensor = "{DESIGNER}"
license = "CERN-OHL-S-2.0"
function = "by {DESIGNER}, d.{MAIL}"
version = "1"
repo = "https://example.org/hook"
"""


@pytest.fixture
def region(sessions: Sessions, reading: Sessions, tmp_path: Path) -> Region:
    return a_region(sessions, reading, tmp_path / "files")


def marked(region: Region) -> tuple[str, str, tuple[str, ...]]:
    """The shop, the designer, the couriers: with marks wherever there is room for one."""
    shop, designer, riders = (
        region.shop_id,
        region.designers[0],
        tuple(region.couriers),
    )
    with region.sessions.begin() as session:
        agent_of(session, shop).name, agent_of(session, shop).kind = SHOP, "person"
        agent_of(session, designer).name = DESIGNER
        for rider in riders:
            agent_of(session, rider).name = COURIER
        place = session.get_one(PlaceRow, region.place_id)
        place.name, place.address = f"{SHOP}, yard", STREET
        add_hashed_login(session, shop, email=MAIL, password_hash="a hash", now=NOON)
        add_hashed_login(
            session, designer, email=f"d.{MAIL}", password_hash="a hash", now=NOON
        )
        keep_bank_account(session, shop, iban=IBAN, holder=SHOP, now=NOON)
        issue_key(session, shop, name=f"key of {SHOP}", scopes=["shop"], now=NOON)
        open_session(session, shop, now=NOON)
        tell(
            session,
            agent_id=shop,
            claim="ESUS",
            issuer=f"friends of {SHOP}",
            evidence=f"see {STREET}",
            valid_until=NOON + timedelta(days=9),
            now=NOON,
        )
        raise_alarm(
            session, code="mail-refused", subject=shop, text=f"no {MAIL}", now=NOON
        )
        supposed = Supposition(
            kind="courier",
            subject_id=riders[0],
            from_at=NOON + timedelta(hours=1),
            until_at=NOON + timedelta(hours=2),
        )
        suppose(session, supposed, asked_by=shop, now=NOON)
        poll = propose(
            session,
            Draft(matter="resolution", title="A hook", text=f"Ask {SHOP}, {STREET}."),
            agent_id=region.designers[1],
            clerk=Clerk(key=region.key),
            now=NOON,
        )
        say(session, poll.id, agent_id=shop, text=f"{SHOP} agrees, {MAIL}", now=NOON)
        wish(session, f"The shift of {COURIER} changed.", NOON, about=riders[0])
    kept = keep_files(
        region.folder,
        [
            Upload(name="hook.gcode", chunks=[f"; {DESIGNER}\nG28\n".encode()]),
            Upload(name="readme.txt", chunks=[f"{DESIGNER}, d.{MAIL}\n".encode()]),
        ],
    )
    step = {
        "name": f"print as {DESIGNER} does",
        "process": "3DP",
        "machine_kind": "fdm-printer",
        "dialect": "marlin",
        "program": "hook.gcode",
        "material": "PLA",
        "material_g": 1,
        "box_x_mm": 9,
        "box_y_mm": 9,
        "box_z_mm": 9,
        "setup_s": 60,
        "run_s": 60,
        "labour_s": 60,
    }
    with region.sessions.begin() as session:
        version = publish(
            session,
            region.folder,
            designer_id=designer,
            manifest=DESIGN.encode(),
            kept=kept,
            process=process_of({"steps": [step], "citations": [], "fee_cents": 0}),
            now=NOON,
        )
        region.versions["hook"] = version.id
    return shop, designer, riders


def delivered(region: Region) -> str:
    """An order of the marked shop for the marked design, brought by a marked courier."""
    order_id = region.order("hook", quantity=1)
    region.plan()
    region.clock.turn(30)
    for command in region.send():
        assert isinstance(command, StartJob)
        jobs_hold_their_only_operator(region, command.machine_id)
        region.make(command)
    region.plan()
    others_come_first(region, order_id)
    order, stops = region.row(order_id), region.stops(order_id)
    courier = stops["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=order.pickup_code)
    is_seen_by_consent(region, courier)
    region.clock.turn(600)
    region.act("delivered", order_id, courier, code=order.delivery_code)
    assert region.row(order_id).state == "delivered"
    with region.sessions.begin() as session:
        while sequence(session):
            pass
        sign_checkpoint(session, origin=ORIGIN, key=region.key, now=region.clock.at)
    return order_id


def all_told(database: Engine, folder: Path) -> Iterator[tuple[str, str]]:
    """Every value in the database and every content of a file, with where it stands."""
    with database.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    text = (
                        value.decode("utf-8", "replace")
                        if isinstance(value, bytes)
                        else str(value)
                    )
                    yield f"{table.name}.{name}", text
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes().decode("utf-8", "replace")


def found(database: Engine, folder: Path) -> list[tuple[str, str]]:
    return [
        (where, text[:200])
        for where, text in all_told(database, folder)
        if any(mark in text.lower() for mark in MARKS)
    ]


def taken(region: Region, agent_id: str) -> zipfile.ZipFile:
    source = Source(
        readers=region.reading,
        files=region.folder,
        origin=ORIGIN,
        key=region.key,
        now=region.clock.at,
    )
    return zipfile.ZipFile(io.BytesIO(b"".join(archive(source, agent_id))))


def all_is_taken(
    region: Region, order_id: str, people: tuple[str, ...], folder: Path
) -> None:
    """Each one's archive holds what is theirs, with receipts that hold alone."""
    shop, designer, rider, _ = people
    mine = taken(region, shop)
    assert mine.testzip() is None
    assert json.loads(mine.read("records/order.json"))[0]["id"] == order_id
    assert json.loads(mine.read("records/login.json"))[0]["email"] == MAIL
    assert b"a hash" not in mine.read("records/login.json")
    assert STREET in mine.read("records/place.csv").decode()
    assert SHOP in mine.read("README.txt").decode()
    theirs = taken(region, designer)
    receipts = 0
    for one in (mine, theirs, taken(region, rider)):
        for name in one.namelist():
            if name.startswith("ledger/receipts/"):
                path = folder / "receipt.json"
                path.write_bytes(one.read(name))
                assert check(path).startswith("in the log")
                receipts += 1
    assert receipts > 3
    readme = next(name for name in theirs.namelist() if name.endswith("readme.txt"))
    assert DESIGNER in theirs.read(readme).decode()


def test_who_leaves_takes_all_and_leaves_no_name(
    region: Region, database: Engine, tmp_path: Path
) -> None:
    shop, designer, riders = marked(region)
    order_id = delivered(region)
    assert len({where for where, _ in found(database, region.folder)}) > 20

    all_is_taken(region, order_id, (shop, designer, *riders), tmp_path)
    settle_all(region, order_id)
    with region.sessions.begin() as session:
        for agent_id in (shop, designer, *riders):
            ask_to_leave(session, agent_id, gives_up=True, now=region.clock.at)
            assert not roles_of(session, agent_id)
    region.clock.turn((GRACE - timedelta(hours=1)).total_seconds())
    eraser = Eraser(files=region.folder, key=region.key, now=region.clock.at)
    assert erase_due(region.sessions, eraser) == 0
    region.clock.turn(7_200)
    eraser = Eraser(files=region.folder, key=region.key, now=region.clock.at)
    assert erase_due(region.sessions, eraser) == 4
    assert erase_due(region.sessions, eraser) == 0

    for path in region.folder.glob("??/*"):
        os.utime(path, (0, 0))
    assert remove_waste(region.reading, region.folder, before=WallClock().now()) == 2
    assert found(database, region.folder) == []
    with region.sessions.begin() as session:
        erased = session.scalars(
            select(EntryRow.resource).where(EntryRow.action == "member-erased")
        ).all()
        assert sorted(erased) == sorted((shop, designer, *riders))
        assert agent_of(session, shop).name.startswith("Former member ")
        while sequence(session):
            pass
        sign_checkpoint(session, origin=ORIGIN, key=region.key, now=region.clock.at)
    with region.reading() as session:
        whole = tmp_path / "ledger.jsonl"
        export(session, whole, origin=ORIGIN, key=region.key)
    assert check(whole).startswith("whole")
    assert region.row(order_id).design_version_id == region.versions["hook"]
    if database.dialect.name == "sqlite":
        forget_log(database)
        raw = Path(str(database.url.database)).read_bytes().lower()
        assert not any(mark.encode() in raw for mark in MARKS)


def is_seen_by_consent(region: Region, courier: str) -> None:
    """Where she is shows to the shop whose order she brings while she agrees to it."""
    shop = Principal(
        agent_id=region.shop_id,
        roles=frozenset({"shop"}),
        facility_ids=frozenset(),
        how="session",
    )
    with region.sessions() as session:
        assert couriers_seen(session, shop) == frozenset()
        give_consent(session, courier, POSITION, now=region.clock.at)
        assert couriers_seen(session, shop) == {courier}
        withdraw_consent(session, courier, POSITION, now=region.clock.at)
        assert couriers_seen(session, shop) == frozenset()


def jobs_hold_their_only_operator(region: Region, machine_id: str) -> None:
    """Of the lab where a job is under way, and of no other that has orders."""
    with region.sessions() as session:
        for order in session.scalars(select(OrderRow)):
            for lab in region.labs:
                order.facility_id = lab.facility_id
                left = [one.kind for one in hindrances(session, lab.operator_id)]
                assert left == (["jobs"] if machine_id in lab.machines else [])


def settle_all(region: Region, order_id: str) -> None:
    """The shop pays and does what the licence asks; what others earned, they leave."""
    with region.sessions.begin() as session:
        left = {one.kind for one in hindrances(session, region.shop_id)}
        assert left == {"bill", "duties"}
        bill = session.get_one(BillRow, order_id)
        pay(
            session,
            order_id,
            Money(cents=bill.cents, currency=bill.currency),
            payment_id="payment-of-the-shop",
            by=None,
            told={},
            now=region.clock.at,
        )
        for duty in owed_by(session, region.shop_id):
            desk = Desk(agent_id=region.shop_id, key=region.key, now=region.clock.at)
            settle(session, desk, duty.id, proof="on the label")
        assert hindrances(session, region.shop_id) == []


def others_come_first(region: Region, order_id: str) -> None:
    """What others count on stops it; who stays after all has what she had."""
    now, courier = region.clock.at, region.stops(order_id)["pickup"].courier_id
    designer = region.designers[1]
    with region.sessions.begin() as session:
        (first,) = hindrances(session, region.shop_id)
        assert (first.kind, first.path) == ("order", f"/orders/{order_id}")
        assert [one.kind for one in hindrances(session, courier)] == ["ride"]
        owner = region.labs[0].owner_id
        assert [one.kind for one in hindrances(session, owner)] == ["lab", "device"]
        with pytest.raises(NotYetError):
            ask_to_leave(session, region.shop_id, gives_up=True, now=now)
        grant_role(session, designer, "steward", now=now)
        assert [one.kind for one in hindrances(session, designer)] == ["steward"]
        withdraw_role(session, designer, "steward")
        ask_to_leave(session, designer, gives_up=False, now=now)
        assert not roles_of(session, designer)
        assert not ask_to_leave(session, designer, gives_up=True, now=now).gives_up
        stay(session, designer, now=now)
        stay(session, designer, now=now)
        assert [one.role for one in roles_of(session, designer)] == ["designer"]
