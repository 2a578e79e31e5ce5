"""A 32-bit controller board with grblHAL, where it differs from GRBL 1.1.

After `report.c`, `grbl.h` and `config.h` of github.com/grblHAL/core: what `$I`, `$I+`
and the status report add, the real-time bytes above 0x7F, and the larger buffers.
"""

from dataclasses import dataclass

from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.motion import Vector

_PLAIN_OF = {0x80: ord("?"), 0x81: ord("~"), 0x82: ord("!"), 0x87: ord("?")}
_PLAIN = frozenset(_PLAIN_OF.values())
_REPORT_ALL = 0x87


@dataclass(slots=True, kw_only=True)
class GrblHalBoard(GrblBoard):
    """grblHAL. `level` is its COMPATIBILITY_LEVEL: above 0 it hides behind GRBL's words
    until `$I+` is asked. Axes beyond the third stand still.
    """

    rx_bytes: int = 1024
    blocks: int = 100
    build_questions: tuple[str, ...] = ("$I", "$I+")
    line_max: int = 256
    greeting: bytes = b"\r\nGrblHAL 1.1f ['$' or '$HELP' for help]\r\n"
    axes: str = "XYZ"
    level: int = 0
    plain_real_time: bool = True  # whether `?`, `~` and `!` act at once
    _alarm_code: int = 0
    _tells_all: bool = False

    def __post_init__(self) -> None:
        GrblBoard.__post_init__(self)
        if self.level:
            self.greeting = b"\r\nGrbl 1.1f ['$' for help]\r\n"

    def _act_now(self, byte: int) -> None:
        if byte in _PLAIN and not self.plain_real_time:
            self._buffer(bytes((byte,)))
            return
        self._tells_all = byte == _REPORT_ALL
        GrblBoard._act_now(self, _PLAIN_OF.get(byte, byte))  # noqa: SLF001 (base)

    def _alarm(self, code: int, *, stuck: bool) -> None:
        self._alarm_code = code
        GrblBoard._alarm(self, code, stuck=stuck)  # noqa: SLF001 (base)

    def _shown_state(self) -> str:
        shown = GrblBoard._shown_state(self)  # noqa: SLF001 (base)
        if shown == "Alarm" and self._alarm_code:
            return f"Alarm:{self._alarm_code}"
        return shown

    def _axes_text(self, place: Vector) -> str:
        still = (0.0,) * (len(self.axes) - 3)
        return ",".join(f"{at:.3f}" for at in (*place, *still))

    def _more_text(self) -> str:
        return "|FW:grblHAL" if self._tells_all else ""

    def _build_text(self, line: str) -> bytes:
        extended = line == "$I+" or not self.level
        sizes = f"{self.blocks},{self.rx_bytes}"
        said = [f"VER:1.1f.20240812:{self.build}"]
        if not extended:
            return _bracketed([*said, f"OPT:VNMHSL,{sizes}"])
        legacy = "+" if self.plain_real_time else "-"
        said += [
            f"OPT:VNMHSL,{sizes},{len(self.axes)},0",
            f"AXS:{len(self.axes)}:{self.axes}",
            f"NEWOPT:ENUMS,RT{legacy},HOME,SED",
            "FIRMWARE:grblHAL",
            "SIGNALS:HSEP",
            "NVS STORAGE:*FLASH",
            "FREE MEMORY:112K",
            "DRIVER:STM32F407@168MHz",
            "BOARD:Generic",
        ]
        return _bracketed(said)


def _bracketed(said: list[str]) -> bytes:
    return "".join(f"[{line}]\r\n" for line in said).encode()
