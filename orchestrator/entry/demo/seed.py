"""Fills an empty node with the demo's region, through the rooms' own functions."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.entry.demo.designs import DESIGNS, Design
from orchestrator.entry.demo.world import Courier, Lab, Shop, World
from orchestrator.foundation.signing import SigningKey
from orchestrator.members.agents import Role, add_agent, grant_role
from orchestrator.members.api_keys import issue_key
from orchestrator.members.consent import give_consent
from orchestrator.members.devices import issue_code
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.shown import NAME, POSITION
from orchestrator.network.couriers import add_courier, start_shift
from orchestrator.network.facilities import add_facility
from orchestrator.network.places import add_place
from orchestrator.periods.book import publish as publish_period

ATTESTED = timedelta(days=365)
SHIFT = timedelta(hours=15)
CODE_LIFE = timedelta(days=2)  # a demo's clock runs fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whom the demo plays: who, and the key to act by."""

    agent_id: str
    name: str
    email: str
    key: str = field(repr=False)


type Entitled = tuple[str, Person]  # as what somebody signs in, and who


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededLab:
    """A lab with the code for its device agent."""

    key: str
    facility_id: str
    enrolment_code: str = field(repr=False)
    operator: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededShop:
    """A shop and where it takes its orders."""

    person: Person
    place_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All whom the demo plays, and what they know."""

    steward: Person
    labs: tuple[SeededLab, ...]
    shops: tuple[SeededShop, ...]
    couriers: tuple[Person, ...]
    designers: tuple[Person, ...]
    version_of: dict[str, str]  # design key to its version's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """Where and when the region is made; one password opens every demo login."""

    session: Session
    files: Path
    now: datetime
    zone: str  # by whose clock labs open
    password_hash: str = field(repr=False)  # one for all: it is slow to make


def seed(at: Seeding, world: World) -> Cast:
    """Make the region in one transaction of the caller's."""
    steward = _person(at, "steward", "Stella Steward", ("steward",))
    labs = tuple(_lab(at, lab, steward) for lab in world.labs)
    shops = tuple(_shop(at, shop) for shop in world.shops)
    couriers = tuple(_courier(at, courier) for courier in world.couriers)
    designers = {
        thing.key: _person(at, thing.key, thing.name, ("designer",))
        for thing in world.designers
    }
    designer_of = {key: person.agent_id for key, person in designers.items()}
    version_of: dict[str, str] = {}
    for design in DESIGNS:
        version_of[design.key] = _publish(at, design, designer_of, version_of)
    return Cast(
        steward=steward,
        labs=labs,
        shops=shops,
        couriers=couriers,
        designers=tuple(designers.values()),
        version_of=version_of,
    )


def seed_commons(at: Seeding, cast: Cast, key: SigningKey) -> tuple[Entitled, ...]:
    """Who decides with the steward, and a first period that opens in a minute."""
    found: list[Entitled] = [
        ("second steward", _person(at, "steward-two", "Sakari Steward", ("steward",))),
        ("observer", _person(at, "observer", "Outi Observer", ("observer",))),
        ("member", _person(at, "member", "Maija Member", ("member",))),
    ]
    publish_period(
        at.session,
        by=cast.steward.agent_id,
        opens_at=at.now + timedelta(minutes=1),
        key=key,
        now=at.now,
    )
    return tuple(found)


def write_logins(
    cast: Cast, others: tuple[Entitled, ...], password: str, path: Path
) -> None:
    """Tell the sign-in page whom one can be; no key of anybody is in it."""
    people = [("steward", cast.steward), *others]
    people += [("designer", designer) for designer in cast.designers]
    people += [("lab operator", lab.operator) for lab in cast.labs]
    people += [("shop", shop.person) for shop in cast.shops]
    people += [("courier", courier) for courier in cast.couriers]
    logins = [
        {"words": f"{person.name}, {role}", "email": person.email}
        for role, person in people
    ]
    path.write_text(json.dumps({"password": password, "logins": logins}))


def _person(
    at: Seeding,
    key: str,
    name: str,
    roles: tuple[Role, ...],
    *,
    facility_id: str | None = None,
) -> Person:
    agent = add_agent(
        at.session,
        kind="person",
        name=name,
        legal_form="individual",
        now=at.now,
        attested_until=at.now + ATTESTED,
    )
    for role in roles:
        grant_role(at.session, agent.id, role, now=at.now, facility_id=facility_id)
    for purpose in (NAME, POSITION):  # nobody real is shown here
        give_consent(at.session, agent.id, purpose, now=at.now)
    return _with_access(at, agent.id, name, key, roles)


