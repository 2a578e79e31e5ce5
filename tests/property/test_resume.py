"""Whatever was interrupted wherever: what is made after a boundary is made once, in its
place, and nothing before it; and the machine ends as if it had never stopped.
"""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.gcode import Limits, MachineKind, Program, check
from firmware_bridge.gcode.boundaries import Boundary, Standing, interruption
from firmware_bridge.gcode.cycles import spelled_out
from firmware_bridge.gcode.modal import Interpreter, Move
from firmware_bridge.gcode.modes import Modes
from firmware_bridge.gcode.resume import Origin, approach, rest
from firmware_bridge.gcode.words import parse
from firmware_bridge.space import Box

BOX = Box(min_mm=(-50, -50, -20), max_mm=(200, 200, 200))
HOMED_MM = (-1.0, -1.0, 60.0)  # a mill after $H, in the program's coordinates
DRIVERS_OWN = "G0G54G17G21G90G94"

PLACES = st.integers(0, 1500).map(lambda tenths: tenths / 10)


@dataclass(kw_only=True)
class Sight:
    """What one reading of lines makes and leaves behind."""

    made: list[Move]
    interpreter: Interpreter
    modes: Modes


def read(lines: list[str], kind: MachineKind, start: Any) -> Sight:
    printer = kind is MachineKind.PRINTER
    interpreter = Interpreter(
        modal_motion=not printer,
        position_mm=start,
        home_mm=(0.0, 0.0, 0.0),
        lift_max_mm=10.0,
    )
    modes, made = Modes(modal_motion=not printer), []
    for line in lines:
        words = parse(line)
        move = interpreter.take(words)
        modes.take(words, move.extruded_mm if move else 0.0)
        drawn = move is not None and move.kind in ("line", "arc")
        if drawn and move.start_mm[:2] != move.end_mm[:2]:
            made.append(move)
    return Sight(made=made, interpreter=interpreter, modes=modes)


@st.composite
def prints(draw: st.DrawFn) -> list[str]:
    """A printer's program: layers of paths, with or without hops, E in both ways."""
    relative_e = draw(st.booleans())
    hops = draw(st.booleans())
    lines = ["G28", "M140 S60", "M104 S200", "M190 S60", "M109 S200"]
    lines += ["M83" if relative_e else "M82", "G92 E0", "M204 P800", "M205 X8"]
    e = z = 0.0

    def fed(length: float) -> str:
        nonlocal e
        e = length if relative_e else e + length
        return f"E{e:.4f}"

    for layer in range(draw(st.integers(1, 6))):
        z = round(z + draw(st.sampled_from([0.2, 0.3])), 3)
        lines += [f"G1 {fed(-1.5)} F1800", f"G0 Z{z + 0.4:.2f} F600" if hops else "M73"]
        lines += [f"G1 Z{z} F600", f"M106 S{draw(st.integers(0, 255))}"]
        for _path in range(draw(st.integers(1, 3))):
            if hops and draw(st.booleans()):
                lines += ["G91", "G0 Z0.6", "G90", "M83" if relative_e else "M82"]
            lines.append(f"G0 X{draw(PLACES)} Y{draw(PLACES)} F7200")
            lines += [f"G0 Z{z}", f"G1 {fed(1.5)} F1800"]
            for _step in range(draw(st.integers(1, 4))):
                to = f"X{draw(PLACES)} Y{draw(PLACES)}"
                lines.append(f"G1 {to} {fed(0.8)} F{draw(st.integers(600, 3000))}")
            lines.append(f"G1 {fed(-1.5)} F1800")
        if layer == 2:
            lines.append("G92 E0")
            e = 0.0
    return [*lines, "M107", "M104 S0", "M140 S0", "G0 X0 Y190"]


@st.composite
def millings(draw: st.DrawFn) -> list[str]:
    """A mill's program: lifted between cuts, in both units, absolute and not."""
    lines = ["M3 S8000", "G0 Z5"]
    for _cut in range(draw(st.integers(1, 8))):
        unit = draw(st.sampled_from(["G20", "G21"]))
        scale = 25.4 if unit == "G20" else 1.0
        lines += [unit, f"G0 X{draw(PLACES) / scale:.4f} Y{draw(PLACES) / scale:.4f}"]
        lines.append(f"G1 Z{-draw(st.integers(1, 50)) / 10 / scale:.4f} F100")
        lines.append(draw(st.sampled_from(["M8", "M9", "G17", "S6000"])))
        for _step in range(draw(st.integers(1, 4))):
            if draw(st.booleans()):
                lines += ["G91", f"G1 X{draw(st.integers(1, 9)) / 10} F300", "G90"]
            to = f"X{draw(PLACES) / scale:.4f} Y{draw(PLACES) / scale:.4f}"
            lines.append(f"G1 {to} F{draw(st.integers(10, 40))}")
        lift = draw(st.sampled_from(["G0", "G1"]))
        lines.append(f"{lift} Z{5 / scale:.4f}")
        if draw(st.booleans()):
            lines += ["G81 X20 Y20 Z-3 R5 F80" if unit == "G21" else "G90", "G80"]
            lines.append(f"G0 Z{5 / scale:.4f}")
    return [*lines, "M5", "M9", "G21", "G0 X0 Y0"]


