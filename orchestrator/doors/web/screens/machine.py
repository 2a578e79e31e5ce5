"""Screen 5, Machine: how is this job going, what can it make, what did it do?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import expm1
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.catalogue.search import find_designs
from orchestrator.doors.web.ability_words import said_of
from orchestrator.doors.web.access import AskerDep, topic_of
from orchestrator.doors.web.board import (
    MachineCard,
    Work,
    cards_of,
    counted,
    history_of,
)
from orchestrator.doors.web.fate import plain_reason
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.makers import steps_by_version
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.remedies import remedies_of
from orchestrator.doors.web.screens.labs import beside_of, works_at
from orchestrator.doors.web.toolpath import Drawing, drawing_of
from orchestrator.doors.web.trade_words import (
    SOURCES,
    job_told,
    kind_word,
    loaded,
    trade_of,
)
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import life_of, machine_of, waits
from orchestrator.network.rows import MachineRow
from orchestrator.network.wire import NetworkSettings
from orchestrator.planning.makers import makes_any
from orchestrator.planning.offers import envelope_of
from orchestrator.planning.paces import paces

router = APIRouter()

DESIGNS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Makes:
    """What a machine told that it can make; sizes in mm, temperatures in °C."""

    processes: tuple[str, ...]
    size_mm: str
    size_source: str
    materials: tuple[str, ...]
    nozzle_max_c: float | None
    unattended: bool
    told_at: datetime


@router.get("/machines/{machine_id}")
def machine_page(
    machine_id: Annotated[str, Field(max_length=64)],
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """One machine; its jobs only for whom the lab is theirs."""
    now = clock.now()
    machine = machine_of(session, machine_id)
    card = cards_of(session, [machine], now=now)[0]
    is_mine = works_at(asker.principal, machine.facility_id)
    life = life_of(session, machine.device_id)
    settings: CatalogueSettings = request.app.state.catalogue
    return render(
        request,
        "machine.html",
        page=Page(
            title=machine.name,
            topics=(topic_of("machine", machine.id), PLAN_CHANGED),
            glance=True,
        ),
        card=card,
        machine=machine,
        facility=facility_of(session, machine.facility_id),
        has_picture=is_mine and _has_picture(request, machine.id),
        heard_at=life.last_seen_at if life else machine.state_at,
        is_mine=is_mine,
        beside=beside_of(session, asker.principal, machine.facility_id),
        shape=_drawing(settings, card) if is_mine else None,
        can=_can(machine),
        said=said_of(machine),
        took=_took(session, machine),
        designs=_designs(session, machine),
        history=history_of(session, machine.id) if is_mine else [],
        waits=waits(machine),
        plain_reason=plain_reason,
        remedies=remedies_of(machine.text)
        if machine.state == "alarm" or waits(machine)
        else (),
        kind_word=kind_word,
        job_told=job_told,
        outcome=_outcome,
        counted=counted,
    )


def _has_picture(request: Request, machine_id: str) -> bool:
    settings: NetworkSettings = request.app.state.network
    return settings.snapshots.newest(machine_id) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How its last jobs of a process took: times what was told, and their spread."""

    process: str
    times: str
    percent: str
    jobs: int


def _took(session: Session, machine: MachineRow) -> tuple[Took, ...]:
    own = paces(session, [machine.id]).by_machine
    return tuple(
        Took(
            process=trade_of(process).word,
            times=f"{pace.factor:.2f}",
            percent=f"{100 * expm1(pace.spread):.0f}",
            jobs=pace.jobs,
        )
        for (_, process), pace in sorted(own.items())
    )


def _can(machine: MachineRow) -> Makes:
    told: dict[str, Any] = machine.capability
    box, of_size = envelope_of(machine)
    sizes = (box.x_mm, box.y_mm, box.z_mm) if box else ()
    return Makes(
        processes=tuple(trade_of(code).word for code in told.get("processes", ())),
        size_mm=" × ".join(f"{size:g}" for size in sizes),
        size_source=SOURCES[of_size[0].source] if of_size else "",
        materials=loaded(told),
        nozzle_max_c=told.get("nozzle_max_c"),
        unattended=bool(told.get("unattended", False)),
        told_at=machine.capability_at,
    )


def _designs(session: Session, machine: MachineRow) -> Sequence[DesignVersionRow]:
    """Designs of which it can make a step, by title."""
    found = find_designs(session, limit=DESIGNS_MAX)
    steps = steps_by_version(session, [row.id for row in found])
    fitting = [row for row in found if makes_any(machine, steps[row.id])]
    return sorted(fitting, key=lambda row: row.title)


def _drawing(settings: CatalogueSettings, card: MachineCard) -> Drawing | None:
    if card.work is None or card.work.step.program_sha256 is None:
        return None
    return drawing_of(settings.files, card.work.step.program_sha256)


def _outcome(work: Work) -> str:
    """The reason of an end, in the machine's or a person's own words."""
    job = work.job
    if job is None or job.state == "completed":
        return ""
    return job.text or job.code or ""
