"""A simulated board whose firmware has habits that none of ours has."""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.facts import Outcome
from firmware_bridge.gcode import Program
from firmware_bridge.simulators.board import Board, Counters
from firmware_bridge.simulators.marlin_board import MarlinBoard
from tests.fault import device_runs
from tests.fault.device_bench import NAME, Bench, Truth, bench_of

type Habit = Callable[[bytes], list[bytes]]  # a line of the board: what is said for it


@dataclass
class Odd:
    """See `Board`: it does what the other one does, and says it in its own way."""

    board: Board
    habit: Habit
    words: bytes = b""  # said with the next ones

    @property
    def counters(self) -> Counters:
        return self.board.counters

    @property
    def baud(self) -> int:
        return self.board.baud

    def receive(self, chunk: bytes, now_s: float) -> None:
        self.board.receive(chunk, now_s)

    def advance(self, now_s: float) -> bytes:
        lines = self.board.advance(now_s).split(b"\n")[:-1]
        said = b"".join(more + b"\n" for line in lines for more in self.habit(line))
        self.words, said = b"", said + self.words
        return said

    def next_event_s(self) -> float | None:
        return self.board.next_event_s()

    def reset(self, now_s: float) -> None:
        self.board.reset(now_s)

    def power_cut(self, now_s: float) -> None:
        self.board.power_cut(now_s)

    def oracle(self, now_s: float) -> dict[str, object]:
        return self.board.oracle(now_s)

    def halt(self, words: bytes) -> None:
        """It stops for good, as its firmware does, in other words."""
        assert isinstance(self.board, MarlinBoard)
        self.board.run_away(0.0)
        self.board.advance(0.0)
        self.words += words


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What was reported of a job, and the board's own account."""

    outcome: Outcome
    told: Truth  # when it was reported
    later: Truth  # half a minute afterwards
    wanted: Truth
    bytes_overrun: int
    stalled_s: float

    @property
    def is_made(self) -> bool:
        """Whether the piece was whole and the machine at rest when it was said."""
        return self.told.is_the_piece(self.wanted) and self.told.at_rest


def run(
    dialect: str,
    habit: Habit = lambda line: [line],
    *,
    act: Callable[[Odd, Bench], None] | None = None,
    share: float = 0.5,
    text: str = "",
    variant: int = 0,
    seated: Board | None = None,
) -> Ended:
    """A job on such a board; `act` happens when that share of its bytes has passed.

    `seated`: another board than the usual one.
    `text`: another program than the usual one, which extrudes relatively in variant 1.
    """
    clean = device_runs.clean(dialect, variant)
    usual = device_runs.program(dialect, variant)
    work = Program(source=text.encode()) if text else usual
    odd: list[Odd] = []

    def changed(board: Board) -> Board:
        odd.append(Odd(seated or board, habit))
        return odd[0]

    with bench_of(dialect, changed) as bench:
        machine = bench.connect()
        if act is not None:
            happens, after = act, int(share * clean.bytes_sent)
            bench.clock.host.plan(NAME, after, lambda *_: happens(odd[0], bench))
        bench.look(machine)
        outcome = machine.run(work, bench.watch)
        bench.over = True
        told = bench.truth()
        bench.clock.sleep(30.0)
        machine.close()
        return Ended(
            outcome=outcome,
            told=told,
            later=bench.truth(),
            wanted=clean.truth,
            bytes_overrun=odd[0].counters.bytes_overrun,
            stalled_s=bench.stalled_s,
        )


def says(words: bytes) -> Callable[[Odd, Bench], None]:
    """The board says that, and works on."""

    def act(odd: Odd, _: Bench) -> None:
        odd.words += words

    return act


def halts(words: bytes) -> Callable[[Odd, Bench], None]:
    """The board says that, and does nothing any more."""
    return lambda odd, _: odd.halt(words)


def replaced(beginning: bytes, *instead: bytes) -> Habit:
    """`%b` stands for the line itself."""

    def habit(line: bytes) -> list[bytes]:
        if not line.startswith(beginning):
            return [line]
        return [one.replace(b"%b", line) for one in instead]

    return habit
