"""The demo's region in one process, full of life by real plans and real facts.

It is noon in Helsinki: some orders are delivered, one is under way, some are being
made, one lab is silent, one order waits with a reason. Nothing moves by itself.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from orchestrator.commons.charter import CHARTER
from orchestrator.commons.rulebook import found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.facts import CapabilityTold, JobHappened, StateTold
from orchestrator.doors.web.bridge import tell_pages
from orchestrator.doors.web.live import Feed
from orchestrator.entry.demo import seed as demo
from orchestrator.entry.demo import world as demo_world
from orchestrator.foundation import inbox
from orchestrator.foundation.database import Base, engine_of, readers, writers
from orchestrator.foundation.migrate import know_all_rows
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.sequencer import sequence
from orchestrator.members.devices import enrol
from orchestrator.members.signing_keys import register_network_key
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.couriers import report_position
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.planning.travel import region_map
from orchestrator.planning.wishes import wish
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.voting_rules import VOTING_RULES
from tests.e2e.stage_app import ORIGIN, PASSWORD, ZONE, app_of
from tests.passwords import quickly_hashed
from tests.unit.orchestrator.region import HELSINKI, Lab, Region, TurnedClock

__all__ = [
    "MORNING",
    "ORIGIN",
    "PASSWORD",
    "PHONE_AND_DESK",
    "SIZES",
    "Browse",
    "Cookies",
    "Report",
    "Stage",
    "WellMade",
    "opened",
    "sign_in",
    "staged",
]
Report = list[dict[str, Any]]  # of browse.mjs
# Every width and both schemes, though not each in each: the parts that pages are made
# of are seen so in the styleguide.
SIZES = ((360, "light"), (820, "dark"), (1400, "light"))
PHONE_AND_DESK = ((390, "light"), (1400, "dark"))
Browse = Callable[..., Report]
WellMade = Callable[[Report], None]
Cookies = list[dict[str, str]]
MORNING = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)  # 9:00 in Helsinki, a Monday


def sign_in(url: str, who: str) -> Cookies:
    """The session of one of the demo's people, as the browser harness takes it."""
    answer = httpx.post(
        f"{url}/sign-in",
        data={"email": f"{who}@demo.example", "password": PASSWORD},
        timeout=60,
    )
    assert answer.status_code == 303, answer.text
    return [{"name": name, "value": value} for name, value in answer.cookies.items()]


@dataclass(kw_only=True)
class Stage:
    """The region with its app. `play` tells facts; who is who is in `cast`."""

    play: Region
    cast: demo.Cast
    world: demo_world.World
    app: FastAPI
    feed: Feed
    orders: dict[str, str]  # name of an order in this play: its id

    def shop(self, key: str) -> demo.SeededShop:
        return next(
            shop
            for shop, told in zip(self.cast.shops, self.world.shops, strict=True)
            if told.key == key
        )

    def lab(self, key: str) -> demo.SeededLab:
        return next(lab for lab in self.cast.labs if lab.key == key)

    def machine(self, lab: str, name: str) -> str:
        return f"{lab}-{name}"

    def order(
        self, name: str, shop: str, design: str, quantity: int, hours: float = 5
    ) -> str:
        """Quote and place as this shop; planned by the next `plan`."""
        seeded = self.shop(shop)
        self.play.shop_id, self.play.place_id = seeded.person.agent_id, seeded.place_id
        self.orders[name] = self.play.order(design, quantity=quantity, hours=hours)
        return self.orders[name]

    def happened(
        self, command: StartJob, event: str, *, text: str | None = None
    ) -> JobHappened:
        told = self.play.happened(command, event)
        if text is None:
            return told
        return _with(told, code="stopped", text=text, done_ratio=0.31)

    def state(
        self, machine_id: str, state: str, job_id: str | None = None, **told: object
    ) -> StateTold:
        return _with(self.play.state(machine_id, state, job_id), **told)

    def sequence_ledger(self) -> None:
        with self.play.sessions.begin() as session:
            if sequence(session):
                sign_checkpoint(
                    session, origin=ORIGIN, key=self.play.key, now=self.play.clock.at
                )


@contextmanager
def staged(
    folder: Path, *, show_styleguide: bool = False, database_url: str | None = None
) -> Iterator[Stage]:
    """The whole stage at noon of its day; None: on a fresh SQLite file in `folder`."""
    with opened(
        folder,
        demo_world.helsinki(),
        show_styleguide=show_styleguide,
        database_url=database_url,
    ) as stage:
        _morning(stage)
        yield stage


