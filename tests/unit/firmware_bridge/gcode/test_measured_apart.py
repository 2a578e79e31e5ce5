"""A long program is measured beside the streams of other machines, not among them."""

import os
import signal
from pathlib import Path

import pytest

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode import Motion, Program, measure, measured_apart
from firmware_bridge.gcode.measured_apart import measure_apart

LONG = "".join(
    f"G1 X{line % 50} Y{line * 0.01:.2f} F1200\n" for line in range(9_000)
).encode()
MOTION = Motion(max_feed_mm_per_min=(6000.0, 6000.0, 1000.0))


class EnoughError(Exception):
    pass


@pytest.fixture(autouse=True)
def _here_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("measured in this process")

    monkeypatch.setattr(measured_apart, "measure", refuse)


@pytest.mark.parametrize("modal_motion", [True, False])
def test_it_is_the_same_measure(tmp_path: Path, *, modal_motion: bool) -> None:
    file = tmp_path / "program.nc"
    file.write_bytes(LONG)
    here = measure(Program(source=LONG), modal_motion=modal_motion, motion=MOTION)
    for source in (LONG, file):
        program = Program(source=source)
        there = measure_apart(program, modal_motion=modal_motion, motion=MOTION)
        assert there == here
        assert there.remaining_s(4_000) == here.remaining_s(4_000)


def test_what_is_unfit_is_told_with_its_line() -> None:
    with pytest.raises(ProgramError, match="line 9001: "):
        measure_apart(Program(source=LONG + b"G1 X&\n"), modal_motion=True)


def test_it_is_given_up_when_asked(children: "Children") -> None:
    def enough() -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        measure_apart(Program(source=LONG), modal_motion=True, heed=enough)
    assert not children.left()


def test_a_reader_that_dies_is_told(children: "Children") -> None:
    def kill() -> None:
        for child in children.left():
            os.kill(child, signal.SIGKILL)

    with pytest.raises(ProgramError, match="ended by itself"):
        measure_apart(Program(source=LONG * 50), modal_motion=True, heed=kill)


class Children:
    """Processes that this one has started since, and that are not over."""

    def __init__(self) -> None:
        self._before = self._all()

    def left(self) -> set[int]:
        return self._all() - self._before

    def _all(self) -> set[int]:
        found = set()
        for task in Path("/proc/self/task").iterdir():
            found |= {int(one) for one in (task / "children").read_text().split()}
        return found


@pytest.fixture
def children() -> Children:
    return Children()
