"""A person at a terminal: reads what a program asks and types the answers."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]
QUESTION_LIMIT_S = 40.0
# The controlling terminal, so that Ctrl-C is a signal, also where tests run unseen.
SETSID = ("env", "--default-signal=INT", "setsid", "--ctty")


class Terminal:
    """`fabcommons agent …` in a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.shown = ""  # all of it, as it came
        self._read = 0  # how much of it was waited for
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [*SETSID, sys.executable, "-m", "device_agents.entry", *words],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "COLUMNS": "200", "TERM": "dumb"},
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def answer(self, question: str, words: str) -> None:
        """Wait for the question, then type."""
        self.wait_for(question)
        os.write(self._ours, words.encode() + b"\n")

    def press_ctrl_c(self, question: str) -> None:
        """Wait for the question, and break off."""
        self.wait_for(question)
        os.write(self._ours, b"\x03")

    def wait_for(self, words: str) -> None:
        """Until the words were shown after what was waited for before."""
        while (place := self.shown.find(words, self._read)) < 0:
            assert self._more(), f"not asked: {words!r}; shown: {self.shown}"
        self._read = place + len(words)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._more():
            pass
        return self._process.wait(QUESTION_LIMIT_S)

    def _more(self) -> bool:
        readable, _, _ = select.select([self._ours], [], [], QUESTION_LIMIT_S)
        assert readable, f"silent; shown: {self.shown}"
        try:
            chunk = os.read(self._ours, 4096)
        except OSError:  # the other end is closed
            return False
        self.shown += chunk.decode().replace("\r\n", "\n")
        return bool(chunk)