@contextmanager
def opened(
    folder: Path,
    world: demo_world.World,
    *,
    show_styleguide: bool = False,
    database_url: str | None = None,
) -> Iterator[Stage]:
    """The world's region in the morning: all machines idle, no order placed yet."""
    know_all_rows()
    engine = engine_of(database_url or f"sqlite:///{folder / 'app.db'}")
    Base.metadata.create_all(engine)
    clock = TurnedClock(at=MORNING)
    play = Region(
        sessions=writers(engine),
        reading=readers(engine),
        folder=folder / "files",
        clock=clock,
        ground=region_map(
            "helsinki", (HELSINKI / "roads.bin").read_bytes(), "© OpenStreetMap"
        ),
        key=signing_key(b"n" * 32),
    )
    with play.sessions.begin() as session:
        register_network_key(session, play.key, now=MORNING)
        found(session, VALUE_EQUATION, now=MORNING)
        for kind in (VOTING_RULES, FUNDING_RULES, CHARTER):
            found(session, kind, now=MORNING)
        found(session, PLAN_WEIGHTS, now=MORNING)
        cast = demo.seed(
            demo.Seeding(
                session=session,
                files=play.folder,
                now=MORNING,
                zone=ZONE.key,
                password_hash=quickly_hashed(PASSWORD),
            ),
            world,
        )
    play.versions = dict(cast.version_of)
    play.couriers = [courier.agent_id for courier in cast.couriers]
    feed = Feed(boot="stage")
    app = app_of(play, feed, cast, show_styleguide=show_styleguide)
    stage = Stage(play=play, cast=cast, world=world, app=app, feed=feed, orders={})
    _bear(stage)
    stop = tell_pages(feed, play.reading)
    try:
        yield stage
    finally:
        stop()
        feed.close()
        engine.dispose()


def _bear(stage: Stage) -> None:
    """Each lab's device agent is enrolled and tells of its machines, all idle."""
    play = stage.play
    for number, (told, seeded) in enumerate(
        zip(stage.world.labs, stage.cast.labs, strict=True)
    ):
        key = signing_key(bytes([number + 1]) * 32)
        with play.sessions.begin() as session:
            enrolled = enrol(
                session,
                code=seeded.enrolment_code,
                device_name=f"pi-{told.key}",
                public_key=base64.b64encode(key.public).decode(),
                now=MORNING,
            )
            owner_id = session.get_one(FacilityRow, seeded.facility_id).owner_id
        machines = tuple(
            stage.machine(told.key, machine.key) for machine in told.machines
        )
        lab = Lab(
            facility_id=seeded.facility_id,
            owner_id=owner_id,
            operator_id=seeded.operator.agent_id,
            device_id=enrolled.device_id,
            key=key,
            machines=machines,
        )
        play.labs.append(lab)
        play.tell(play.birth(lab))
        for machine_id, machine in zip(machines, told.machines, strict=True):
            play.tell(
                _capability(lab, machine_id, machine), play.state(machine_id, "idle")
            )
            with play.sessions.begin() as session:
                row = session.get_one(MachineRow, machine_id)
                row.hourly_cents = machine.hourly_cents


def _capability(
    lab: Lab, machine_id: str, machine: demo_world.Machine
) -> CapabilityTold:
    x_mm, y_mm, z_mm = machine.envelope_mm
    return CapabilityTold(
        device_id=lab.device_id,
        machine_id=machine_id,
        name=machine.name,
        machine_kind=machine.kind,
        dialect=machine.dialect,
        capability={
            "kind": "capability",
            "processes": list(machine.processes),
            "envelope_x_mm": x_mm,
            "envelope_y_mm": y_mm,
            "envelope_z_mm": z_mm,
            "materials": [
                {"code": code, "colour": None, "remaining_g": None}
                for code in machine.materials
            ],
        },
        observed_at=MORNING,
    )


