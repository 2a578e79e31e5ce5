"""A network as the real ones are: real labs where they stand, real texts of designs."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from random import Random
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.data import data_folder
from benchmarks.matching.fleet import fleet, places, requirements
from benchmarks.matching.node import OWNER, add_machines, step_of
from orchestrator.catalogue.rows import (
    DesignRow,
    DesignVersionRow,
    StepRow,
)
from orchestrator.catalogue.search import terms_of_version
from orchestrator.commons.rulebook import found
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.network.rows import DeviceLifeRow

AT: Final = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LICENCES: Final = ("MIT", "CERN-OHL-S-2.0", "CC-BY-SA-4.0", "CC-BY-4.0")
SUMMARY_MAX: Final = 1_000  # characters: so that the index keeps every word of it
BATCH: Final = 2_000
WEEK: Final = [[day, 0, 24 * 60] for day in range(7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One design as it was put in: its version's id, its text and its only step."""

    id: str
    title: str
    summary: str
    licence: str
    step: StepRow


def designs(count: int, seed: int) -> list[Design]:
    """So many designs: a real title, another's real summary, and what real ones ask.

    The lists differ in length, and the draw is by the seed, so that hardly two are alike.
    """
    draw = Random(seed)
    texts = list(_texts())
    asked = requirements(count, seed)
    return [
        Design(
            id=f"version-{number:08}",
            title=draw.choice(texts)[0],
            summary=draw.choice(texts)[1],
            licence=draw.choice(LICENCES),
            step=step_of(requirement, f"{number:08}"),
        )
        for number, requirement in enumerate(asked)
    ]


def fill(session: Session, all_designs: Sequence[Design], labs: int, seed: int) -> None:
    """Put labs, machines and designs in, with the terms that publishing writes."""
    found(session, PLAN_WEIGHTS, now=AT)
    add_machines(session, fleet(labs, seed), dict(places(labs)), opening=WEEK)
    lives = [
        {
            "device_id": f"device-{lab}",
            "online": True,
            "epoch": 1,
            "since": AT,
            "last_seen_at": AT,
        }
        for lab, _ in places(labs)
    ]
    session.execute(insert(DeviceLifeRow), lives)
    for some in batched(all_designs, BATCH):
        session.execute(insert(DesignRow), [_design(one) for one in some])
        session.execute(insert(DesignVersionRow), [_version(one) for one in some])
        session.execute(insert(StepRow), [_plain(one.step) for one in some])
        _put_terms(session, _terms(some))


def _terms(some: Iterable[Design]) -> Iterator[tuple[str, str]]:
    for one in some:
        version = DesignVersionRow(**_version(one))
        for term in terms_of_version(version, [one.step], OWNER):
            yield term, one.id


def _put_terms(session: Session, rows: Iterable[tuple[str, str]]) -> None:
    """As the driver puts many rows at once: there are millions."""
    driver: Any = session.connection().connection.driver_connection
    if session.get_bind().dialect.name == "sqlite":
        driver.execute("pragma cache_size = -1000000")  # kB: all stays in memory
        driver.executemany(
            "insert into design_term (term, version_id) values (?, ?)", rows
        )
        return
    with driver.cursor().copy("copy design_term (term, version_id) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(data_folder("okh", "manifests").rglob("*.toml")):
        try:
            told = tomllib.loads(path.read_text(errors="replace"))
        except tomllib.TOMLDecodeError:
            continue
        title, summary = told.get("name"), told.get("function")
        if isinstance(title, str) and isinstance(summary, str) and title.strip():
            yield title.strip(), summary.strip()[:SUMMARY_MAX]


def _design(one: Design) -> dict[str, object]:
    return {
        "id": f"design-{one.id}",
        "title": one.title,
        "designer_id": OWNER,
        "created_at": AT,
    }


def _version(one: Design) -> dict[str, Any]:
    return {
        "id": one.id,
        "design_id": f"design-{one.id}",
        "number": 1,
        "title": one.title,
        "summary": one.summary,
        "manifest": b"",
        "manifest_media_type": "application/toml",
        "licence": one.licence,
        "licensor": "A designer",
        "content_hash": one.id,
        "picture_sha256": None,
        "fee_cents": 0,
        "published_at": AT,
    }


def _plain(step: StepRow) -> dict[str, object]:
    return {
        column.key: getattr(step, column.key) for column in StepRow.__table__.columns
    }
