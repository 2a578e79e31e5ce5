"""A long program measured in a process of its own, for the sake of other machines.

Threads of one process take turns, each for milliseconds: while one reads a program, the
streams of all others starve. The other end is `__main__.py`.
"""

import os
import pickle
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.measure import Measured, measure
from firmware_bridge.gcode.modal import Known
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.words import Program

_SHORT_BYTES = 16_384  # read sooner than a process begins
_LOOK_S = 0.1
_PLACES = threading.Semaphore(
    max(1, (os.cpu_count() or 1) - 1)
)  # a core is for streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """See `measure`."""

    program: Program
    modal_motion: bool
    motion: Motion | None
    start_mm: Known


def measure_apart(
    program: Program,
    *,
    modal_motion: bool,
    motion: Motion | None = None,
    start_mm: Known = (None, None, None),
    heed: Callable[[], None] | None = None,
) -> Measured:
    """See `measure`; a short program is measured here.

    Errors: ProgramError, also where the other process ends without an answer.
    """
    if program.size_bytes() <= _SHORT_BYTES:
        return measure(
            program,
            modal_motion=modal_motion,
            motion=motion,
            start_mm=start_mm,
            heed=heed,
        )
    task = Task(
        program=program, modal_motion=modal_motion, motion=motion, start_mm=start_mm
    )
    while not _PLACES.acquire(timeout=_LOOK_S):
        _heed(heed)
    try:
        return _measure_apart(pickle.dumps(task), heed)
    finally:
        _PLACES.release()


def _measure_apart(task: bytes, heed: Callable[[], None] | None) -> Measured:
    command = [sys.executable, "-m", "firmware_bridge.gcode"]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    except OSError as refused:
        raise ProgramError(f"no process to read it in: {refused}") from refused
    with process:
        try:
            return _ask(process, task, heed)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as over:
            process.kill()
            code = process.wait()
            words = f"its reading ended by itself (exit {code})"
            raise ProgramError(words) from over
        finally:
            process.kill()


def _heed(heed: Callable[[], None] | None) -> None:
    if heed is not None:
        heed()


def answer(task: Task, out: IO[bytes]) -> None:
    """The other process's work."""
    try:
        measured = measure(
            task.program,
            modal_motion=task.modal_motion,
            motion=task.motion,
            start_mm=task.start_mm,
        )
    except ProgramError as unfit:
        pickle.dump(str(unfit), out)
    else:
        measured.write(out)
    out.flush()


def _ask(
    process: subprocess.Popen[bytes], task: bytes, heed: Callable[[], None] | None
) -> Measured:
    asked, answers = process.stdin, process.stdout
    if asked is None or answers is None:
        raise EOFError
    asked.write(task)
    asked.close()
    while not select.select([answers], [], [], _LOOK_S)[0]:
        _heed(heed)
    said = Measured.read(answers)
    if isinstance(said, str):
        raise ProgramError(said)
    return said