def _morning(stage: Stage) -> None:
    """From nine to noon."""
    play, clock = stage.play, stage.play.clock
    stage.order("bag", "plants", "tote", 1, hours=2)
    stage.order("coasters", "cafe", "coaster", 2)
    play.plan()
    # The sewing machine stops before it began: its order has nowhere to go.
    play.tell(
        stage.state(
            "yrjonkatu-sewing", "alarm", text="The needle is broken. Change it."
        )
    )
    _wish(stage, "Sewing machine is in alarm.")
    play.plan()
    _make_until(stage, ["coasters"])
    play.plan()
    _carry(stage, "coasters", to_the_end=True)
    clock.at = MORNING + timedelta(hours=2)
    stage.order("hooks", "bikes", "hook", 2)
    play.plan()
    _make_until(stage, ["hooks"])
    play.plan()
    _carry(stage, "hooks", to_the_end=False)
    stage.order("stands", "books", "book-stand", 2)
    stage.order("hinges", "bikes", "hinge", 3)
    stage.order("planters", "toys", "planter", 2)
    stage.order("lamp", "school", "lamp-shade", 1)
    stage.order("tray", "bikes", "tray", 1)
    stage.order("clips", "music", "strap-clip", 2)
    play.plan()
    clock.turn(60)
    _work(stage)
    # One lab's computer goes silent; what was planned there goes elsewhere.
    silent = play.labs[3]
    play.tell(play.death(silent))
    with play.sessions.begin() as session:
        raise_alarm(
            session,
            code="cloned-device",
            subject=silent.device_id,
            text="Two computers say they are pi-kluuvi. The later one was shut out.",
            now=clock.at,
        )
        arrival = inbox.Arrival(
            source="mqtt", topic="fab/helsinki/x", body=b"{", received_at=clock.at
        )
        inbox.refuse(session, arrival, code="unreadable", reason="no JSON")
    play.plan()
    clock.turn(60)
    for command in play.send():
        if isinstance(command, StartJob):
            _begin(stage, command, done_ratio=0.08, remaining_s=800.0)
    stage.sequence_ledger()


def _work(stage: Stage) -> None:
    """Send what is due: one waits for hands, one fails, one is done, the rest run."""
    play, clock = stage.play, stage.play.clock
    commands = [one for one in play.send() if isinstance(one, StartJob)]
    assert len(commands) >= 3, [one.label for one in commands]
    waiting = commands[0]
    play.tell(
        play.accepted(waiting),
        stage.state(waiting.machine_id, "needs-arming", waiting.job_id),
    )
    _, failing, done, *running = commands
    for command in (failing, done, *running):
        _begin(stage, command, done_ratio=0.62, remaining_s=420.0)
    clock.turn(400)
    play.tell(
        stage.happened(failing, "failed", text="Heater fault: nozzle below 180 °C."),
        stage.state(
            failing.machine_id,
            "needs-clearing",
            failing.job_id,
            text="Heater fault: nozzle below 180 °C.",
        ),
        play.happened(done, "completed"),
        stage.state(done.machine_id, "needs-clearing", done.job_id),
    )


def _begin(
    stage: Stage, command: StartJob, *, done_ratio: float, remaining_s: float
) -> None:
    play = stage.play
    prints = "fdm" in next(
        told.kind
        for lab in stage.world.labs
        for told in lab.machines
        if stage.machine(lab.key, told.key) == command.machine_id
    )
    play.tell(
        play.accepted(command),
        _with(play.happened(command, "armed"), by="Aino"),
        play.happened(command, "started"),
        stage.state(
            command.machine_id,
            "running",
            command.job_id,
            done_ratio=done_ratio,
            remaining_s=remaining_s,
            nozzle_c=205.0 if prints else None,
            bed_c=60.0 if prints else None,
        ),
    )


def _make_until(stage: Stage, names: list[str]) -> None:
    play = stage.play
    for _ in range(400):
        if all(play.row(stage.orders[name]).state == "made" for name in names):
            return
        play.clock.turn(30)
        for command in play.send():
            if isinstance(command, StartJob):
                play.make(command, seconds=300)
    raise AssertionError("the morning's orders were not made")


def _carry(stage: Stage, name: str, *, to_the_end: bool) -> None:
    """Fetch it, ride a part of the way, and hand it over if so wished."""
    play, clock = stage.play, stage.play.clock
    order = play.row(stage.orders[name])
    stops = play.stops(order.id)
    courier_id = stops["pickup"].courier_id
    clock.at = max(clock.at, stops["pickup"].arrive_at)
    play.act("picked-up", order.id, courier_id, code=order.pickup_code)
    clock.turn(200)
    if to_the_end:
        play.act("delivered", order.id, courier_id, code=order.delivery_code)
        return
    with play.sessions.begin() as session:
        report_position(
            session,
            courier_id,
            lat=60.1709,
            lon=24.9470,
            observed_at=clock.at,
            now=clock.at,
        )


def _wish(stage: Stage, reason: str) -> None:
    with stage.play.sessions.begin() as session:
        wish(session, reason, stage.play.clock.at)


def _with[T](row: T, **told: object) -> T:
    return type(row)(
        **{
            name: told.get(name, getattr(row, name))
            for name in row.__dataclass_fields__  # type: ignore[attr-defined]
        }
    )
