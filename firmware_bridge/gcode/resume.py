"""What a machine does before it takes a program up again: heat, find its place, get set.

The order is the one in which a careful operator would do it: a nozzle is hot before it
leaves the part that it may stick to, the tool is high before it moves aside, and it
comes down where the program had it clear of the work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from firmware_bridge.errors import ResumeError
from firmware_bridge.gcode.boundaries import Boundary, Interruption
from firmware_bridge.gcode.check import Limits, MachineKind
from firmware_bridge.gcode.cycles import spelled_out
from firmware_bridge.gcode.modal import INCH_MM
from firmware_bridge.gcode.words import Program

_LIFT_MM = 5.0  # above all that was made
_LIFT_FEED = 300  # mm/min
_TRAVEL_FEED = 3000
_PRIME_MM = 8.0  # of filament: what a waiting nozzle has lost
_PRIME_FEED = 150
_RETRACT_FEED = 1800
_SPIN_UP_S = 4
_SAME_MM = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a printer finds its place again with a part on its bed.

    `z_mm`: where its nozzle stands, for one whose Z holds still without power; None
    for one that homes every axis away from the part.
    """

    z_mm: float | None
    bed_is_kept: bool = False  # the board stores what G29 measured, for M420 S1


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """Lines that go before the rest of the program, and what they do, for people."""

    lines: tuple[str, ...]
    says: tuple[str, ...]


def nozzle_height(stopped: Interruption, told_mm: float | None) -> float:
    """Where the nozzle stands: told by a board that still knows, or the only place
    that it can have stopped at.

    Errors: ResumeError where it can have stopped at several.
    """
    heights = stopped.heights_mm
    for at in heights:
        if told_mm is not None and at > 0 and abs(told_mm - at) <= _SAME_MM:
            return at
    if len(heights) == 1:
        return heights[0]
    between = f" (Z {heights[0]:g} to {heights[-1]:g} mm)" if heights else ""
    raise ResumeError(
        f"the nozzle was going up or down when it stopped{between}: where it stands "
        "is not known"
    )


def approach(boundary: Boundary, limits: Limits, origin: Origin | None) -> Approach:
    """What goes before line `boundary.line`. Printers need an origin; a board with GRBL
    is homed before. Errors: ResumeError.
    """
    if limits.kind is MachineKind.PRINTER:
        if origin is None:
            raise ResumeError("nobody said how this printer finds its place again")
        return _printer(boundary, limits, origin)
    return _grbl(boundary, limits.kind)


def rest(program: Program, boundary: Boundary, kind: MachineKind) -> Iterator[str]:
    """The program's lines after the boundary, as they are sent. Errors: ProgramError."""
    lines = program.lines()
    if kind is not MachineKind.PRINTER:
        lines = spelled_out(lines)
    return (code for _, code in islice(lines, boundary.line, None))


def _printer(boundary: Boundary, limits: Limits, origin: Origin) -> Approach:
    modes, state = boundary.modes, boundary.interpreter
    x, y, z = boundary.place_mm
    if z is None:
        raise ResumeError("how high the nozzle was is not known")
    if modes.bed_measured and not origin.bed_is_kept:
        raise ResumeError(
            "the program measured the bed (G29), and the board may have forgotten it"
        )
    top_mm = max(boundary.top_mm, z, origin.z_mm or 0.0)
    safe = _number(min(top_mm + _LIFT_MM, limits.envelope_mm.max_mm[2]))
    heat = _heat(boundary)
    lines = [*heat, "G90"]
    says = [f"heats up: {', '.join(_heat_words(boundary))}"] if heat else []
    if origin.z_mm is not None:
        lines += [
            f"G92 Z{_number(origin.z_mm)}",
            f"G0 Z{safe} F{_LIFT_FEED}",
            "G28 X Y",
        ]
        says += [f"lifts the nozzle to Z {safe} mm", "finds zero of X and Y"]
    else:
        lines += ["G28", f"G0 Z{safe} F{_LIFT_FEED}"]
        says += ["finds zero of X, Y and Z"]
    if modes.bed_measured:
        lines.append("M420 S1")
    if modes.tool:
        lines.append(f"T{modes.tool}")
    lines += [
        f"M{code}{_letters(values)}" for code, values in sorted(modes.settings.items())
    ]
    if modes.nozzle_c.get(modes.tool, 0.0) > 0:
        lines += ["M83", f"G1 E{_number(_PRIME_MM)} F{_PRIME_FEED}"]
        says.append(f"pushes {_PRIME_MM:g} mm of filament out, beside the bed's corner")
        if modes.retracted_mm > 0:
            lines.append(f"G1 E-{_number(modes.retracted_mm)} F{_RETRACT_FEED}")
        if modes.firmware_retracted:
            lines.append("G10")
    lines += [
        f"G0 X{_number(x)} Y{_number(y)} F{_TRAVEL_FEED}",
        f"G0 Z{_number(z)} F{_LIFT_FEED}",
        *(f"M106{_letters(values)}" for values in modes.fans.values()),
        f"G92 E{_number(state.extruder_mm)}",
        "G90" if state.absolute else "G91",
        "M82" if state.extruder_absolute else "M83",
    ]
    if state.feed_mm_per_min is not None:
        lines.append(f"G1 F{_number(state.feed_mm_per_min)}")
    says.append(f"goes to X {x:g} Y {y:g} above the part, down to Z {z:g} mm, goes on")
    return Approach(lines=tuple(lines), says=tuple(says))


