"""A damaged fabnode line never says anything: neither to the host nor by mistake."""

import string
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.dialects import fabnode, fabnode_settings
from firmware_bridge.dialects.fabnode_frame import (
    BODY_BYTES_MAX,
    SEQUENCE_MAX,
    crc16,
    frame,
    unframe,
)
from firmware_bridge.dialects.fabnode_settings import NAME_MAX

MARKS = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "*@")

bodies = st.text(alphabet=MARKS, min_size=1, max_size=BODY_BYTES_MAX)
jobs = st.text(alphabet=string.ascii_letters + string.digits + "-", min_size=1).map(
    lambda text: text[:36]
)
numbers = st.integers(0, SEQUENCE_MAX)


def test_checksum_is_the_published_one() -> None:
    # The check value of CRC-16/IBM-3740 in Greg Cook's catalogue.
    assert crc16(b"123456789") == 0x29B1


@given(bodies)
def test_intact_line_comes_back(body: str) -> None:
    line = frame(body)
    assert line.endswith(b"\n")
    assert unframe(line[:-1]) == body


@given(bodies, st.integers(0), st.integers(1, 3))
def test_up_to_three_flipped_bits_are_always_found(
    body: str, place: int, count: int
) -> None:
    # A law of this polynomial: code words up to 4 kB differ in at least 4 bits.
    line = bytearray(frame(body)[:-1])
    bits = 8 * len(body)
    for which in range(count):
        bit = (place + which * 7919) % bits
        line[1 + bit // 8] ^= 1 << bit % 8
    is_changed = bytes(line[1:]) != frame(body)[1:-1]
    if is_changed and b"@" not in line[1:]:
        assert unframe(bytes(line)) is None


@settings(derandomize=True)  # 16 bits can't promise this for every line
@given(bodies, st.data())
def test_lost_byte_is_found(body: str, data: st.DataObject) -> None:
    line = frame(body)[:-1]
    lost = data.draw(st.integers(0, len(line) - 1))
    assert unframe(line[:lost] + line[lost + 1 :]) is None


@given(bodies, bodies, st.data())
def test_line_without_end_costs_only_itself(
    first: str, second: str, data: st.DataObject
) -> None:
    line = frame(first)[:-1]
    cut = data.draw(st.integers(0, len(line)))
    assert unframe(line[:cut] + frame(second)[:-1]) == second


@given(st.binary(max_size=600))
def test_any_bytes_are_survived(line: bytes) -> None:
    assert isinstance(fabnode.parse(line), fabnode.Unknown)


@given(bodies)
def test_intact_nonsense_is_survived(body: str) -> None:
    reply = fabnode.parse(frame(body)[:-1])
    assert isinstance(reply, fabnode.Unknown)


@given(numbers, jobs, st.integers(0, fabnode.PIECES_MAX))
def test_every_command_fits_the_board(request: int, job: str, pieces: int) -> None:
    for command in (
        fabnode.hello(request),
        fabnode.arm(request, job, pieces),
        fabnode.disarm(request, job),
        fabnode_settings.adopt(request, UUID(int=request), boot=1),
        fabnode_settings.label(request, kind="sewing", name=job[:NAME_MAX]),
        fabnode_settings.heat(request, hot_c=1_372, cold_c=1_371),
    ):
        assert len(unframe(command[:-1]) or "") in range(1, BODY_BYTES_MAX + 1)


@given(numbers, numbers, jobs, st.integers(0, 2**32 - 1))
def test_event_is_read_as_it_was_told(
    boot: int, sequence: int, job: str, pieces: int
) -> None:
    body = (
        f"e {sequence} boot={boot} kind=ended age=3 pieces={pieces} "
        f"job={job} run=4 why=done"
    )
    line = b"@%b*%04X" % (body.encode(), crc16(body.encode()))
    assert fabnode.parse(line) == fabnode.Event(
        boot=boot,
        sequence=sequence,
        kind="ended",
        age_s=3,
        pieces=pieces,
        job=job,
        run_s=4,
        why="done",
    )


@given(st.lists(st.tuples(numbers, st.integers(1, 5)), min_size=1))
def test_repeats_are_told_from_news(told: list[tuple[int, int]]) -> None:
    inbox = fabnode.EventInbox()
    news = [
        inbox.is_new(
            fabnode.Event(boot=1, sequence=place, kind="done", age_s=0, pieces=0)
        )
        for place, (_, repeats) in enumerate(told)
        for _ in range(repeats)
    ]
    assert sum(news) == len(told)
