"""After a power cut in mid-job, the rest of a program is made once and in its place: the
board's own counters say so.
"""

import math
import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest

from firmware_bridge.dialects.marlin import frame
from firmware_bridge.errors import ResumeError
from firmware_bridge.facts import MachineState, OutcomeKind
from firmware_bridge.gcode import Limits, MachineKind, Program, check, measure
from firmware_bridge.gcode.boundaries import Boundary, Standing, interruption
from firmware_bridge.gcode.modal import Interpreter
from firmware_bridge.gcode.resume import Origin, approach, nozzle_height, rest
from firmware_bridge.gcode.words import parse
from firmware_bridge.space import Box

PRINTER = Limits(
    kind=MachineKind.PRINTER,
    envelope_mm=Box(min_mm=(0, 0, 0), max_mm=(220, 220, 250)),
    nozzle_max_c=275,
    bed_max_c=120,
)
MILL = Limits(
    kind=MachineKind.MILL,
    envelope_mm=Box(min_mm=(0, 0, -10), max_mm=(295, 195, 40)),
    spindle_max=1000,
)
HOMED_MM = (299.0, 199.0, 39.0)  # the mill's zero is 300, 200, 40 below its corner


def tower(layers: int = 6) -> str:
    """A square tube, absolute E, its fan on from layer 2."""
    lines = ["G28", "M140 S50", "M109 S200", "M82", "G92 E0", "M204 P900"]
    e = 0.0
    for layer in range(1, layers + 1):
        lines += [f"G1 E{e - 1:.3f} F1800", f"G1 Z{layer * 0.3:.2f} F600"]
        lines += ["G0 X50 Y50 F9000", f"G1 E{e:.3f} F1800", f"M106 S{layer * 10}"]
        x0 = y0 = 50
        for x, y in ((90, 50), (90, 90), (50, 90), (50, 50)):
            for part in range(1, 31):
                e += 0.1
                at = (x0 + (x - x0) * part / 30, y0 + (y - y0) * part / 30)
                lines.append(f"G1 X{at[0]:.2f} Y{at[1]:.2f} E{e:.3f} F2400")
            x0, y0 = x, y
    return "\n".join([*lines, "M107", "M104 S0", "M140 S0", "G0 X0 Y0"])


def pockets(count: int = 14) -> str:
    """Slots side by side, the tool lifted between them."""
    lines = ["M3 S900", "G0 Z5"]
    for number in range(count):
        lines += [f"G0 X{10 + 5 * number} Y10", "G1 Z-2 F400"]
        lines += [f"G1 Y{10 + 5 * part} F1500" for part in range(1, 9)]
        lines += ["G0 Z5"]
    return "\n".join([*lines, "M5", "G0 X0 Y0"])


def expected(before: dict[str, Any], lines: list[str]) -> tuple[int, float]:
    """(path, filament) of a printer once these lines were made, once and in order."""
    reader = Interpreter(modal_motion=False, home_mm=(0.0, 0.0, 0.0))
    crc, extruded = before["path_crc"], before["extruded_mm"]
    for line in lines:
        move = reader.take(parse(line))
        if move is None or move.kind not in ("line", "rapid"):
            continue
        extruded += move.extruded_mm
        if move.start_mm == move.end_mm and not move.extruded_mm:
            continue
        microns = (round((at or 0.0) * 1000) for at in move.end_mm)
        crc = zlib.crc32(struct.pack("<3q", *microns), crc)
    return crc, extruded


def _bytes_of(text: str, lines: int) -> int:
    """What a printer's first lines take on the wire, number and checksum included."""
    return sum(len(frame(1001, line)) for line in text.splitlines()[:lines])


@pytest.mark.parametrize(  # in the middle of a layer
    ("lines", "homes_clear"), [(195, False), (320, True)]
)
def test_a_print_goes_on_at_its_layer(
    bench: Any, lines: int, homes_clear: bool
) -> None:
    machine = bench.marlin(scale=20.0)
    text = tower()
    program = Program(source=text.encode())
    # On the wire itself, so that a busy computer can't cut it between two layers.
    bench.fault("printer", "power_cut", after=_bytes_of(text, lines))
    outcome = bench.run(machine, text)
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    oracle = bench.oracle("printer")

    stopped = interruption(program, _standing(outcome), MachineKind.PRINTER)
    made_mm = _extruded(text, stopped.confirmed)
    assert oracle["extruded_mm"] >= made_mm - 1e-6  # confirmed is truly made
    boundary = stopped.boundaries[0]
    assert boundary.kind == "layer"
    z_mm = nozzle_height(stopped, None)
    assert oracle["machine_mm"][2] == pytest.approx(z_mm)

    first = approach(boundary, PRINTER, Origin(z_mm=None if homes_clear else z_mm))
    remaining = list(rest(program, boundary, MachineKind.PRINTER))
    whole = "\n".join([*first.lines, *remaining])
    own = replace(PRINTER, own_lines=len(first.lines))
    assert check(Program(source=whole.encode()), own) is None
    assert machine.status().state is MachineState.IDLE
    again = bench.run(machine, whole)
    assert again.kind is OutcomeKind.COMPLETED, again

    after = bench.oracle("printer")
    assert after["machine_mm"] == pytest.approx([0, 0, 6 * 0.3])
    assert after["nozzle_target_c"] == after["bed_target_c"] == 0
    told = [*first.lines, *remaining]
    crc, extruded = expected(oracle, told)
    assert after["extruded_mm"] == pytest.approx(extruded)
    assert after["path_crc"] == crc


