"""Simulated people at the machines: they arm and clear as people do, a little late.

`python -m device_agents.simulators.operators FOLDER …` looks after those agents through
their local pages, as anybody in the lab could.
"""

import random
import signal
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import structlog
import typer

from device_agents.settings import clock_of, load_secrets, load_settings
from firmware_bridge.clock import Clock

log = structlog.get_logger()

LOOK_EVERY_S = 0.5  # wall
TIMEOUT_S = 5.0  # wall

# What a person does about a machine that shows a state, and again if it did not help.
_ACTS = {
    "needs-arming": ("arm",),
    "needs-clearing": ("clear",),
    "unknown": ("clear",),
    "alarm": ("home", "unlock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people take their time, in seconds of the lab's clock."""

    typical_s: float = 60.0  # the median of a log-normal delay
    spread: float = 0.5  # of its logarithm
    away_share: float = 0.08  # how often somebody is having coffee
    away_s: float = 900.0


@dataclass(slots=True, kw_only=True)
class _Intent:
    """What somebody is about to do, and when."""

    due: datetime
    tries: int = 0


@dataclass(slots=True, kw_only=True)
class Operator:
    """Looks after the machines of one agent."""

    url: str
    pin: str
    clock: Clock
    draw: random.Random
    habits: Habits = field(default_factory=Habits)
    _intents: dict[tuple[str, str, str], _Intent] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, *, seed: int, habits: Habits | None = None) -> "Operator":
        """Whoever works beside the agent of that folder. Errors: SettingsError."""
        settings = load_settings(folder)
        return cls(
            url=f"http://127.0.0.1:{settings.local.port}",
            pin=load_secrets(folder).arming_pin.get_secret_value(),
            clock=clock_of(settings.clock),
            draw=random.Random(f"{seed} {folder.name}"),  # noqa: S311  # a simulation
            habits=habits or Habits(),
        )

    def look(self, client: httpx.Client) -> None:
        """See every machine, and do what is due. An agent that is away is let be."""
        try:
            answer = client.get(f"{self.url}/state")
            machines = answer.raise_for_status().json()["machines"]
        except (httpx.HTTPError, ValueError):
            return
        seen = set()
        for machine in machines:
            wish = _wish(machine)
            if wish is not None:
                seen.add(wish)
                self._mind(client, machine, wish)
        self._intents = {key: self._intents[key] for key in seen}

    def _mind(
        self, client: httpx.Client, machine: dict[str, Any], wish: tuple[str, str, str]
    ) -> None:
        now = self.clock.now()
        intent = self._intents.get(wish)
        if intent is None:
            due = now + timedelta(seconds=self._delay_s())
            self._intents[wish] = _Intent(due=due)
        elif now >= intent.due:
            acts = _ACTS[machine["state"]]
            self._act(client, machine, acts[intent.tries % len(acts)])
            intent.tries += 1
            intent.due = now + timedelta(seconds=self._delay_s())

    def _act(self, client: httpx.Client, machine: dict[str, Any], act: str) -> None:
        body = {"machine_id": machine["machine_id"], "pin": self.pin}
        if machine["job"] is not None:
            body["job_id"] = machine["job"]["job_id"]
        try:
            answer = client.post(f"{self.url}/{act}", json=body)
        except httpx.HTTPError as error:
            log.info("agent-away", url=self.url, reason=repr(error))
            return
        log.info("acted", act=act, status=answer.status_code, **_named(machine))

    def _delay_s(self) -> float:
        habits = self.habits
        if self.draw.random() < habits.away_share:
            return habits.away_s * self.draw.uniform(0.5, 1.5)
        return habits.typical_s * self.draw.lognormvariate(0.0, habits.spread)


def look_after(
    operators: list[Operator],
    ended: threading.Event,
    look_every_s: float = LOOK_EVERY_S,
) -> None:
    """Look at every lab in turn until `ended`."""
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
        while not ended.wait(look_every_s):
            for operator in operators:
                operator.look(client)


def _wish(machine: dict[str, Any]) -> tuple[str, str, str] | None:
    """What this machine wants of a person; None: nothing."""
    state, job = machine["state"], machine["job"]
    if state not in _ACTS:
        return None
    if state == "needs-arming" and (job is None or job["stage"] != "needs-arming"):
        return None  # armed already
    return machine["machine_id"], state, job["job_id"] if job else ""


def _named(machine: dict[str, Any]) -> dict[str, str]:
    job = machine["job"]
    return {
        "machine_id": machine["machine_id"],
        "job_id": job["job_id"] if job else "",
    }


def main(
    folders: Annotated[list[Path], typer.Argument(help="Agents' folders.")],
    seed: Annotated[int, typer.Option(help="The same seed, the same delays.")] = 1,
    typical_s: Annotated[
        float, typer.Option(help="Usual delay, seconds of the labs' clock.")
    ] = 60.0,
    away_s: Annotated[
        float, typer.Option(help="Delay of somebody who is away just then.")
    ] = 900.0,
) -> None:
    """Arm and clear at these labs until SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    habits = Habits(typical_s=typical_s, away_s=away_s)
    look_after(
        [Operator.of(folder, seed=seed, habits=habits) for folder in folders], ended
    )


if __name__ == "__main__":
    typer.run(main)
