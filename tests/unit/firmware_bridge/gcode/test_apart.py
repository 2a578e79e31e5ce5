"""A program judged in a process of its own says what the same judgement says here."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode import Limits, MachineKind
from firmware_bridge.gcode.apart import Apart, Question, Verdict, judge
from firmware_bridge.space import Box
from tests.waiting import wait_until

BOX = Box(min_mm=(0, 0, 0), max_mm=(100, 100, 100))
LONG = b"G1 X1 Y1 F600\nG1 X2 Y2\n" * 500_000  # half a minute of reading


def question(folder: Path, content: bytes, longest_s: float | None = None) -> Question:
    path = folder / "program"
    path.write_bytes(content)
    limits = Limits(kind=MachineKind.MILL, envelope_mm=BOX)
    return Question(path=path, limits=limits, modal_motion=True, longest_s=longest_s)


def found(asked: Question) -> Verdict:
    with Apart(asked) as apart:
        verdict = wait_until(lambda: apart.verdict(1.0), "a verdict")
        assert verdict is not None
        return verdict


@pytest.mark.parametrize(
    ("content", "longest_s", "reason"),
    [
        (b"G1 X1 F600\n", None, None),
        (b"G1 X1 F600\nG1 X101\n", None, "program-unfit"),
        (b"G1 X90 F60\n", 1.0, "job-too-long"),
        (b"", None, "program-unfit"),
    ],
)
def test_finds_what_is_found_here(
    tmp_path: Path, content: bytes, longest_s: float | None, reason: str | None
) -> None:
    asked = question(tmp_path, content, longest_s)
    assert found(asked) == judge(asked)
    assert found(asked).reason == reason


def test_file_that_is_gone_is_a_verdict(tmp_path: Path) -> None:
    asked = question(tmp_path, b"G1 X1 F600\n")
    asked.path.unlink()
    assert "can't be read" in found(asked).words


def test_tells_how_far_it_is_and_ends_when_told(tmp_path: Path) -> None:
    with Apart(question(tmp_path, LONG)) as apart:
        wait_until(
            lambda: apart.verdict(1.0) or (apart.how_far and apart.how_far.line > 0),
            "it tells its line",
        )
        assert apart.how_far is not None
        assert 0 < apart.how_far.line < apart.how_far.lines == 1_000_000
        child = child_of(os.getpid())
    assert not alive(child)


def test_check_that_dies_is_no_verdict(tmp_path: Path) -> None:
    with Apart(question(tmp_path, LONG)) as apart:
        os.kill(child_of(os.getpid()), signal.SIGKILL)
        with pytest.raises(ProgramError, match="ended by itself"):
            wait_until(lambda: apart.verdict(1.0), "a verdict")


def test_nothing_reads_on_for_somebody_who_was_killed(tmp_path: Path) -> None:
    words = (
        "import pathlib, sys\n"
        "from firmware_bridge.gcode.apart import Apart\n"
        f"from {__name__} import LONG, question\n"
        "apart = Apart(question(pathlib.Path(sys.argv[1]), LONG))\n"
        "print('begun', flush=True)\n"
        "while True: apart.verdict(9)\n"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", words, tmp_path], stdout=subprocess.PIPE
    )
    assert asker.stdout is not None
    assert asker.stdout.readline() == b"begun\n"
    child = child_of(asker.pid)
    asker.kill()
    asker.wait()
    asker.stdout.close()
    wait_until(lambda: not alive(child), "the reading process is gone")


def child_of(pid: int) -> int:
    return wait_until(lambda: next(iter(reading(pid)), None), "it reads")


def reading(pid: int) -> list[int]:
    """The children that have become the reading program, and are no copy any more."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(one) for path in children for one in path.read_text().split()]
    return [one for one in found if b"firmware_bridge.gcode" in command_of(one)]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
