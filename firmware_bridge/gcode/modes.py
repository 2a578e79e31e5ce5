"""What a board has been told apart from its place: switches, targets, settings."""

from dataclasses import dataclass, field, replace
from typing import Self

from firmware_bridge.gcode.words import Word

# Marlin's settings that stay until they are told again, letter by letter.
_SETTINGS = frozenset(
    {200, 201, 203, 204, 205, 207, 208, 220, 221, 355, 412, 413, 420, 569, 593, 900}
)
_OBJECT = 486
_FIRMWARE_RETRACT = {10.0: True, 11.0: False}
_SPINDLE = frozenset({3, 4, 5})
_COOLANT = frozenset({7, 8})

type Values = dict[str, float]


@dataclass(slots=True, kw_only=True)
class Modes:
    """Line by line, beside an `Interpreter`. GRBL: `modal_motion`."""

    modal_motion: bool
    spindle: int = 5  # M3, M4 or M5
    speed: float = 0.0  # S
    coolant: frozenset[int] = frozenset()
    tool: int = 0
    bed_c: float = 0.0
    nozzle_c: dict[int, float] = field(default_factory=dict)  # by tool
    fans: dict[int, Values] = field(default_factory=dict)  # M106, by fan
    settings: dict[int, Values] = field(default_factory=dict)
    filament_mm: float = 0.0  # fed so far, by this tool
    filament_most_mm: float = 0.0
    firmware_retracted: bool = False
    bed_measured: bool = False  # G29: the board knows its bed until it is reset

    @property
    def retracted_mm(self) -> float:
        """How far the filament is drawn back."""
        return self.filament_most_mm - self.filament_mm

    def take(self, words: list[Word], extruded_mm: float) -> None:
        """One line; `extruded_mm` of it, where it moves."""
        if extruded_mm:
            self.filament_mm += extruded_mm
            self.filament_most_mm = max(self.filament_most_mm, self.filament_mm)
        if self.modal_motion:
            self._take_grbl(words)
        else:
            self._take_marlin(words)

    def kept(self) -> Self:
        """A copy that later lines do not change."""
        return replace(
            self,
            nozzle_c=dict(self.nozzle_c),
            fans=dict(self.fans),
            settings=dict(self.settings),
        )

    def _take_grbl(self, words: list[Word]) -> None:
        for letter, value in words:
            if value is None:
                continue
            code = int(value)
            if letter == "S":
                self.speed = value
            elif letter == "T":
                self.tool = code
            elif letter != "M":
                continue
            elif code in _SPINDLE:
                self.spindle = code
            elif code in _COOLANT:
                self.coolant |= {code}
            elif code == 9:
                self.coolant = frozenset()
            elif code in (2, 30):
                self.spindle, self.coolant = 5, frozenset()

    def _take_marlin(self, words: list[Word]) -> None:
        letter, value = words[0]
        if value is None:
            return
        code = int(value)
        values = {name: number or 0.0 for name, number in words[1:]}
        if letter == "T":
            if code != self.tool:
                self.tool = code
                self.filament_mm = self.filament_most_mm = 0.0
        elif letter == "G":
            self.firmware_retracted = _FIRMWARE_RETRACT.get(
                value, self.firmware_retracted
            )
            self.bed_measured = self.bed_measured or code == 29
        elif code in (104, 109):
            tool = int(values.get("T", self.tool))
            self.nozzle_c[tool] = values.get("S") or values.get("R") or 0.0
        elif code in (140, 190):
            self.bed_c = values.get("S") or values.get("R") or 0.0
        elif code in (106, 107):
            fan = int(values.get("P", 0))
            full = {"S": 255.0} if code == 106 else {"S": 0.0}
            self.fans[fan] = {**full, **values, "P": float(fan)}
        elif code in _SETTINGS:
            self.settings[code] = {**self.settings.get(code, {}), **values}
