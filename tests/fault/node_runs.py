"""One piece count with one fault on a fabnode, held against the board's own memory."""

from collections.abc import Iterator
from functools import partial
from random import Random

from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Outcome, OutcomeKind, PieceCount
from tests.fault.device_faults import Case
from tests.fault.device_runs import STALL_S, Run
from tests.fault.node_bench import DONE, ENDED, PIECES, Memory, Person, node_bench

JOB = "11111111-2222-4333-8444-555555555555"
WHOLE_S = 7.0  # from the wish to arm to the person's word
AFTER_S = 1.0
# (pieces that the person makes, what is pressed then)
WAYS = ((PIECES, "done"), (PIECES, "done"), (PIECES - 2, "done"), (PIECES, "fault"))
ON_THE_LINE = {"drop", "flip", "drop_ok", "drop_lines", "garbage", "off_rate"}


def run(case: Case, moment: int, moments: int) -> Run:
    """The job, with the fault in the `moment`-th of `moments` parts of its time."""
    fault, dialect = case
    draw = Random(f"{fault.name} {dialect} {moment}")
    pieces, button = WAYS[moment % len(WAYS)]
    at_s = (moment + draw.random()) / moments * WHOLE_S
    requests, follow = fault.put_in(draw), fault.then(draw)
    with node_bench() as bench:
        machine = bench.connect()
        host = bench.host
        unarmed = bool(host.jobs)
        person = Person(host, pieces, button)

        def happens() -> None:
            for request in requests:
                bench.fault(request)
            for after_s, request in follow:
                bench.clock.after(after_s, partial(bench.fault, request))

        bench.clock.after(at_s, happens)
        person.wait()
        bench.look()
        try:
            work = PieceCount(pieces_expected=PIECES, job_id=JOB)
            outcome = machine.run(work, lambda _: None)
        except BridgeError as refused:  # by its contract nothing was armed
            outcome = _never_began(str(refused))
        bench.over = True
        memory, starts = host.memory, len(host.starts)
        bench.clock.sleep(AFTER_S)
        machine.close()
    wrong = list(_wrong(case, outcome, memory, person))
    if starts > 1:
        wrong.append("double start")
    if unarmed or host.jobs - {JOB} or len(host.starts) > starts:
        wrong.append("unarmed start")
    if bench.stalled_s > STALL_S:
        wrong.append(f"stall: {bench.stalled_s:.1f} s")
    return Run(case=case, moment=moment, outcome=outcome, wrong=tuple(wrong))


def _never_began(reason: str) -> Outcome:
    return Outcome(
        kind=OutcomeKind.INTERRUPTED,
        reason=reason,
        lines_sent=0,
        lines_acknowledged=0,
        lines_total=0,
    )


def _wrong(
    case: Case, outcome: Outcome, memory: Memory | None, person: Person
) -> Iterator[str]:
    fault, dialect = case
    kind = outcome.kind
    ended = memory is not None and memory.job == JOB and memory.phase == ENDED
    made = memory.made if memory else 0
    done = ended and memory is not None and memory.why == DONE and made >= PIECES
    meant = person.pieces == PIECES and person.button == "done" and person.pressed > 0
    if kind is OutcomeKind.COMPLETED and not (done and meant):
        yield "false done"
    elif kind is OutcomeKind.INTERRUPTED and done:
        yield "false broken"
    elif kind is OutcomeKind.UNKNOWN and kind not in fault.ends[dialect]:
        yield "other: the board knows how it ended, and nobody asked it"
    elif kind is OutcomeKind.INTERRUPTED and outcome.lines_total and not ended:
        yield "other: it has not ended"
    if kind is not OutcomeKind.UNKNOWN and outcome.lines_total:
        if outcome.pieces != made:
            yield f"other: {outcome.pieces} pieces told, {made} counted"
        if ON_THE_LINE.issuperset(_does(case)) and made != person.passed:
            yield f"other: {made} pieces counted of {person.passed}"


def _does(case: Case) -> set[str]:
    return {str(request["do"]) for request in case[0].put_in(Random(0))}