def _heat(boundary: Boundary) -> list[str]:
    """All at once, and then waited for: the bed first, as it is the slower one."""
    modes = boundary.modes
    hot = sorted((tool, at) for tool, at in modes.nozzle_c.items() if at > 0)
    lines = [f"M140 S{_number(modes.bed_c)}"] if modes.bed_c > 0 else []
    lines += [f"M104 T{tool} S{_number(at)}" for tool, at in hot]
    lines += [f"M190 S{_number(modes.bed_c)}"] if modes.bed_c > 0 else []
    return lines + [f"M109 T{tool} S{_number(at)}" for tool, at in hot]


def _heat_words(boundary: Boundary) -> Iterator[str]:
    modes = boundary.modes
    if modes.bed_c > 0:
        yield f"bed {modes.bed_c:g} °C"
    for tool, at in sorted(modes.nozzle_c.items()):
        if at > 0:
            yield f"nozzle {tool + 1 if tool else ''}".strip() + f" {at:g} °C"


def _grbl(boundary: Boundary, kind: MachineKind) -> Approach:
    modes = boundary.modes
    x, y, z = boundary.place_mm
    spins = modes.spindle != 5
    lines = ["G21", "G90", "M5", f"G0 X{_number(x)} Y{_number(y)}"]
    says = [f"goes to X {x:g} Y {y:g} as high as it was homed"]
    lines += [f"T{modes.tool}"] if modes.tool else []
    lines += [f"S{_number(modes.speed)}"] if modes.speed or spins else []
    if kind is MachineKind.MILL and spins:
        lines += [f"M{modes.spindle}", f"G4 P{_SPIN_UP_S}"]
        says.append(f"starts the spindle and waits {_SPIN_UP_S} s")
    lines += [f"M{code}" for code in sorted(modes.coolant)]
    if z is not None:
        lines.append(f"G0 Z{_number(z)}")
        says.append(f"goes down to Z {z:g} mm, where the program had it clear")
    if kind is not MachineKind.MILL and spins:
        lines.append(f"M{modes.spindle}")  # dark until the next cut: motion is G0
        says.append("switches the beam's power on as it was, and begins a new path")
    lines += _grbl_modes(boundary, is_mill=kind is MachineKind.MILL)
    return Approach(lines=tuple(lines), says=tuple(says))


def _grbl_modes(boundary: Boundary, *, is_mill: bool) -> Iterator[str]:
    """Units last of all: what went before is in millimetres."""
    state = boundary.interpreter
    yield {(0, 1, 2): "G17", (2, 0, 1): "G18", (1, 2, 0): "G19"}[state.plane]
    if state.unit_mm == INCH_MM:
        yield "G20"
    if state.feed_mm_per_min is not None:
        yield f"F{_number(state.feed_mm_per_min / state.unit_mm)}"
    if not state.absolute:
        yield "G91"
    if state.motion is None:
        yield "G80"
    elif is_mill and state.motion == 1:
        yield "G1"


def _letters(values: dict[str, float]) -> str:
    return "".join(f" {letter}{_number(value)}" for letter, value in values.items())


def _number(value: float | None) -> str:
    """At most five decimals and never an exponent, which boards do not read."""
    text = f"{value or 0.0:.5f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