@pytest.mark.parametrize("lines", [30, 77, 118])
def test_a_mill_goes_on_where_it_was_lifted(bench: Any, lines: int) -> None:
    machine = bench.grbl(scale=30.0)
    text = pockets()
    program = Program(source=text.encode())
    job = bench.start(machine, text)
    job.wait_for(lines)
    bench.fault("mill", "power_cut")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    blocks = machine.identify().planner_blocks
    stopped = interruption(
        program, _standing(outcome, blocks), MachineKind.MILL, start_mm=HOMED_MM
    )
    boundary = stopped.boundaries[0]
    machine.unlock()
    machine.home()
    before = bench.oracle("mill")
    first = approach(boundary, MILL, None)
    remaining = list(rest(program, boundary, MachineKind.MILL))
    whole = "\n".join([*first.lines, *remaining])
    assert check(Program(source=whole.encode()), MILL) is None
    again = bench.run(machine, whole)
    assert again.kind is OutcomeKind.COMPLETED, again
    after = bench.oracle("mill")
    assert not after["spindle_on"]
    slots = sum(line.startswith("G1 Z-2") for line in remaining)
    taken = after["steps"][2] - before["steps"][2]
    assert taken == _z_steps(slots)
    assert after["machine_mm"] == pytest.approx([-300, -200, -35])


def _z_steps(slots: int) -> int:
    """Down from the top to Z 5 once, then 7 mm down and up for each slot left."""
    per_mm = 250
    return round((39 - 5) * per_mm) + slots * 2 * 7 * per_mm


def _standing(outcome: Any, held: int = 16) -> Standing:
    return Standing(
        acknowledged=outcome.lines_acknowledged,
        sent=outcome.lines_sent,
        held_moves=held,
    )


def _extruded(text: str, lines: int) -> float:
    head = "\n".join(text.splitlines()[:lines]).encode()
    return measure(Program(source=head), modal_motion=False).extruded_mm


def test_height_is_known_or_refused() -> None:
    text = tower(4)
    program = Program(source=text.encode())
    codes = text.splitlines()
    third = codes.index("G1 Z0.90 F600")
    middle = Standing(acknowledged=third + 25, sent=third + 27, held_moves=16)
    stopped = interruption(program, middle, MachineKind.PRINTER)
    assert nozzle_height(stopped, None) == pytest.approx(0.9)
    rising = Standing(acknowledged=third + 3, sent=third + 5, held_moves=16)
    stopped = interruption(program, rising, MachineKind.PRINTER)
    assert nozzle_height(stopped, 0.9) == pytest.approx(0.9)
    with pytest.raises(ResumeError, match=r"Z 0\.6 to 0\.9 mm"):
        nozzle_height(stopped, None)
    # A count that is a second old: whatever the feed allows may have happened since.
    late = replace(middle, late_s=60.0)
    assert len(interruption(program, late, MachineKind.PRINTER).heights_mm) > 1


def test_no_boundary_below_what_may_have_been_made() -> None:
    program = Program(source=tower(4).encode())
    codes = tower(4).splitlines()
    third = codes.index("G1 Z0.90 F600")
    for came in range(third, third + 25):
        standing = Standing(acknowledged=came, sent=came + 3, held_moves=16)
        stopped = interruption(program, standing, MachineKind.PRINTER)
        for boundary in stopped.boundaries:
            assert _works_at(codes, boundary) >= _highest(codes, came + 3) - 1e-6


def _works_at(codes: list[str], boundary: Boundary) -> float:
    reader = replace(boundary.interpreter)
    for line in codes[boundary.line :]:
        move = reader.take(parse(line))
        if move is not None and move.extruded_mm > 0 and "X" in line:
            return move.end_mm[2] or 0.0
    return math.inf


def _highest(codes: list[str], sent: int) -> float:
    reader, highest = Interpreter(modal_motion=False), 0.0
    for line in codes[:sent]:
        move = reader.take(parse(line))
        if move is not None and move.extruded_mm > 0 and "X" in line:
            highest = max(highest, move.end_mm[2] or 0.0)
    return highest
