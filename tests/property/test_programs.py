"""Whatever is in a file, it is judged and never followed outside; time never runs back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.gcode import (
    Limits,
    MachineKind,
    Motion,
    Program,
    check,
    measure,
)
from firmware_bridge.gcode.words import parse, shortest
from firmware_bridge.space import Box

BOX = Box(min_mm=(0, 0, -5), max_mm=(50, 50, 20))
KINDS = st.sampled_from(MachineKind)
WORDS = st.builds(
    "{}{}".format,
    st.sampled_from("GGGGMFXYZIJKRSPQTEL"),
    st.one_of(
        st.sampled_from([0, 1, 2, 3, 4, 17, 18, 20, 28, 80, 81, 83, 90, 91, 92, 98]),
        st.decimals(-60, 60, places=2),
    ),
)
NUMBERS = st.from_regex(
    r"[-+]?([012]{1,4}(\.[012]{0,4})?|\.[012]{1,4})", fullmatch=True
)
SPELLED = st.builds(
    "{}{}{}".format, st.sampled_from("GXYF"), NUMBERS, st.sampled_from(["", " "])
)
LINES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=30)


def limits_of(kind: MachineKind) -> Limits:
    return Limits(
        kind=kind, envelope_mm=BOX, nozzle_max_c=250, bed_max_c=90, spindle_max=1000
    )


@given(KINDS, st.binary(max_size=300))
def test_any_bytes_get_an_answer(kind: MachineKind, content: bytes) -> None:
    check(Program(source=content), limits_of(kind))


@given(KINDS, LINES)
def test_what_is_allowed_stays_inside_and_can_be_measured(
    kind: MachineKind, lines: list[str]
) -> None:
    program = Program(source="\n".join(lines).encode())
    if check(program, limits_of(kind)) is not None:
        return
    result = measure(program, modal_motion=kind is not MachineKind.PRINTER)
    assert math.isfinite(result.duration_s)
    if result.reach is not None:
        for axis in range(3):
            assert result.reach.min_mm[axis] >= min(BOX.min_mm[axis], 0) - 0.01
            assert result.reach.max_mm[axis] <= BOX.max_mm[axis] + 0.01


STEPS = st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(100, 9000))


@given(
    steps=st.lists(STEPS, min_size=1, max_size=60),
    blocks=st.integers(2, 20),
    jerk=st.booleans(),
)
def test_time_grows_and_is_never_below_what_the_speed_allows(
    *, steps: list[tuple[int, int, int]], blocks: int, jerk: bool
) -> None:
    lines = [f"G1 X{x / 10} Y{y / 10} F{feed}" for x, y, feed in steps]
    motion = Motion(
        max_feed_mm_per_min=(6000, 6000, 600),
        blocks=blocks,
        jerk_mm_per_s=(8, 8, 1, 5) if jerk else None,
    )
    program = Program(source="\n".join(lines).encode())
    result = measure(
        program, modal_motion=not jerk, motion=motion, start_mm=(0.0, 0.0, 0.0)
    )
    taken_s = [result.done_s(line) for line in range(len(lines) + 1)]
    assert taken_s == sorted(taken_s)
    assert result.duration_s >= taken_s[-1] - 1e-3
    least_s, here = 0.0, (0.0, 0.0)
    for x, y, feed in steps:
        there = (x / 10, y / 10)
        least_s += math.dist(here, there) / min(feed / 60, 100 * math.sqrt(2))
        here = there
    assert result.duration_s >= least_s - 1e-6


@given(st.lists(SPELLED, max_size=6).map("".join))
def test_the_shortest_spelling_says_the_same(code: str) -> None:
    short = shortest(code)
    assert parse(short) == parse(code)
    assert len(short) <= len(code)
    assert shortest(short) == short