def _with_access(
    at: Seeding, agent_id: str, name: str, key: str, roles: tuple[Role, ...]
) -> Person:
    email = f"{key}@demo.example"
    add_hashed_login(
        at.session, agent_id, email=email, password_hash=at.password_hash, now=at.now
    )
    issued = issue_key(at.session, agent_id, name="demo", scopes=roles, now=at.now)
    return Person(agent_id=agent_id, name=name, email=email, key=issued.secret)


def _lab(at: Seeding, lab: Lab, steward: Person) -> SeededLab:
    owner = add_agent(
        at.session,
        kind="organisation",
        name=lab.name,
        legal_form="non-profit",
        now=at.now,
        attested_until=at.now + ATTESTED,
    )
    facility = add_facility(
        at.session,
        name=lab.name,
        owner_id=owner.id,
        address=lab.address,
        lat=lab.lat,
        lon=lab.lon,
        now=at.now,
        zone=at.zone,
    )
    operator = _person(
        at,
        f"operator-{lab.key}",
        f"Operator of {lab.name}",
        ("operator",),
        facility_id=facility.id,
    )
    code = issue_code(
        at.session,
        facility_id=facility.id,
        owner_id=owner.id,
        issued_by=steward.agent_id,
        now=at.now,
        life=CODE_LIFE,
    )
    return SeededLab(
        key=lab.key, facility_id=facility.id, enrolment_code=code, operator=operator
    )


def _shop(at: Seeding, shop: Shop) -> SeededShop:
    agent = add_agent(
        at.session,
        kind="organisation",
        name=shop.name,
        legal_form=shop.legal_form,
        now=at.now,
        attested_until=at.now + ATTESTED,
    )
    grant_role(at.session, agent.id, "shop", now=at.now)
    place = add_place(
        at.session,
        agent_id=agent.id,
        name=shop.name,
        address=shop.address,
        lat=shop.lat,
        lon=shop.lon,
    )
    person = _with_access(at, agent.id, shop.name, f"shop-{shop.key}", ("shop",))
    return SeededShop(person=person, place_id=place.id)


def _courier(at: Seeding, courier: Courier) -> Person:
    person = _person(at, f"courier-{courier.key}", courier.name, ("courier",))
    add_courier(
        at.session,
        agent_id=person.agent_id,
        profile=courier.profile,
        lat=courier.lat,
        lon=courier.lon,
        now=at.now,
    )
    start_shift(at.session, person.agent_id, until=at.now + SHIFT, now=at.now)
    return person


def _publish(
    at: Seeding, design: Design, designer_of: dict[str, str], version_of: dict[str, str]
) -> str:
    program = f"{design.key}.gcode"
    uploads = []
    if design.program is not None:
        uploads.append(Upload(name=program, chunks=[design.program]))
    uploads.append(Upload(name="README.md", chunks=[_readme(design)]))
    x_mm, y_mm, z_mm = design.box_mm
    process = process_of(
        {
            "steps": [
                {
                    "name": design.title,
                    "process": design.means.process,
                    "machine_kind": design.means.machine_kind,
                    "dialect": design.means.dialect,
                    "program": program if design.program is not None else None,
                    "material": design.material,
                    "material_g": design.material_g,
                    "box_x_mm": x_mm,
                    "box_y_mm": y_mm,
                    "box_z_mm": z_mm,
                    "setup_s": 60,
                    "run_s": design.run_s,
                    "labour_s": design.labour_s,
                }
            ],
            "citations": [
                {"version_id": version_of[key], "weight_ppm": weight}
                for key, weight in design.cites.items()
            ],
            "fee_cents": design.fee_cents,
        }
    )
    version = publish(
        at.session,
        at.files,
        designer_id=designer_of[design.designer],
        manifest=_manifest(design),
        kept=keep_files(at.files, uploads),
        process=process,
        now=at.now,
    )
    return version.id


def _manifest(design: Design) -> bytes:
    fields = {
        "okhv": "OKH-LOSHv1.0",
        "name": design.title,
        "version": "1.0",
        "repo": f"https://designs.demo.example/{design.key}",
        "license": design.licence,
        "licensor": design.designer.title(),
        "function": design.summary,
        "documentation-language": "en",
        "tsdc": design.means.process.partition("-")[0],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return ("\n".join(lines) + "\n").encode()


def _readme(design: Design) -> bytes:
    return f"# {design.title}\n\n{design.summary}\n".encode()
