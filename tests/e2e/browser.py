"""Browsers that stay for a whole run: each looks at one job's pages after another's."""

import json
import shutil
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any

JOB_LIMIT_S = 300
END_LIMIT_S = 10
# The browser itself fell, which says nothing of the page: another one is asked.
DIED = ("browser has been closed", "Target crashed")


class Browser:
    """A `node browse.mjs` with its Chromium; every page has a profile of its own."""

    def __init__(self, tools: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "browse.mjs"],
            cwd=tools,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def asked(self, job: dict[str, Any]) -> dict[str, Any]:
        """Its answer: a `report`, or the `error` after which it looks at no more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        limit = Timer(JOB_LIMIT_S, self._process.kill)
        limit.start()
        try:
            self._process.stdin.write(f"{json.dumps(job)}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            limit.cancel()
        answer: dict[str, Any] = (
            json.loads(line) if line else {"error": f"no answer within {JOB_LIMIT_S} s"}
        )
        return answer

    def end(self) -> None:
        """Close its window; whoever does not go is shown out."""
        try:
            self._process.communicate(timeout=END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


class Browsers:
    """As many browsers as look at the same time, started when one is wanted."""

    def __init__(self, tools: Path) -> None:
        # The shell draws the same pages for half of the CPU time.
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        assert chromium, "no browser: apt-get install chromium-headless-shell"
        self._tools = tools
        self._job = {"chromium": chromium}
        self._free: list[Browser] = []

    def report(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """What was seen. Errors: AssertionError where the job itself was wrong."""
        answer = self._answer(job)
        if any(word in answer.get("error", "") for word in DIED):
            answer = self._answer(job)
        assert "report" in answer, answer["error"]
        report: list[dict[str, Any]] = answer["report"]
        return report

    def end(self) -> None:
        while self._free:
            self._free.pop().end()

    def _answer(self, job: dict[str, Any]) -> dict[str, Any]:
        browser = self._free.pop() if self._free else Browser(self._tools)
        answer = browser.asked(self._job | job)
        if "error" in answer:
            browser.end()
        else:
            self._free.append(browser)
        return answer