@st.composite
def burnings(draw: st.DrawFn) -> list[str]:
    """A laser's program: paths between rapids."""
    lines = [draw(st.sampled_from(["M4 S0", "M3 S0"]))]
    for _path in range(draw(st.integers(1, 9))):
        lines.append(f"G0 X{draw(PLACES)} Y{draw(PLACES)}")
        lines.append(f"G1 X{draw(PLACES)} Y{draw(PLACES)} F1500 S{draw(PLACES):.0f}")
        steps = range(draw(st.integers(0, 4)))
        lines.extend(f"X{draw(PLACES)} Y{draw(PLACES)}" for _step in steps)
    return [*lines, "M5", "G0 X0 Y0"]


CASES = st.one_of(
    st.tuples(st.just(MachineKind.PRINTER), prints()),
    st.tuples(st.just(MachineKind.MILL), millings()),
    st.tuples(st.just(MachineKind.LASER), burnings()),
)


@given(
    CASES,
    st.floats(0, 1),
    st.integers(0, 6),
    st.integers(0, 5),
    st.booleans(),
)
def test_the_rest_is_made_once_in_its_place(
    case: tuple[MachineKind, list[str]], at: float, held: int, ahead: int, holds: bool
) -> None:
    kind, lines = case
    start = (None, None, None) if kind is MachineKind.PRINTER else HOMED_MM
    program = Program(source="\n".join(lines).encode())
    if kind is not MachineKind.PRINTER:
        lines = [code for _, code in spelled_out(program.lines())]
    came = round(at * len(lines))
    standing = Standing(
        acknowledged=came, sent=min(came + ahead, len(lines)), held_moves=held
    )
    stopped = interruption(program, standing, kind, start_mm=start)
    assert stopped.confirmed <= came
    assert len(stopped.boundaries) <= 2
    for boundary in stopped.boundaries:
        assert boundary.line <= stopped.confirmed
        _check_one(program, lines, kind, boundary, holds=holds)


def _check_one(
    program: Program,
    lines: list[str],
    kind: MachineKind,
    boundary: Boundary,
    *,
    holds: bool,
) -> None:
    printer = kind is MachineKind.PRINTER
    limits = Limits(
        kind=kind, envelope_mm=BOX, nozzle_max_c=250, bed_max_c=90, spindle_max=10000
    )
    origin = Origin(z_mm=boundary.top_mm if holds else None) if printer else None
    first = approach(boundary, limits, origin)
    start: Any = (None, None, None) if printer else HOMED_MM
    own = list(first.lines) if printer else [DRIVERS_OWN, *first.lines]
    remaining = list(rest(program, boundary, kind))
    assert remaining == lines[boundary.line :]

    text = "\n".join([*first.lines, *remaining]).encode()
    judged = replace(limits, own_lines=len(first.lines), start_mm=start)
    assert check(Program(source=text), judged) is None

    # Nothing is made on the way, and the state is the program's own at that line.
    before = read(lines[: boundary.line], kind, start)
    there = read(own, kind, start)
    assert [move for move in there.made if move.extruded_mm > 0] == []
    if not printer:
        assert there.made == []
        assert there.interpreter.motion in (0, before.interpreter.motion)
    _agree(there, before, printer=printer)

    # From there on both do the same, and end alike.
    whole = read(lines, kind, start)
    resumed = read([*own, *remaining], kind, start)
    made = len(whole.made) - len(before.made)
    for one, other in zip(
        resumed.made[len(there.made) :], whole.made[-made:] if made else [], strict=True
    ):
        assert _rounded(one) == _rounded(other)
    _agree(resumed, whole, printer=printer)


def _rounded(move: Move) -> tuple[object, ...]:
    places = (*move.start_mm, *move.end_mm)
    return (
        move.kind,
        tuple(None if at is None else round(at, 3) for at in places),
        round(move.feed_mm_per_min or 0.0, 2),
        round(move.extruded_mm, 3),
    )


def _agree(one: Sight, other: Sight, *, printer: bool) -> None:
    a, b = one.interpreter, other.interpreter
    assert [round(at or 0.0, 3) for at in a.position_mm] == [
        round(at or 0.0, 3) for at in b.position_mm
    ]
    assert (a.absolute, a.extruder_absolute) == (b.absolute, b.extruder_absolute)
    assert (a.unit_mm, a.plane) == (b.unit_mm, b.plane)
    assert round(a.feed_mm_per_min or 0, 2) == round(b.feed_mm_per_min or 0, 2)
    assert round(a.extruder_mm, 3) == round(b.extruder_mm, 3)
    c, d = one.modes, other.modes
    assert (c.spindle, c.coolant, c.tool) == (d.spindle, d.coolant, d.tool)
    assert (c.speed == d.speed) or c.spindle == 5
    assert (c.bed_c, c.nozzle_c, c.fans) == (d.bed_c, d.nozzle_c, d.fans)
    assert c.settings == d.settings
    if printer:
        assert round(c.retracted_mm, 3) == round(d.retracted_mm, 3)
