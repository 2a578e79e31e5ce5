"""Waiting for heat on the host, where a board that waits hears nothing else."""

from dataclasses import dataclass

from firmware_bridge.gcode.words import parse

_SLACK_C = 1.5

# Commands that wait: what they heat, and the same without waiting.
_WAITS = {"M109": ("nozzle", "M104"), "M190": ("bed", "M140")}


@dataclass(slots=True)
class HeatWait:
    """The temperature that is still to come, if one is."""

    _goal: tuple[str, float] | None = None

    def begin(self, command: str) -> None:
        """`command` was sent in its form without waiting: wait here, if it would."""
        if command[:4] in _WAITS:
            heater, _ = _WAITS[command[:4]]
            degrees_c = (value or 0.0 for _, value in parse(command)[1:])
            self._goal = heater, max(degrees_c, default=0.0)

    def is_on(self, temperatures_c: dict[str, float]) -> bool:
        """Whether the temperature was not seen yet; cooling is not waited for."""
        if self._goal is not None:
            heater, goal_c = self._goal
            if temperatures_c.get(heater, 0.0) >= goal_c - _SLACK_C:
                self._goal = None
        return self._goal is not None


def without_wait(command: str) -> str:
    """The command that heats and does not wait; others as they are."""
    if command[:4] not in _WAITS:
        return command
    _, sets = _WAITS[command[:4]]
    return sets + command[4:].replace("R", "S")
