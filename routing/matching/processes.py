"""Which process is a kind of which: the tree behind every capability question.

Upper codes are TsDC's, as OKH manifests use them; finer ones are written after a dash.
*Is a*, never *is like*: laser cutting is no vinyl cutting, FDM is no SLA.
"""

from collections.abc import Mapping
from typing import Final

PARENT_OF: Final[Mapping[str, str]] = {
    "3DP-FDM": "3DP",
    "3DP-SLA": "3DP",
    "3DP-SLS": "3DP",
    "CNC-MIL": "CNC",
    "CNC-MIL-3AX": "CNC-MIL",
    "CNC-MIL-5AX": "CNC-MIL",
    "CNC-TUR": "CNC",
    "CNC-ROU": "CNC",
    "CUT-VIN": "CUT",
    "CUT-PLA": "CUT",
    "CUT-WAT": "CUT",
    "LAS-CUT": "LAS",
    "LAS-ENG": "LAS",
    "PCB-FAB": "PCB",
    "PCB-ASM": "PCB",
    "WEL-MIG": "WEL",
    "WEL-TIG": "WEL",
    "TEX-SEW": "TEX",
    "TEX-EMB": "TEX",
    "TEX-KNI": "TEX",
}
DEPTH_MAX: Final = 8


def canonical(process: str) -> str:
    """Return the code as the tree spells it: upper case, dashes, no blanks."""
    return process.strip().upper().replace("_", "-").replace(" ", "-")


def is_a(offered: str, required: str) -> bool:
    """Whether offering `offered` is offering `required`: itself or a kind of it."""
    process: str | None = canonical(offered)
    target = canonical(required)
    for _ in range(DEPTH_MAX):
        if process == target:
            return True
        process = PARENT_OF.get(process or "")
        if process is None:
            return False
    return False
