"""The simulated GRBL's factory settings, and its answers to `$I`, `$$`, `$#` and `$G`."""

from collections.abc import Callable

from firmware_bridge.simulators.grbl_words import Modes
from firmware_bridge.simulators.motion import Vector

DEFAULT_SETTINGS: dict[int, float] = {
    0: 10, 1: 25, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 10: 1, 11: 0.01, 12: 0.002, 13: 0,
    20: 1, 21: 1, 22: 1, 23: 0, 24: 25, 25: 500, 26: 250, 27: 1, 30: 1000, 31: 0,
    32: 0, 100: 250, 101: 250, 102: 250, 110: 3000, 111: 3000, 112: 1000,
    120: 200, 121: 200, 122: 100, 130: 300, 131: 200, 132: 80,
}  # fmt: skip

_OFFSETS = ("G54", "G55", "G56", "G57", "G58", "G59", "G28", "G30", "G92")
_PLANE_OF = {(0, 1, 2): 17, (2, 0, 1): 18, (1, 2, 0): 19}


def build_text(build: str, blocks: int, rx_bytes: int) -> bytes:
    """What `$I` says."""
    options = f"[OPT:V,{blocks},{rx_bytes}]\r\n"
    return f"[VER:1.1h.20190825:{build}]\r\n{options}".encode()


def settings_text(settings: dict[int, float]) -> bytes:
    """What `$$` says."""
    lines = []
    for number, value in sorted(settings.items()):
        shown = f"{value:.3f}" if number >= 100 or value % 1 else f"{value:g}"
        lines.append(f"${number}={shown}\r\n")
    return "".join(lines).encode()


def offsets_text(
    offsets: dict[str, Vector], axes_text: Callable[[Vector], str]
) -> bytes:
    """What `$#` says."""
    lines = []
    for name in _OFFSETS:
        place = offsets.get(name, (0.0, 0.0, 0.0))
        lines.append(f"[{name}:{axes_text(place)}]\r\n")
    probed = f"[PRB:{axes_text((0.0, 0.0, 0.0))}:0]\r\n"
    return "".join(lines).encode() + b"[TLO:0.000]\r\n" + probed.encode()


def modes_text(modes: Modes) -> bytes:
    """What `$G` says."""
    units = 21 if modes.unit == 1.0 else 20
    distance = 90 if modes.absolute else 91
    return (
        f"[GC:G{modes.motion:g} {modes.system} G{_PLANE_OF[modes.plane]} "
        f"G{units} G{distance} G94 "
        f"M{3 if modes.spindle_on else 5} M{8 if modes.coolant_on else 9} "
        f"T0 F{modes.feed:g} S{modes.spindle:g}]\r\n"
    ).encode()
