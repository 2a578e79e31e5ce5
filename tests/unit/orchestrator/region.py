"""A small region of real rows: two labs, a shop, two couriers, three designs, a clock."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from device_agents.contract.contribution import Contribution
from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.commons.rulebook import found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.dispatch.apply import apply
from orchestrator.dispatch.commands import Command, ControlJob, StartJob, command_of
from orchestrator.dispatch.deliveries import Act, Scene, perform
from orchestrator.dispatch.facts import (
    Acknowledged,
    Born,
    CapabilityTold,
    Died,
    Fact,
    JobHappened,
    StateTold,
)
from orchestrator.dispatch.rows import ActRow, JobRow
from orchestrator.dispatch.send import send_due
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation import canonical, outbox
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey, signing_key
from orchestrator.ledger.append import Signed
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.devices import enrol, issue_code
from orchestrator.members.signing_keys import register_network_key
from orchestrator.network.couriers import add_courier, start_shift
from orchestrator.network.facilities import add_facility
from orchestrator.network.places import add_place
from orchestrator.network.rows import MachineRow
from orchestrator.orders.accept import place
from orchestrator.orders.clear import ask
from orchestrator.orders.gate import Clearance
from orchestrator.orders.parts import parts_of
from orchestrator.orders.quotes import (
    NoOffer,
    Offer,
    quote_input,
    record_quote,
)
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.orders.table import Use
from orchestrator.orders.tariff import TARIFF as TARIFF_RULE
from orchestrator.orders.tariff import tariff_of
from orchestrator.planning.asking import Asked, ask_for_quote
from orchestrator.planning.frames import Wanted
from orchestrator.planning.picture import look
from orchestrator.planning.plan import Pace, replan
from orchestrator.planning.quote import quote
from orchestrator.planning.reserved import shortage
from orchestrator.planning.rows import PlanRow, StopRow, TaskRow
from orchestrator.planning.travel import RegionMap, region_map
from orchestrator.planning.wishes import wish
from orchestrator.votes.voting_rules import VOTING_RULES
from routing.joint.problem import Budget

ROOT = Path(__file__).parents[3]
HELSINKI = ROOT / "orchestrator/entry/regions/helsinki"
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)  # a Monday
PACE = Pace(budget=Budget(courier_iterations=20))
RATES = json.dumps(
    {
        "rule_version": "tariff-1",
        "currency": "EUR",
        "wage_cents_per_hour": 2_000,
        "material_cents_per_kg": {"PLA": 2_500},
        "other_material_cents_per_kg": 1_000,
        "transport_base_cents": 150,
        "platform_ppm": 50_000,
    }
).encode()
TARIFF = tariff_of(RATES)
MANIFEST = """okhv = "2.0"
name = "{title}"
licensor = "Aino"
license = "CERN-OHL-S-2.0"
function = "holds things together"
version = "1"
repo = "https://example.org/{title}"
"""
PLACES = {  # lat, lon
    "Kamppi": (60.1690, 24.9385),
    "Kallio": (60.1775, 24.9500),
    "shop": (60.1702, 24.9520),
    "courier-0": (60.1720, 24.9450),
    "courier-1": (60.1660, 24.9450),
}
MACHINES = {  # kind: process, dialect, material, x, y, z
    "fdm-printer": ("3DP", "marlin", "PLA", 220, 220, 240),
    "laser-cutter": ("LAS", "grbl", "plywood-4mm", 600, 400, 20),
    "pen-plotter": ("ASM", "grbl", "plywood-4mm", 300, 300, 30),
}


@dataclass
class TurnedClock:
    """A clock that stands still until it is turned."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return (self.at - NOON).total_seconds()

    def sleep(self, duration_s: float) -> None:
        self.turn(duration_s)

    def turn(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A lab with one device agent and its machines, by their names."""

    facility_id: str
    owner_id: str
    operator_id: str
    device_id: str
    key: SigningKey
    machines: tuple[str, ...]


@dataclass(kw_only=True)
class Region:
    """All of it; its methods are acts of people and devices, each committed."""

    sessions: Sessions
    reading: Sessions
    folder: Path
    clock: TurnedClock
    ground: RegionMap
    key: SigningKey
    labs: list[Lab] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    shop_id: str = ""
    place_id: str = ""
    designers: list[str] = field(default_factory=list)
    couriers: list[str] = field(default_factory=list)
    numbers: Iterable[int] = field(default_factory=lambda: count(1))
    keys: list[str] = field(default_factory=list)

    # planning
    def offer(
        self, design: str, *, quantity: int = 1, hours: float = 6
    ) -> Offer | NoOffer:
        wanted = Wanted(
            design_version_id=self.versions[design],
            quantity=quantity,
            place_id=self.place_id,
            wished_at=self.clock.at + timedelta(hours=min(hours, 2)),
            latest_at=self.clock.at + timedelta(hours=hours),
        )
        with self.reading() as session:
            picture = look(
                session, now=self.clock.at, version_id=wanted.design_version_id
            )
        return quote(picture, self.ground, wanted)

    def asked(self, design: str, *, quantity: int = 1, hours: float = 6) -> QuoteRow:
        """A quote as the doors ask for it: kept, with its price."""
        return ask_for_quote(
            self.sessions,
            self.reading,
            self.ground,
            self.clock,
            Asked(
                shop_id=self.shop_id,
                design_version_id=self.versions[design],
                place_id=self.place_id,
                quantity=quantity,
                wished_at=self.clock.at,
                latest_at=self.clock.at + timedelta(hours=hours),
            ),
        )

    def order(
        self,
        design: str,
        *,
        quantity: int = 1,
        hours: float = 6,
        offer: Offer | NoOffer | None = None,
    ) -> str:
        offer = offer or self.offer(design, quantity=quantity, hours=hours)
        now = self.clock.at
        with self.sessions.begin() as session:
            asked = quote_input(
                session,
                shop_id=self.shop_id,
                version_id=self.versions[design],
                place_id=self.place_id,
                quantity=quantity,
                wished_at=now + timedelta(hours=min(hours, 2)),
                latest_at=now + timedelta(hours=hours),
                now=now,
            )
            clearance = ask(
                session,
                version_id=asked.version_id,
                agent_id=self.shop_id,
                use=Use.MAKE_AND_SELL,
                now=now,
            )
            assert isinstance(clearance, Clearance), clearance
            row = record_quote(session, asked, clearance, offer, tariff=TARIFF)
            number = next(iter(self.numbers))
            order = place(
                session,
                quote_id=row.id,
                idempotency_key=f"test-key-{number}",
                shortage=shortage,
                key=self.key,
                shop_id=self.shop_id,
                now=now,
            )
            wish(session, f"order {order.number} was placed", now)
            return order.id

    def share_out(self) -> None:
        """Kamppi keeps its printer only, Kallio its laser and plotter: no lab has all."""
        kamppi, kallio = self.labs
        with self.sessions.begin() as session:
            for name in (*kamppi.machines[1:], kallio.machines[0]):
                session.get_one(MachineRow, name).withdrawn_at = self.clock.at

    def share_out_among_three(self) -> None:
        """Kamppi keeps its printer, Kallio its laser, and a new lab, Toolo, a plotter."""
        self.share_out()
        with self.sessions.begin() as session:
            row = session.get_one(MachineRow, self.labs[1].machines[2])
            row.withdrawn_at = self.clock.at
        self.open_lab("Toolo", 60.1720, 24.9450, "pen-plotter")

    def publish_table(self) -> None:
        """Legs are printed and a top is cut, each by itself; then it is joined."""
        self.versions = dict(self.versions)
        alone: dict[str, object] = {"after": []}
        steps = [
            _step("legs", "fdm-printer", "clip.gcode", key="legs", **alone),
            _step("top", "laser-cutter", "cut.nc", key="top", **alone),
            _step("join", "pen-plotter", "draw.nc", after=["legs", "top"]),
        ]
        with self.sessions.begin() as session:
            _publish(session, self, "table", 0, steps, cites=None)

    def open_lab(self, name: str, lat: float, lon: float, *kinds: str) -> Lab:
        """One more lab, with machines of these kinds, alive and idle."""
        with self.sessions.begin() as session:
            lab = _lab(session, name, len(self.labs), at=(lat, lon), kinds=kinds)
        self.labs = [*self.labs, lab]
        self.tell(self.birth(lab))
        for machine_id, kind in zip(lab.machines, kinds, strict=True):
            self.tell(_capability(self, lab, machine_id, kind))
            self.tell(self.state(machine_id, "idle"))
        return lab

    def parts(self, order_id: str) -> list[OrderRow]:
        with self.reading() as session:
            return list(parts_of(session, session.get_one(OrderRow, order_id)))

    def plan(self) -> PlanRow | None:
        return replan(self.sessions, self.reading, self.ground, self.clock, pace=PACE)

    # dispatch
    def send(self) -> list[Command]:
        """Send what is due, and hand over what is in the outbox."""
        send_due(self.sessions, self.clock)
        return self.commands()

    def commands(self) -> list[Command]:
        with self.sessions.begin() as session:
            rows = outbox.claim(
                session, destination="mqtt", limit=100, now=self.clock.at
            )
            outbox.mark_sent(session, rows, now=self.clock.at)
            loaded = [canonical.object_of(row.payload, floats=True) for row in rows]
        return [command_of(payload) for payload in loaded]

    def tell(self, *facts: Fact) -> None:
        for fact in facts:
            with self.sessions.begin() as session:
                apply(session, fact, now=self.clock.at, network_key=self.key)

    def act(
        self,
        kind: str,
        order_id: str | None,
        courier_id: str,
        *,
        code: str | None = None,
        **told: str,
    ) -> ActRow:
        act = Act(
            id=told.pop("act_id", f"act-{next(iter(self.numbers)):08}"),
            agent_id=courier_id,
            kind=kind,  # type: ignore[arg-type]
            acted_at=self.clock.at,
            order_id=order_id,
            code=code,
            **told,  # type: ignore[arg-type]
        )
        scene = Scene(
            witness=Witness(key=self.key, now=self.clock.at), ground=self.ground
        )
        return perform(self.sessions, act, scene)

    # what is there
    def row(self, order_id: str) -> OrderRow:
        with self.reading() as session:
            return session.get_one(OrderRow, order_id)

    def tasks(self, order_id: str) -> list[TaskRow]:
        with self.reading() as session:
            return list(
                session.scalars(
                    select(TaskRow)
                    .where(TaskRow.order_id == order_id)
                    .order_by(TaskRow.run, TaskRow.attempt)
                )
            )

    def stops(self, order_id: str, state: str = "planned") -> dict[str, StopRow]:
        with self.reading() as session:
            rows = session.scalars(
                select(StopRow).where(
                    StopRow.order_id == order_id, StopRow.state == state
                )
            )
            return {row.kind: row for row in rows}

    def job(self, job_id: str) -> JobRow:
        with self.reading() as session:
            return session.get_one(JobRow, job_id)

    def lab_of(self, machine_id: str) -> Lab:
        return next(lab for lab in self.labs if machine_id in lab.machines)

    # devices
    def state(
        self, machine_id: str, state: str, job_id: str | None = None
    ) -> StateTold:
        return StateTold(
            device_id=self.lab_of(machine_id).device_id,
            machine_id=machine_id,
            state=state,
            job_id=job_id,
            done_ratio=None,
            remaining_s=None,
            nozzle_c=None,
            bed_c=None,
            text=None,
            observed_at=self.clock.at,
        )

    def accepted(self, command: Command, verdict: str = "accepted") -> Acknowledged:
        return Acknowledged(
            device_id=command.device_id,
            command_id=command.command_id,
            job_id=command.job_id,
            verdict=verdict,  # type: ignore[arg-type]
            code=None if verdict == "accepted" else verdict,
            text=None,
            observed_at=self.clock.at,
        )

    def happened(
        self, command: StartJob, event: str, *, pieces_good: int | None = None
    ) -> JobHappened:
        contributions: tuple[Signed, ...] = ()
        evidence = None
        if event == "completed":
            contributions = self.contributions(command, pieces=pieces_good)
            evidence = {"lines_sent": 12, "lines_acknowledged": 12}
        return JobHappened(
            device_id=command.device_id,
            machine_id=command.machine_id,
            job_id=command.job_id,
            fence=command.fence,
            event=event,  # type: ignore[arg-type]
            done_ratio=None,
            pieces_good=pieces_good,
            code=None,
            text=None,
            evidence=evidence,
            contributions=contributions,
            observed_at=self.clock.at,
        )

    def contributions(
        self,
        command: StartJob,
        *,
        mark: str = "",
        work_h: str | None = None,
        pieces: int | None = None,
    ) -> tuple[Signed, ...]:
        """What a device agent signs at the end of a job, in the wire's own form."""
        credit = command.credit
        good = command.pieces if pieces is None else pieces
        key = next(lab.key for lab in self.labs if lab.device_id == command.device_id)
        parts = (
            ("use", credit.owner_id, command.machine_id, "0.15", "h"),
            ("work", credit.maker_id, "labour", work_h or _hours(credit.labour_s), "h"),
            (
                "produce",
                credit.maker_id,
                credit.design_version_id,
                str(good),
                "{piece}",
            ),
        )
        signed = []
        for action, provider, resource, quantity, unit in parts:
            body = Contribution(
                id=f"event-{command.job_id[5:]}-{action}{mark}",
                action=action,  # type: ignore[arg-type]
                provider=provider,
                receiver=credit.receiver_id,
                resource=resource,
                quantity=quantity,
                unit=unit,  # type: ignore[arg-type]
                occurred_at=NOON,
                order_id=credit.order_id,
                job_id=command.job_id,
            ).canonical()
            signed.append(
                Signed(body=body, key_id=key.key_id, signature=key.sign(body))
            )
        return tuple(signed)

    def make(self, command: StartJob, *, seconds: float = 600) -> None:
        """A job from its acknowledgement to the cleared bed, as a device tells it."""
        self.tell(self.accepted(command))
        self.tell(self.happened(command, "armed"))
        self.tell(
            self.happened(command, "started"),
            self.state(command.machine_id, "running", command.job_id),
        )
        self.clock.turn(seconds)
        self.tell(
            self.happened(command, "completed"),
            self.state(command.machine_id, "needs-clearing", command.job_id),
        )
        self.clock.turn(30)
        self.tell(
            self.happened(command, "cleared"), self.state(command.machine_id, "idle")
        )

    def birth(self, lab: Lab) -> Born:
        return Born(
            device_id=lab.device_id,
            agent_version="1",
            machine_ids=lab.machines,
            observed_at=self.clock.at,
        )

    def death(self, lab: Lab) -> Died:
        return Died(
            device_id=lab.device_id,
            reason="connection-lost",
            observed_at=self.clock.at,
        )


def a_region(sessions: Sessions, reading: Sessions, folder: Path) -> Region:
    """Two labs with three machines each, alive and idle; two couriers on shift."""
    region = Region(
        sessions=sessions,
        reading=reading,
        folder=folder,
        clock=TurnedClock(),
        ground=region_map("helsinki", (HELSINKI / "roads.bin").read_bytes(), "© OSM"),
        key=signing_key(b"n" * 32),
    )
    with sessions.begin() as session:
        register_network_key(session, region.key, now=NOON)
        found(session, VALUE_EQUATION, now=NOON)
        found(session, VOTING_RULES, now=NOON)
        found(session, PLAN_WEIGHTS, now=NOON)
        found(session, replace(TARIFF_RULE, founding=lambda: RATES), now=NOON)
        _people(session, region)
        for number, name in enumerate(("Kamppi", "Kallio")):
            region.labs.append(_lab(session, name, number, at=PLACES[name]))
        _designs(session, region)
    for lab in region.labs:
        region.tell(region.birth(lab))
        for machine_id, kind in zip(lab.machines, MACHINES, strict=True):
            region.tell(_capability(region, lab, machine_id, kind))
            region.tell(region.state(machine_id, "idle"))
    with sessions.begin() as session:
        for machine in session.scalars(select(MachineRow)):
            machine.hourly_cents = (
                600 if machine.facility_id == region.labs[0].facility_id else 900
            )
    return region


def _people(session: Session, region: Region) -> None:
    shop = add_agent(
        session,
        kind="organisation",
        name="Kirppu",
        legal_form=COOPERATIVE,
        now=NOON,
        attested_until=NOON + timedelta(days=300),
    )
    grant_role(session, shop.id, "shop", now=NOON)
    lat, lon = PLACES["shop"]
    spot = add_place(
        session, agent_id=shop.id, name="counter", address="Katu 1", lat=lat, lon=lon
    )
    region.shop_id, region.place_id = shop.id, spot.id
    for name in ("Aino", "Eero"):
        person = add_agent(
            session, kind="person", name=name, legal_form="individual", now=NOON
        )
        grant_role(session, person.id, "designer", now=NOON)
        region.designers.append(person.id)
    for number in range(2):
        person = add_agent(
            session,
            kind="person",
            name=f"Rider {number}",
            legal_form="individual",
            now=NOON,
            agent_id=f"agent-rider-{number}",
        )
        grant_role(session, person.id, "courier", now=NOON)
        lat, lon = PLACES[f"courier-{number}"]
        add_courier(
            session, agent_id=person.id, profile="bicycle", lat=lat, lon=lon, now=NOON
        )
        start_shift(session, person.id, until=NOON + timedelta(hours=12), now=NOON)
        region.couriers.append(person.id)


COOPERATIVE = "worker-cooperative"


def _lab(
    session: Session,
    name: str,
    number: int,
    *,
    at: tuple[float, float],
    kinds: Iterable[str] = tuple(MACHINES),
) -> Lab:
    owner = add_agent(
        session,
        kind="organisation",
        name=f"Lab {name}",
        legal_form="non-profit",
        now=NOON,
    )
    operator = add_agent(
        session,
        kind="person",
        name=f"Operator {number}",
        legal_form="individual",
        now=NOON,
    )
    lat, lon = at
    facility = add_facility(
        session,
        name=name,
        owner_id=owner.id,
        address=name,
        lat=lat,
        lon=lon,
        now=NOON,
        facility_id=f"lab-{name.lower()}-{number}",
    )
    grant_role(session, operator.id, "operator", facility_id=facility.id, now=NOON)
    key = signing_key(bytes([number + 1]) * 32)
    code = issue_code(
        session,
        facility_id=facility.id,
        owner_id=owner.id,
        issued_by=operator.id,
        now=NOON,
    )
    enrolled = enrol(
        session,
        code=code,
        device_name=f"pi-{number}",
        public_key=base64.b64encode(key.public).decode(),
        now=NOON,
    )
    return Lab(
        facility_id=facility.id,
        owner_id=owner.id,
        operator_id=operator.id,
        device_id=enrolled.device_id,
        key=key,
        machines=tuple(f"{kind}-{name.lower()}" for kind in kinds),
    )


def _capability(region: Region, lab: Lab, machine_id: str, kind: str) -> CapabilityTold:
    process, dialect, material, x_mm, y_mm, z_mm = MACHINES[kind]
    return CapabilityTold(
        device_id=lab.device_id,
        machine_id=machine_id,
        name=machine_id,
        machine_kind=kind,
        dialect=dialect,
        capability={
            "kind": "capability",
            "processes": [process],
            "envelope_x_mm": x_mm,
            "envelope_y_mm": y_mm,
            "envelope_z_mm": z_mm,
            "materials": [{"code": material, "colour": None, "remaining_g": None}],
        },
        observed_at=region.clock.at,
    )


def _step(name: str, kind: str, program: str, **told: object) -> dict[str, object]:
    process, dialect, material, *_ = MACHINES[kind]
    return {
        "name": name,
        "process": process,
        "machine_kind": kind,
        "dialect": dialect,
        "program": program,
        "material": material,
        "material_g": 12,
        "box_x_mm": 40,
        "box_y_mm": 30,
        "box_z_mm": 5,
        "setup_s": 60,
        "run_s": 540,
        "labour_s": 120,
        **told,
    }


def _designs(session: Session, region: Region) -> None:
    print_clip = _step("print", "fdm-printer", "clip.gcode", pieces_per_run=2)
    cut = _step("cut", "laser-cutter", "cut.nc")
    draw = _step("draw", "pen-plotter", "draw.nc")
    huge = _step("print", "fdm-printer", "clip.gcode", box_x_mm=500)
    _publish(session, region, "clip", 0, [print_clip], cites=None)
    _publish(session, region, "clip-set", 1, [print_clip], cites="clip")
    _publish(session, region, "box", 1, [cut, draw], cites=None)
    _publish(session, region, "beam", 1, [huge], cites=None)
    _publish(session, region, "lamp", 0, [print_clip, cut], cites=None)
    _publish(session, region, "sign", 1, [cut, print_clip, draw], cites=None)


def _publish(
    session: Session,
    region: Region,
    title: str,
    designer: int,
    steps: list[dict[str, object]],
    *,
    cites: str | None,
) -> None:
    names = {str(step["program"]) for step in steps}
    kept = keep_files(
        region.folder,
        [
            Upload(
                name=name,
                chunks=[b"G28\nG1 X10 Y10\n" if name.endswith("gcode") else b"G0 X1\n"],
            )
            for name in sorted(names)
        ],
    )
    citations = (
        []
        if cites is None
        else [{"version_id": region.versions[cites], "weight_ppm": 300_000}]
    )
    version = publish(
        session,
        region.folder,
        designer_id=region.designers[designer],
        manifest=MANIFEST.format(title=title).encode(),
        kept=kept,
        process=process_of({"steps": steps, "citations": citations, "fee_cents": 100}),
        now=NOON,
    )
    region.versions[title] = version.id


__all__ = ["NOON", "ControlJob", "Lab", "Region", "TurnedClock", "a_region"]


def _hours(duration_s: float) -> str:
    """In the ledger's digits, and no more than it is."""
    return f"{int(duration_s * 1_000_000 / 3_600) / 1_000_000:.6f}"
