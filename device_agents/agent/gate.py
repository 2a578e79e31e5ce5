"""Whether a program may run on a machine of this lab, whatever the network says of it."""

from dataclasses import replace
from pathlib import Path

from device_agents.contract.messages import JobCommand
from device_agents.errors import RefusedError, SettingsError
from device_agents.settings import Envelope, Machine
from firmware_bridge.facts import DialectName, Identity
from firmware_bridge.gcode import Limits, MachineKind
from firmware_bridge.gcode.apart import Question
from firmware_bridge.space import Box

_KINDS = {
    "fdm-printer": MachineKind.PRINTER,
    "cnc-mill": MachineKind.MILL,
    "laser-cutter": MachineKind.LASER,
    "pen-plotter": MachineKind.PLOTTER,
}


def envelope_of(machine: Machine, identity: Identity) -> tuple[Box, bool]:
    """The room of a machine in a program's coordinates, and whether it was measured.

    What a person wrote down wins over what the firmware says. Errors: SettingsError
    where neither says anything.
    """
    if machine.envelope is not None:
        return _box(machine.envelope), False
    if identity.work_envelope_mm is not None:
        return identity.work_envelope_mm, True
    raise SettingsError(
        f"{machine.machine_id}: the firmware does not tell its envelope; "
        "write `envelope` for it in agent.toml"
    )


def limits_of(machine: Machine, identity: Identity) -> Limits:
    """The lab's limits and the machine's own, whichever is tighter. SettingsError."""
    kind = _KINDS.get(machine.machine_kind)
    if kind is None:
        raise SettingsError(
            f"{machine.machine_id}: {machine.machine_kind} has no program"
        )
    room, _measured = envelope_of(machine, identity)
    limits = machine.limits
    if limits.envelope is not None:
        room = _within(machine, room, _box(limits.envelope))
    return Limits(
        kind=kind,
        envelope_mm=room,
        nozzle_max_c=limits.nozzle_max_c,
        bed_max_c=limits.bed_max_c,
        spindle_max=limits.spindle_max,
        feed_max_mm_per_min=limits.feed_max_mm_per_min,
        tool_count=max(1, identity.hotend_count),
        beam_rests=identity.laser,
    )


def refuse_wrong_machine(command: JobCommand, dialect: DialectName) -> None:
    """Errors: RefusedError where job and machine differ on what a job is."""
    by_hand = dialect == "fabnode"
    if by_hand and command.program is not None:
        raise RefusedError("takes-no-program", "this machine is worked by hand")
    if not by_hand and command.program is None:
        raise RefusedError("no-program", "this machine needs a program")


def question(
    path: Path, machine: Machine, identity: Identity, material: str | None = None
) -> Question:
    """Whether that program may run here. Errors: SettingsError."""
    return Question(
        path=path,
        limits=replace(limits_of(machine, identity), material=material),
        modal_motion=identity.dialect != "marlin",
        motion=identity.motion,
        longest_s=machine.limits.job_max_s,
    )


def _box(envelope: Envelope) -> Box:
    low = (envelope.x_min_mm, envelope.y_min_mm, envelope.z_min_mm)
    return Box(
        min_mm=low,
        max_mm=(
            low[0] + envelope.x_mm,
            low[1] + envelope.y_mm,
            low[2] + envelope.z_mm,
        ),
    )


def _within(machine: Machine, one: Box, other: Box) -> Box:
    low = tuple(max(pair) for pair in zip(one.min_mm, other.min_mm, strict=True))
    high = tuple(min(pair) for pair in zip(one.max_mm, other.max_mm, strict=True))
    try:
        return Box(min_mm=(low[0], low[1], low[2]), max_mm=(high[0], high[1], high[2]))
    except ValueError as error:
        raise SettingsError(
            f"{machine.machine_id}: its envelope and its limits have no room in common"
        ) from error
