"""One job with one fault, and the board's own account of it held against the report."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from random import Random

from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Outcome, OutcomeKind
from firmware_bridge.gcode import Program
from firmware_bridge.simulators.motion import Vector
from tests.fault.device_bench import NAME, SEEN_MM, Bench, BoardMachine, Truth, bench_of
from tests.fault.device_faults import Case

MOVES = 40
STALL_S = 5.0  # the longest time without progress or a word about it
LAST_SHARE = 0.99  # a fault after the last byte would be none


def program(dialect: str, variant: int) -> Program:
    """Lines of the kind that a slicer or a CAM program writes."""
    moves = []
    relative = dialect != "grbl" and variant % 2 == 1
    for place in range(MOVES):
        e = 0.1 if relative else place * 0.1 + 0.1
        extrude = f" E{e:.2f}" if dialect != "grbl" else ""
        moves.append(f"G1 X{10 + place % 2 * 5} Y{10 + place * 0.1:.2f}{extrude} F3000")
    if dialect == "grbl":
        head = ["G21 G90", "M3 S800", "G0 X10 Y10 Z5"]
        tail = ["M5", "G0 X0 Y0"]
    else:
        mode = "M83" if relative else "M82"
        head = ["G28", "M104 S190", "M109 S190", mode, "G92 E0", "G1 Z1 F600"]
        tail = ["M104 S0", "G1 X0 Y0 F3000"]
    return Program(source="\n".join([*head, *moves, *tail, ""]).encode())


@dataclass(frozen=True, kw_only=True)
class Clean:
    """The same job without a fault."""

    truth: Truth
    bytes_sent: int


@cache
def clean(dialect: str, variant: int) -> Clean:
    with bench_of(dialect) as bench:
        machine = bench.connect()
        before = bench.heard_bytes()
        outcome = machine.run(program(dialect, variant), bench.watch)
        assert outcome.kind is OutcomeKind.COMPLETED, outcome
        assert bench.truth().starts == 1
        machine.close()
        return Clean(truth=bench.truth(), bytes_sent=bench.heard_bytes() - before)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was reported, and what the board's own account says against it."""

    case: Case
    moment: int
    outcome: Outcome
    wrong: tuple[str, ...]


def run(case: Case, moment: int, moments: int) -> Run:
    """The job, with the fault at a seeded byte of the `moment`-th of `moments` parts."""
    fault, dialect = case
    draw = Random(f"{fault.name} {dialect} {moment}")
    variant = moment % 2
    reference = clean(dialect, variant)
    at_byte = int(
        (moment + draw.random()) / moments * reference.bytes_sent * LAST_SHARE
    )
    requests, follow = fault.put_in(draw), fault.then(draw)
    with bench_of(dialect) as bench:
        machine = bench.connect()

        def happens(*_: object) -> None:
            for request in requests:
                bench.fault(request)
            for after_s, request in follow:
                bench.clock.after(after_s, partial(bench.fault, request))

        before = bench.truth()
        bench.clock.host.plan(NAME, at_byte, happens)
        bench.look(machine)
        outcome = _report(machine, program(dialect, variant), bench)
        bench.over = True
        at_end = bench.truth()
        bench.clock.sleep(1.0)
        truth = bench.truth()
        machine.close()
    wrong = list(_wrong(case, outcome, truth, reference.truth, bench))
    if before.starts or before.moves or truth.starts > at_end.starts:
        wrong.append("unarmed start")
    return Run(case=case, moment=moment, outcome=outcome, wrong=tuple(wrong))


def _report(machine: BoardMachine, work: Program, bench: Bench) -> Outcome:
    try:
        return machine.run(work, bench.watch)
    except BridgeError as refused:  # by its contract nothing was sent
        return Outcome(
            kind=OutcomeKind.INTERRUPTED,
            reason=str(refused),
            lines_sent=0,
            lines_acknowledged=0,
            lines_total=0,
        )


def _wrong(
    case: Case, outcome: Outcome, truth: Truth, wanted: Truth, bench: Bench
) -> Iterator[str]:
    fault, dialect = case
    done = truth.is_the_piece(wanted)
    kind = outcome.kind
    if kind is OutcomeKind.COMPLETED and not done:
        bare = dialect in ("grbl", "reprap")
        hidden = bare and fault.alters and not _was_shown(bench, wanted)
        yield "unseen" if hidden else "false done"
    elif kind is OutcomeKind.INTERRUPTED and done:
        yield "false broken"
    elif kind not in fault.ends[dialect] and not (
        done and kind is OutcomeKind.COMPLETED
    ):
        yield f"other: ended {kind}"
    if outcome.lines_total == 0 and truth.moves:
        yield "other: it moved, and nothing was sent by the report"
    if truth.starts > 1:
        yield "double start"
    if bench.stalled_s > STALL_S:
        yield f"stall: {bench.stalled_s:.1f} s"
    if not fault.deaf and truth.hot:
        yield "other: left hot"
    asked_to_look = "look at it" in outcome.reason
    if not (fault.deaf or truth.at_rest or asked_to_look):
        yield "other: left moving"
    if outcome.lines_acknowledged > truth.moves + outcome.lines_total - MOVES >= 0:
        yield f"other: more lines acknowledged than the {truth.moves} moves taken"


def _was_shown(bench: Bench, wanted: Truth) -> bool:
    """Whether any look at the board showed it off the wanted path.

    GRBL's line has no checksum, and RepRapFirmware's needs none as it is set up: what
    is altered and over between two looks is known to nobody but the board.
    """
    corners = [bench.work_mm(at) for at in (wanted.start_mm, *wanted.path_mm)]
    return any(
        all(_distance(place, a, b) > SEEN_MM for a, b in pairwise(corners))
        for place in bench.shown_mm
    )


def _distance(place: Vector, a: Vector, b: Vector) -> float:
    way = [end - start for start, end in zip(a, b, strict=True)]
    length2 = sum(part * part for part in way)
    along = sum((at - s) * part for at, s, part in zip(place, a, way, strict=True))
    share = min(1.0, max(0.0, along / length2)) if length2 else 0.0
    near = [start + share * part for start, part in zip(a, way, strict=True)]
    return math.dist(place, near)
