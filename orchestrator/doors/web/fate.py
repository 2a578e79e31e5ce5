"""What became of a job that stopped where it should not: how far, what now, what next."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.held import CAN_GO_ON
from orchestrator.dispatch.rows import JobRow
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.trade_words import Told, job_told
from orchestrator.doors.web.words import N_
from orchestrator.network.machines import WAITS
from orchestrator.network.rows import MachineRow
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.tasks import attempts, live

STOPPED: Final = frozenset({"failed", "interrupted", "cancelled", "unknown"})
GOES_ON: Final = frozenset({"running", "paused"})
CABLE: Final = N_("The connection to the machine was lost: its cable or its power.")
_LINK: Final = re.compile(r"(reading|writing) failed|can't be opened|link-lost")
_PLUG_IN: Final = (
    N_("Look whether it has power and its cable is in at both ends."),
    N_("It is found by itself once it answers."),
)
_TAKE_OUT: Final = (
    N_("Take out what is on the bed: it is not whole."),
    N_("Press “Bed cleared” at the machine: only then is it given new work."),
)
_GO_ON: Final = (
    N_("Look at the machine: the work must not have moved, leave it where it is."),
    N_("Let it go on at the page at the machine; or end it on the lab's board."),
)
_LOOK: Final = (N_("Look at the machine: it may still run."),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One job at a machine that is away, or that holds what is left of it.

    `why`: in people's words. `lines`: the last that the machine confirmed, and of how many. `place_mm`: where its
    tool was last known to be. `again`: the run that makes up for it, and on which
    machine. `acts`: what a person does now, in order.
    """

    job: JobRow
    told: Told
    why: str
    lines: tuple[int, int] | None
    place_mm: tuple[float, float, float] | None
    again: TaskRow | None
    again_at: str
    acts: tuple[str, ...]


def fates(session: Session, machines: Sequence[MachineRow]) -> dict[str, Fate]:
    """By machine: the newest job there, where it stopped or nobody can see it go on."""
    away = {row.id: row.state == "offline" for row in machines}
    newest: dict[str, JobRow] = {}
    for job in session.scalars(
        select(JobRow)
        .where(
            JobRow.machine_id.in_(away),
            JobRow.cleared_at.is_(None),
            JobRow.started_at.is_not(None),
            JobRow.state.in_((*STOPPED, *GOES_ON)),
        )
        .order_by(JobRow.sent_at.desc(), JobRow.id)
    ):
        newest.setdefault(job.machine_id, job)
    return {
        machine_id: _fate(session, job, is_away=away[machine_id])
        for machine_id, job in newest.items()
        if job.state in STOPPED or away[machine_id]
    }


def plain_reason(text: str | None) -> str:
    """A reason in people's words where the machine's own are of ports and drivers."""
    if text and _LINK.search(text):
        return CABLE
    return sentence(text.removeprefix(WAITS) if text else text)


def _fate(session: Session, job: JobRow, *, is_away: bool) -> Fate:
    shown: Mapping[str, float] = job.evidence or {}
    acknowledged, total = shown.get("lines_acknowledged"), shown.get("lines_total")
    place = tuple(shown.get(f"last_{axis}_mm") for axis in "xyz")
    task = session.get_one(TaskRow, job.id)
    others = [one for one in live(attempts(session, task)) if one.id != task.id]
    again = others[0] if others else None
    machine = (
        session.get(MachineRow, again.machine_id)
        if again and again.machine_id
        else None
    )
    acts = _TAKE_OUT if job.state in STOPPED else _LOOK
    if job.code == CAN_GO_ON:
        acts = _GO_ON
    return Fate(
        job=job,
        told=job_told(job),
        why=plain_reason(job.text),
        lines=(int(acknowledged or 0), int(total)) if total else None,
        place_mm=(float(place[0]), float(place[1]), float(place[2]))
        if place[0] is not None and place[1] is not None and place[2] is not None
        else None,
        again=again,
        again_at=machine.name if machine else "",
        acts=(*(_PLUG_IN if is_away else ()), *acts),
    )
