"""A program judged in a process of its own, so that whoever asks is free meanwhile.

Reading a long program takes a core for minutes; in a thread it would hold up every
stream and every page of its process. The other end is `__main__.py`.
"""

import json
import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal, Self

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.check import Limits, check
from firmware_bridge.gcode.measure import measure
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.words import Program

_WORDS_MAX = 500
_ENDS_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether this file may run. `longest_s` None: however long it takes."""

    path: Path
    limits: Limits
    modal_motion: bool
    motion: Motion | None = None
    longest_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` None: it may run; else a stable code, and words for people."""

    reason: Literal["program-unfit", "job-too-long"] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFar:
    """So many of the file's lines are read."""

    line: int
    lines: int


def judge(question: Question, heed: Callable[[int], None] | None = None) -> Verdict:
    """Read the whole program. `heed` is called now and then with the line reached."""
    program = Program(source=question.path)
    refusal = check(program, question.limits, heed=heed)
    if refusal is not None:
        return _unfit(f"line {refusal.line}: {refusal.reason}")
    if question.longest_s is None:
        return Verdict()
    try:
        duration_s = measure(
            program,
            modal_motion=question.modal_motion,
            motion=question.motion,
            start_mm=question.limits.envelope_mm.min_mm,  # not known; somewhere inside
        ).duration_s
    except ProgramError as error:
        return _unfit(str(error))
    if duration_s <= question.longest_s:
        return Verdict()
    words = f"it would run {duration_s:.0f} s; here at most {question.longest_s:.0f} s"
    return Verdict(reason="job-too-long", words=words)


class Apart:
    """One judgement under way. It ends with its answer, with `end`, or with us."""

    def __init__(self, question: Question) -> None:
        """Begin it. Errors: OSError if no process can be started."""
        self.how_far: HowFar | None = None
        self._heard = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge.gcode"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asked, self._answers = _both(self._process)
        try:
            self._asked.write(pickle.dumps(question))
            self._asked.close()
        except BrokenPipeError:
            pass  # it is gone, which `verdict` finds

    def verdict(self, wait_s: float) -> Verdict | None:
        """What it found; None: not yet, after `wait_s` or the next word of it.

        Errors: ProgramError if it ended without an answer.
        """
        if not select.select([self._answers], [], [], wait_s)[0]:
            return None
        came = os.read(self._answers.fileno(), 65_536)
        if not came:
            self.end()
            raise ProgramError(
                f"its check ended by itself (exit {self._process.returncode})"
            )
        *lines, self._heard = (self._heard + came).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "lines" not in told:
                self.end()
                return Verdict(**told)
            self.how_far = HowFar(**told)
        return None

    def end(self) -> None:
        """Let it be over, whatever it found."""
        self._process.kill()
        self._process.wait(_ENDS_WITHIN_S)
        self._answers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def answer(question: Question, out: Callable[[str], None]) -> None:
    """The other process's work: tell how far it is, at last what was found."""
    lines = _count_lines(question.path)

    def heed(line: int) -> None:
        out(json.dumps(asdict(HowFar(line=line, lines=lines))))

    heed(0)
    out(json.dumps(asdict(judge(question, heed))))


def _unfit(words: str) -> Verdict:
    return Verdict(reason="program-unfit", words=words[:_WORDS_MAX])


def _count_lines(path: Path) -> int:
    """For people: a file that can't be read has none, and `judge` says why."""
    try:
        with path.open("rb") as file:
            return sum(
                chunk.count(b"\n") for chunk in iter(lambda: file.read(2**20), b"")
            )
    except OSError:
        return 0


def _both(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise OSError("a process without pipes")
    return process.stdin, process.stdout
