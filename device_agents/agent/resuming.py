"""Whether an interrupted job may go on, from where, and the program that does it.

Nothing is resumed by guess: where the machine's place, or what it made, is not known
for certain, the answer is a refusal that says why.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from device_agents.agent import gate
from device_agents.agent.standing import LATE_S, Findings, Offer, Standing
from device_agents.errors import RefusedError, StorageError
from device_agents.settings import Machine
from firmware_bridge.errors import ProgramError, ResumeError
from firmware_bridge.facts import Identity
from firmware_bridge.gcode import Limits, MachineKind, Program, check, measure
from firmware_bridge.gcode.boundaries import Boundary, Interruption, interruption
from firmware_bridge.gcode.boundaries import Standing as Counts
from firmware_bridge.gcode.resume import (
    Approach,
    Origin,
    approach,
    nozzle_height,
    rest,
)
from firmware_bridge.hosts.address import host_address
from firmware_bridge.space import AXES

_HELD_MOVES_MIN = 17  # a board's queue and the move in hand, where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One interrupted job at one machine. `told_z_mm`: by the board, idle again."""

    program: Program
    machine: Machine
    identity: Identity
    standing: Standing
    told_z_mm: float | None = None


def findings(case: Case) -> Findings:
    """What is known and what may be offered. Reads the program once or twice."""
    standing = case.standing
    try:
        limits = gate.limits_of(case.machine, case.identity)
        stopped = _stopped(case, limits)
        whole = measure(
            case.program,
            modal_motion=limits.kind is not MachineKind.PRINTER,
            motion=case.identity.motion,
        )
    except ProgramError as error:
        return Findings(
            confirmed=standing.of_program(standing.acknowledged),
            lines_total=0,
            place="",
            layer=0,
            refusal=str(error),
        )
    offers: list[Offer] = []
    refusal: str | None = None
    try:
        _refuse_unknown_origin(case)
        for boundary in stopped.boundaries:
            first = approach(boundary, limits, _origin(case, stopped))
            left_s = whole.remaining_s(boundary.line)
            done = whole.done_ratio(boundary.line)
            offers.append(_offer(boundary, first, left_s, done))
        if not offers:
            refusal = "no layer or lift before the last line that is certainly made"
    except ResumeError as error:
        refusal = str(error)
    place = zip(AXES, stopped.place_mm, strict=True)
    return Findings(
        confirmed=stopped.confirmed,
        lines_total=whole.lines_total,
        place=" ".join(f"{axis} {at:g}" for axis, at in place if at is not None),
        layer=stopped.layer,
        offers=tuple(offers),
        refusal=refusal,
        needs_zero=case.identity.dialect == "grbl" and bool(offers),
    )


def write_rest(case: Case, path: Path) -> int:
    """The program from the line of consent on, with our own lines before it.

    Returns how many lines are ours. Errors: RefusedError, SettingsError, StorageError.
    """
    standing = case.standing
    limits = gate.limits_of(case.machine, case.identity)
    try:
        _refuse_unknown_origin(case)
        stopped = _stopped(case, limits)
        boundary = _boundary(stopped, standing.consent_line)
        first = approach(boundary, limits, _origin(case, stopped))
        with path.open("w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in first.lines)
            file.writelines(
                f"{line}\n" for line in rest(case.program, boundary, limits.kind)
            )
    except (ProgramError, ResumeError) as error:
        raise RefusedError(error.code, str(error)) from error
    except OSError as error:
        raise StorageError(f"{path}: {error}") from error
    own_lines = len(first.lines)
    refusal = check(Program(source=path), replace(limits, own_lines=own_lines))
    if refusal is not None:
        raise RefusedError("program-unfit", f"line {refusal.line}: {refusal.reason}")
    return own_lines


def _boundary(stopped: Interruption, line: int | None) -> Boundary:
    for boundary in stopped.boundaries:
        if boundary.line == line:
            return boundary
    raise ResumeError("that place is not offered any more")


def _stopped(case: Case, limits: Limits) -> Interruption:
    standing, identity = case.standing, case.identity
    blocks = identity.planner_blocks or 0
    counts = Counts(
        acknowledged=standing.of_program(standing.acknowledged),
        sent=standing.of_program(standing.sent),
        held_moves=max(blocks, _HELD_MOVES_MIN),
        late_s=0.0 if standing.is_exact else LATE_S,
        certain=standing.base_line,
    )
    return interruption(case.program, counts, limits.kind)


def _refuse_unknown_origin(case: Case) -> None:
    """Errors: ResumeError where nobody can tell where the tool is."""
    machine = case.machine
    if host_address(machine.port) is not None:
        raise ResumeError(
            "OctoPrint and Klipper begin a file at its beginning and nowhere else"
        )
    if case.identity.dialect == "grbl" and not case.identity.homing:
        raise ResumeError(
            "this machine has no switches to find its zero again, so nobody can tell "
            "where its tool is"
        )
    if case.identity.dialect == "marlin" and machine.resume.origin == "lost":
        raise ResumeError(
            "nobody said how this printer finds its place again with a part on its "
            "bed: see `resume` in the lab's guide"
        )


def _origin(case: Case, stopped: Interruption) -> Origin | None:
    if case.identity.dialect != "marlin":
        return None
    z_mm = None
    if case.machine.resume.origin == "z-holds":
        if case.standing.acknowledged < case.standing.own_lines:
            raise ResumeError(
                "it stopped on its way back to the part: where the nozzle stands is "
                "not known"
            )
        z_mm = nozzle_height(stopped, case.told_z_mm)
    return Origin(z_mm=z_mm, bed_is_kept=case.machine.resume.bed_mesh_kept)


def _offer(boundary: Boundary, first: Approach, left_s: float, done: float) -> Offer:
    x, y, z = boundary.place_mm
    height = "" if z is None else f" Z {z:g}"
    return Offer(
        line=boundary.line,
        kind=boundary.kind,
        layer=boundary.layer,
        place=f"X {x:g} Y {y:g}{height}",
        again_mm=round(boundary.again_mm, 1),
        done=done,
        remaining_s=left_s,
        says=first.says,
    )
