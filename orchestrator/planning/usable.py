"""Which machines and couriers may be asked now, and in people's words why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation.clock import stamp
from orchestrator.network.facilities import clear_s
from orchestrator.network.opening import ALWAYS, open_windows
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow
from orchestrator.planning.offers import capability_of, requirement_of
from orchestrator.planning.picture import Picture, Span
from orchestrator.planning.reasons import Words, of_matcher, reason
from orchestrator.planning.staffing import is_known, is_limited, may_run_alone
from routing.matching.eligible import eligible
from routing.matching.materials import is_one_of

CLEAR_WAIT_MAX: Final = timedelta(minutes=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One reason why a machine was passed over, or `count` of machines or couriers."""

    subject_id: str
    subject_name: str
    code: str
    text: Words
    count: int = 1


def cannot_make(step: StepRow, machine: MachineRow) -> list[Rejection]:
    """Every reason why this machine can never make this step, as it is loaded now."""
    found = [
        (mismatch.code, of_matcher(mismatch.text))
        for mismatch in eligible(requirement_of(step), capability_of(machine))
    ]
    if not found and (low := low_on_material(step, machine)):
        found = [("material-low", low)]
    return [
        Rejection(
            subject_id=machine.id, subject_name=machine.name, code=code, text=text
        )
        for code, text in found
    ]


def unusable(machine: MachineRow, picture: Picture) -> Rejection | None:
    """Why nothing new may be planned on this machine now, or None."""
    trouble = _trouble(machine, picture)
    if trouble is None:
        return None
    code, text = trouble
    return Rejection(
        subject_id=machine.id, subject_name=machine.name, code=code, text=text
    )


def usable_spans(
    machine: MachineRow, picture: Picture, *, until_at: datetime
) -> list[tuple[datetime, datetime]]:
    """When its lab is open, from when somebody has taken out what was made there last.

    Around the clock where it may run with nobody present; not while it is cared for.
    """
    lab = picture.facilities[machine.facility_id]
    waits = machine.state == "needs-clearing"
    clear = timedelta(seconds=clear_s(lab)) if waits else timedelta()
    windows = open_windows(
        ALWAYS if lab.opening and may_run_alone(machine) else lab.opening,
        lab.zone,
        from_at=picture.at + clear,
        until_at=until_at,
        closed_until=lab.closed_until,
    )
    for blocked in picture.blocks.get(machine.id, ()):
        windows = [part for window in windows for part in _outside(window, blocked)]
    return windows


def _outside(window: Span, blocked: Span) -> list[Span]:
    """What of the window lies before and after the time that is blocked."""
    parts = (
        (window[0], min(window[1], blocked[0])),
        (max(window[0], blocked[1]), window[1]),
    )
    return [(start_at, end_at) for start_at, end_at in parts if start_at < end_at]


def courier_rejection(courier: CourierRow, picture: Picture) -> Rejection | None:
    """Why this courier gets no new load now, or None."""
    name = picture.names.get(courier.agent_id, courier.agent_id)
    until_at = courier.shift_until_at
    if courier.status == "out":
        code, text = "out", reason("courier-out", courier=name)
    elif courier.status == "off-shift" and not _begins_later(courier, picture.at):
        code, text = "off-shift", reason("courier-off-shift", courier=name)
    elif until_at is not None and until_at <= picture.at:
        ended = stamp(until_at)
        code = "off-shift"
        text = reason("courier-shift-ended", courier=name, ended=ended)
    else:
        return None
    return Rejection(
        subject_id=courier.agent_id, subject_name=name, code=code, text=text
    )


def couriers_away(count: int) -> Rejection:
    """So many couriers get no load now. Who they are and why is nobody's business."""
    return Rejection(
        subject_id="other-couriers",
        subject_name="other couriers",
        code="off-shift",
        text=reason("courier-away" if count == 1 else "couriers-away", count=count),
        count=count,
    )


def _trouble(machine: MachineRow, picture: Picture) -> tuple[str, Words] | None:
    life = picture.lives.get(machine.device_id)
    lab = picture.facilities[machine.facility_id]
    name = machine.name
    if machine.withdrawn_at is not None:
        return "withdrawn", reason("withdrawn", machine=name)
    if life is None:
        return "offline", reason("offline", machine=name, lab=lab.name)
    if not life.online:
        since = stamp(life.since)
        told = reason("offline-since", machine=name, lab=lab.name, since=since)
        return "offline", told
    if machine.state == "offline":
        return "board-offline", reason("board-offline", machine=name)
    if machine.state == "alarm":
        return "alarm", (
            reason("alarm", machine=name, told=machine.text)
            if machine.text
            else reason("alarm-untold", machine=name)
        )
    if machine.state == "unknown" or machine.id in picture.in_doubt:
        return "unknown", reason("unknown", machine=name)
    if not lab.opening:
        return "closed", reason("closed", lab=lab.name)
    if is_limited(machine, picture) and not is_known(machine, picture):
        return "nobody-trained", reason("nobody-trained", machine=name, lab=lab.name)
    if machine.state == "needs-clearing" and _is_forgotten(machine, lab, picture.at):
        since = stamp(machine.since_at)
        return "not-cleared", reason("not-cleared", machine=name, since=since)
    return None


def _is_forgotten(machine: MachineRow, lab: FacilityRow, now: datetime) -> bool:
    """Whether its lab was open for long since the job ended: a night is no neglect."""
    spans = open_windows(
        lab.opening,
        lab.zone,
        from_at=machine.since_at,
        until_at=now,
        closed_until=lab.closed_until,
    )
    return sum((end - start for start, end in spans), timedelta()) > CLEAR_WAIT_MAX


def low_on_material(step: StepRow, machine: MachineRow) -> Words | None:
    """How much less the machine told that it has than a run takes; None: enough."""
    needed_g = step.material_g * step.pieces_per_run
    for material in machine.capability.get("materials", ()):
        left_g = material.get("remaining_g")
        if (
            is_one_of(step.material, (str(material["code"]),))
            and left_g is not None
            and left_g < needed_g
        ):
            return reason(
                "material-low",
                machine=machine.name,
                left=f"{left_g:.0f} g",
                material=step.material,
                needed=f"{needed_g:.0f} g",
            )
    return None


def _begins_later(courier: CourierRow, now: datetime) -> bool:
    return courier.shift_from_at is not None and courier.shift_from_at > now
