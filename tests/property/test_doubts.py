"""A line that a printer may have done twice: the doubt ends only where it did not."""

from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.dialects.marlin import Error
from firmware_bridge.drivers.marlin_doubts import Doubts
from firmware_bridge.drivers.marlin_trail import Trail
from firmware_bridge.gcode.modal import Interpreter
from firmware_bridge.gcode.words import parse
from firmware_bridge.stream import LineWindow

GAP = Error("Line Number is not Last Line Number+1, Last Line: 7", False, 7)
HUNDREDTHS = st.integers(-300, 300).map(lambda value: value / 100)

moves = st.builds(
    lambda x, y, e: f"G1 X{x} Y{y} E{e}",
    *(st.integers(0, 40), st.integers(0, 3), HUNDREDTHS),
)
retractions = HUNDREDTHS.map(lambda e: f"G1 E{e}")
others = st.sampled_from(
    ["G90", "G91", "M82", "M83", "G92 E0", "M106 S9", "M114", "G1 X5 Y5", "G1 Z2"]
)
lines = st.one_of(moves, moves, moves, retractions, others)
LOST_MAX = LineWindow().lines_max


class Board:
    """It does what it is told, in order, and adds up what it drew in."""

    def __init__(self) -> None:
        self._reader = Interpreter(modal_motion=False, position_mm=(0.0, 0.0, 0.0))
        self.drawn_mm = 0.0

    def do(self, line: str) -> None:
        move = self._reader.take(parse(line))
        if move is not None:
            self.drawn_mm += move.extruded_mm

    def place(self) -> tuple[float, ...]:
        x, y, z = (at or 0.0 for at in self._reader.position_mm)
        return tuple(round(at, 2) for at in (x, y, z, self._reader.extruder_mm))


@given(
    before=st.lists(lines, max_size=6),
    lost=st.lists(lines, min_size=1, max_size=LOST_MAX),
    after=st.lists(st.lists(lines, max_size=3), min_size=1, max_size=4),
    obeyed=st.sets(st.integers(0, LOST_MAX - 1)),
)
@example(  # each was taken for harmless once
    before=["M82"], lost=["G92 E0", "G1 E0.01"], after=[[]], obeyed={0, 1}
)
@example(before=[], lost=["G1 X0 Y0 E0.01"], after=[["G92 E0"], []], obeyed={0})
@example(before=["M82", "G91"], lost=["G1 E1"], after=[["G92 E0"]], obeyed={0})
def test_no_doubt_ends_where_a_line_was_done_twice(
    before: list[str], lost: list[str], after: list[list[str]], obeyed: set[int]
) -> None:
    """`obeyed`: of the lost lines those that lost their numbers alone."""
    head = ["G90", "M83", *before]
    once, board = Board(), Board()
    doubts = Doubts(Trail((0.0, 0.0, 0.0), 0.0))
    for number, line in enumerate([*head, *lost]):
        doubts.sent(number, line)
        once.do(line)
    for line in [*head, *(lost[i] for i in sorted(obeyed) if i < len(lost)), *lost]:
        board.do(line)
    doubts.complained(GAP)
    doubted = doubts.asked_again(len(head), we_repeated=False)
    number = len(head) + len(lost)
    for part in after:
        for line in (*part, "M114"):
            doubts.sent(number, line)
            once.do(line)
            board.do(line)
            number += 1
        doubts.told(board.place())
    if abs(board.drawn_mm - once.drawn_mm) > 1e-9:
        assert doubted
        assert doubts.is_open


def test_lost_whole_is_known_after_two_answers() -> None:
    doubts, board = Doubts(Trail((0.0, 0.0, 0.0), 0.0)), Board()
    sent = ["M83", "G1 X1 E0.1", "G1 X2 E0.1", "G1 X3 E0.1"]
    for number, line in enumerate(sent):
        doubts.sent(number, line)
        board.do(line)
    doubts.complained(GAP)
    assert doubts.asked_again(2, we_repeated=False)
    assert doubts.why
    for number in (4, 5):
        assert doubts.is_open
        doubts.sent(number, "M114")
        doubts.told(board.place())
    assert not doubts.is_open
