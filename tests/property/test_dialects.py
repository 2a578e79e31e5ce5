"""Whatever a wire says, a dialect answers with a small reply and never fails."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.dialects import fabnode, grbl, marlin, marlin_capabilities, reprap
from firmware_bridge.dialects.dialect import Dialect
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grblhal_board import GrblHalBoard
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.reprap_board import RepRapBoard
from firmware_bridge.stream import CharacterCount, LineWindow
from tests.property.noisy_boards import REAL_LINES

DIALECTS: list[Dialect] = [grbl, marlin, reprap, fabnode]

WHOLE_LINES = [line for lines in REAL_LINES.values() for line in lines]


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """Real lines with bytes changed, put in and taken out."""
    line = bytearray(draw(st.sampled_from(WHOLE_LINES)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(line)))
        what = draw(st.binary(max_size=3))
        line[place : place + draw(st.integers(0, 3))] = what
    return bytes(line)


LINES = st.one_of(st.binary(max_size=600), damaged_lines())


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.NAME)
@given(line=LINES)
def test_any_line_gives_a_small_finite_reply(dialect: Dialect, line: bytes) -> None:
    reply = dialect.parse(line)  # type: ignore[attr-defined]
    dialect.recognises(line)
    for value in numbers_in(dataclasses.asdict(reply)):
        assert math.isfinite(value)
        assert abs(value) <= 2**32
    assert len(repr(reply)) <= 2_500


@given(lines=st.lists(LINES, max_size=30))
def test_capabilities_learn_from_anything(lines: list[bytes]) -> None:
    known_grbl, known_marlin = grbl.Capabilities(), marlin_capabilities.Capabilities()
    for line in lines:
        known_grbl.take(grbl.parse(line))
        known_marlin.take(marlin.parse(line))
    known_grbl.axes(130)
    known_marlin.axes("M203")
    assert 64 <= known_grbl.rx_buffer_bytes <= 65536


@given(
    number=st.integers(0, 10**9),
    command=st.text(
        st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*"),
        min_size=1,
        max_size=80,
    ),
    place=st.integers(0, 200),
    bit=st.integers(0, 6),
)
def test_a_flipped_bit_breaks_a_marlin_frame(
    number: int, command: str, place: int, bit: int
) -> None:
    frame = bytearray(marlin.frame(number, command))
    body, _, told = bytes(frame[:-1]).partition(b"*")
    assert int(told) == marlin.checksum(body)
    frame[place % len(body)] ^= 1 << bit
    changed = bytes(frame[: len(body)])
    assert marlin.checksum(changed) != int(told)


def test_nothing_idle_fills_grbls_buffer() -> None:
    assert grbl.line_bytes("G01 X00.000 Y-1.500 F9000") == b"G1X0Y-1.5F9000\n"


@given(st.lists(st.integers(1, 80), min_size=1, max_size=200))
def test_character_counting_never_exceeds_the_buffer(sizes: list[int]) -> None:
    window = CharacterCount(capacity_bytes=127)
    answered = 0
    for line, size in enumerate(sizes):
        while not window.has_room(size):
            waited, oldest = window.answered()
            assert (waited, oldest) == (True, answered)
            answered += 1
        window.sent(size, line)
        assert window.under_way_bytes <= 127
    with pytest.raises(ValueError, match="overrun"):
        window.sent(128, 0)


@given(st.data())
def test_every_line_arrives_once_whatever_is_lost(data: st.DataObject) -> None:
    """A board that refuses some frames still gets every line once, in order."""
    window = LineWindow(next_number=1001)
    taken: list[int] = []
    wire: list[tuple[int, bytes]] = []
    to_send = list(range(1001, 1031))
    faults = 0
    for _ in range(2_000):
        if not (to_send or wire or window.under_way_lines or window.waits_to_resend):
            break
        while (again := window.next_again()) is not None:
            wire.append((int(again), again))
        while to_send and not window.waits_to_resend and window.has_room(4):
            frame = str(window.next_number).encode()
            window.sent(frame)
            wire.append((to_send.pop(0), frame))
        number, _ = wire.pop(0)
        expected = (taken or [1000])[-1] + 1
        harmed = faults < 15 and data.draw(st.integers(0, 5)) == 0
        faults += harmed
        if number == expected and not harmed:
            taken.append(number)
        else:
            assert window.resend_from(expected)
            assert window.lines_max == 1
        window.answered()
    assert taken == list(range(1001, 1031))


@given(st.integers(0, 1000))
def test_a_board_that_lost_its_count_is_found_out(asked: int) -> None:
    window = LineWindow(next_number=1001)
    window.sent(b"N1001 G1 X1*0\n")
    assert not window.resend_from(asked)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_boards_live_on_any_bytes(chunks: list[bytes]) -> None:
    """The simulated boards are as robust as what they stand for."""
    for board in (GrblBoard(), GrblHalBoard(), MarlinBoard(), RepRapBoard()):
        now_s = 2.0
        board.advance(now_s)
        for chunk in chunks:
            now_s += 0.1
            board.receive(chunk, now_s)
            assert len(board.advance(now_s)) < 200_000
        board.oracle(now_s)


def numbers_in(value: object) -> list[float]:
    """Every number of nested dicts, lists and tuples."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [value]
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    if isinstance(value, list | tuple):
        return [number for part in value for number in numbers_in(part)]
    return []


def test_an_answer_to_the_rest_of_a_damaged_line_is_taken_back() -> None:
    """'N1002 G1 X10*61' arrives as '0*61': Marlin answers ok, then misses N1002."""
    window = LineWindow(next_number=1001)
    for frame in (b"one", b"two", b"three"):
        window.sent(frame)
    assert [window.answered(), window.answered()] == [1001, 1002]
    assert window.resend_from(1002)
    assert window.answered() is None  # the request's own ok
    assert window.next_again() == b"two"
    assert window.next_again() is None
    assert window.answered() == 1002
    assert window.next_again() == b"three"
