"""The allow-list: which commands each kind of machine may be given, word by word."""

from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.words import Word

# What GRBL 1.1 knows (gcode.c), less what touches EEPROM, offsets, probes or homing.
GRBL_GROUPS = (
    frozenset({0.0, 1.0, 2.0, 3.0, 80.0}),
    frozenset({4.0}),
    frozenset({17.0, 18.0, 19.0}),
    frozenset({20.0, 21.0}),
    frozenset({90.0, 91.0}),
    frozenset({91.1}),
    frozenset({94.0}),
    frozenset({40.0}),
    frozenset({49.0}),
    frozenset({54.0}),
    frozenset({61.0}),
)
_GROUP_OF = {code: place for place, group in enumerate(GRBL_GROUPS) for code in group}
_GRBL_M = frozenset({0, 1, 2, 3, 4, 5, 8, 9, 30})
_GRBL_LETTERS = frozenset("FGIJKMPRSTXYZ")

_PRINTER_G = frozenset(
    {0, 1, 2, 3, 4, 5, 10, 11, 12, 21, 27, 28, 29, 34, 80, 90, 91, 92}
)
_PRINTER_M = frozenset(
    {0, 1, 18, 31, 73, 75, 76, 77, 78, 80, 82, 83, 84, 104, 105, 106, 107, 109, 114}
    | {115, 117, 140, 141, 150, 155, 163, 164, 190, 192, 200, 201, 203, 204, 205, 207}
    | {208, 220, 221, 240, 280, 300, 355, 400, 401, 402, 412, 413, 420, 486, 569, 593}
    | {600, 862, 900}
)
_PERCENT = range(10, 201)
_ONLY_OFF = {141.0: "the chamber's heater", 200.0: "volumetric extrusion"}
_AXES = frozenset("XYZ")


def allow_grbl(words: list[Word]) -> None:
    """Errors: ProgramError naming the word that GRBL or the lab does not take."""
    seen: set[str] = set()
    groups: set[int] = set()
    for letter, value in words:
        if letter not in _GRBL_LETTERS:
            raise ProgramError(f"word {letter} is not allowed")
        if value is None:
            raise ProgramError(f"{letter} without a number")
        if letter == "G":
            group = _GROUP_OF.get(value)
            if group is None:
                raise ProgramError(f"G{value:g} is not allowed on this machine")
            if group in groups:
                raise ProgramError(f"G{value:g} contradicts its own line")
            groups.add(group)
        elif letter == "M":
            if value not in _GRBL_M:
                raise ProgramError(f"M{value:g} is not allowed on this machine")
        elif letter in seen:
            raise ProgramError(f"{letter} twice in one line")
        else:
            seen.add(letter)


def allow_printer(words: list[Word], *, may_set_z: bool = False) -> None:
    """Errors: ProgramError naming what no printer's program may say.

    `may_set_z`: the agent's own lines say where a nozzle stands that nobody can home.
    """
    letter, code = words[0]
    if letter == "T" and all(other == "S" for other, _ in words[1:]):
        return
    if letter not in "GM" or any(other in "GM" for other, _ in words[1:]):
        raise ProgramError("one G or M command a line, and first")
    if code is None or code not in (_PRINTER_G if letter == "G" else _PRINTER_M):
        shown = "" if code is None else f"{code:g}"
        raise ProgramError(f"{letter}{shown} is not allowed on this machine")
    if len(words) > 1 or code == 92:
        is_own = may_set_z and code == 92 and [name for name, _ in words] == ["G", "Z"]
        if not is_own:
            _allow_printer_values(letter, code, dict(words[1:]))


def _allow_printer_values(
    letter: str, code: float, value_of: dict[str, float | None]
) -> None:
    if letter == "G" and code == 5:
        raise ProgramError("G5 is a curve that this check can't follow")
    if letter == "G" and code == 92:
        if any(axis in value_of for axis in _AXES):
            raise ProgramError("G92 may set the extruder only, never an axis")
        if "E" not in value_of:
            raise ProgramError("G92 without E would set every axis")
    if letter == "M" and code in _ONLY_OFF and any(value_of.values()):
        raise ProgramError(f"M{code:g} may only switch {_ONLY_OFF[code]} off")
    if letter == "M" and code == 412 and value_of.get("S") == 0:
        raise ProgramError("M412 may not switch the filament sensor off")
    if letter == "M" and code in (220, 221):
        percent = value_of.get("S")
        if percent is None or int(percent) not in _PERCENT:
            raise ProgramError("speed and flow stay within 10 to 200 percent")
