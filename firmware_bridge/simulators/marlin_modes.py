"""How the simulated Marlin reads a move: what its earlier lines have set."""

from dataclasses import dataclass

from firmware_bridge.simulators.arcs import arc
from firmware_bridge.simulators.marlin_line import Command, target_of
from firmware_bridge.simulators.motion import Vector

MODE_COMMANDS = frozenset({"G90", "G91", "M82", "M83", "G92"})


@dataclass(slots=True)
class Modes:
    """As after a start. Lengths in mm, speed in mm/s."""

    absolute: bool = True
    e_absolute: bool = True
    e: float = 0.0
    feed: float = 25.0

    def take(self, command: Command) -> None:
        """One of MODE_COMMANDS."""
        match command.name:
            case "G90" | "G91":
                self.absolute = self.e_absolute = command.name == "G90"
            case "M82" | "M83":
                self.e_absolute = command.name == "M82"
            case _:
                self.e = command.get("E", self.e)

    def targets(self, command: Command, start: Vector, travel: Vector) -> list[Vector]:
        """Where G0 to G3 lead from `start`, within the travel. Errors: ArcError."""
        end = target_of(command, start, travel, absolute=self.absolute)
        if command.get("F") > 0:
            self.feed = command.get("F") / 60.0
        if command.name not in ("G2", "G3"):
            return [end]
        numbers = {k: v for k, v in command.value_of.items() if v is not None}
        right = command.name == "G2"
        return arc(start, end, numbers, (0, 1, 2), clockwise=right)

    def drawn_mm(self, command: Command) -> float:
        """How much filament a move asks for."""
        if "E" not in command.value_of:
            return 0.0
        value = command.get("E")
        extruded = value - self.e if self.e_absolute else value
        self.e += extruded
        return extruded
