"""Another release in force, between two jobs, and back by itself if it does not work."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from device_agents.agent.agent import LOCK
from device_agents.errors import UpdateError
from device_agents.settings import load_settings
from device_agents.setup.releases import Releases, holding
from firmware_bridge.clock import Clock, WallClock

LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of release. `say` is told each step before it is done."""

    lab: Path
    say: Callable[[str], None]
    wait_s: float = 0.0  # for machines to end their jobs
    trial_s: float = 120.0  # for the new one to reach the broker
    wall: Clock = field(default_factory=WallClock)

    def update(self, source: Path) -> str:
        """Put `source`'s release in force. Errors: UpdateError, SettingsError."""
        releases = Releases(self.lab)
        with holding(self.lab):
            self.say(f"building the release of {source}")
            version = releases.build(source)
            if version == releases.current:
                raise UpdateError(f"{version} is in force already")
            self._put_in_force(releases, version)
        return version

    def rollback(self) -> str:
        """Put the release before this one in force. Errors: as `update`."""
        releases = Releases(self.lab)
        with holding(self.lab):
            version = releases.previous
            if version is None or not releases.is_whole(version):
                raise UpdateError("there is no release from before to go back to")
            self._put_in_force(releases, version)
        return version

    def _put_in_force(self, releases: Releases, version: str) -> None:
        self.say(f"trying whether {version} can read {self.lab}")
        releases.check(version, self.lab)
        before = releases.current
        if before is None:
            self.say(f"putting {version} in force")
            releases.switch(version)
            return
        self._wait_for_rest()
        self.say(f"noting that {before} worked")
        releases.begin_trial(before)
        self.say(f"putting {version} in force")
        releases.switch(version)
        self.say(f"starting {version}")
        if not self._works(version):
            self._go_back(releases, before, version)
        self.say(f"keeping {version}")
        releases.end_trial(before)
        releases.forget_failure()
        self.say("removing what is older")
        releases.forget_others()

    def _go_back(self, releases: Releases, before: str, version: str) -> None:
        words = (
            f"{version} did not reach the network's broker within {self.trial_s:g} s; "
            f"{before} is in force again"
        )
        self.say(f"going back to {before}")
        releases.switch(before)
        releases.note_failure(words)
        releases.end_trial(None)
        self._works(before)
        raise UpdateError(words)

    def _wait_for_rest(self) -> None:
        """Until no machine works. Errors: UpdateError, with what to do."""
        until_s = self.wall.monotonic_s() + self.wait_s
        told = False
        while _pid(self.lab) is not None:
            state = self._state()
            if state is None:
                raise UpdateError(
                    "the agent runs but does not answer; look at its page"
                )
            at_work = [one["name"] for one in state["machines"] if _works(one)]
            if not at_work:
                return
            if self.wall.monotonic_s() >= until_s:
                raise UpdateError(
                    f"{', '.join(at_work)} at work: nothing was changed; run this again "
                    "when the job has ended, or with --wait MINUTES"
                )
            if not told:
                self.say(f"waiting for {', '.join(at_work)}")
                told = True
            self.wall.sleep(LOOK_EVERY_S)

    def _works(self, version: str) -> bool:
        """End the agent that runs, and see that `version` takes over and is in touch."""
        with self._running():
            until_s = self.wall.monotonic_s() + self.trial_s
            while self.wall.monotonic_s() < until_s:
                state = self._state()
                if state and state.get("version") == version and state["connected"]:
                    return True
                self.wall.sleep(LOOK_EVERY_S)
        return False

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Who ran the agent starts it again; where nobody did, it runs for the trial."""
        pid = _pid(self.lab)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            yield
            return
        program = str(Releases(self.lab).program)
        trial = subprocess.Popen([program], stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            trial.terminate()
            trial.wait()

    def _state(self) -> dict[str, Any] | None:
        port = load_settings(self.lab).local.port
        url = f"http://127.0.0.1:{port}/state"
        try:
            answer = httpx.get(url, timeout=10.0, trust_env=False)
        except httpx.HTTPError:
            return None
        state: dict[str, Any] | None = answer.json() if answer.is_success else None
        return state


def _works(machine: dict[str, Any]) -> bool:
    job = machine["job"]
    armed = job is not None and job["stage"] in ("armed", "started")
    return armed or machine["state"] in ("running", "paused")


def _pid(lab: Path) -> int | None:
    """The process that runs in the folder now. Errors: UpdateError."""
    path = lab / LOCK
    if not path.exists():
        return None
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            text = file.read(20).strip()
            if text.isdigit():
                return int(text)
            raise UpdateError(
                "the agent that runs does not tell who it is: end it, then run this again"
            ) from None
    return None
