"""What a person would read on the simulated display, letter by letter."""

import re

from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.sketches.build import SKETCH

SMALL_DOTS, LARGE_DOTS = 6, 12
_GLYPH = re.compile(r"\{(0x[^}]+)\}, // (space|.)$", re.M)


def lines_on(node: AvrNode) -> list[str] | None:
    """Name, state, count and hint; '?' for what is no letter; None: it is dark."""
    strips = node.display()
    if strips is None:
        return None
    letter_of = _font()
    return [
        _small(strips[0], letter_of),
        _large(strips[2], strips[3], letter_of),
        _large(strips[5], strips[6], letter_of),
        _small(strips[7], letter_of),
    ]


def _font() -> dict[bytes, str]:
    found = _GLYPH.findall((SKETCH / "font.h").read_text())
    assert len(found) == 59
    return {
        bytes(int(column, 16) for column in columns.split(",")): name.replace(
            "space", " "
        )
        for columns, name in found
    }


def _small(strip: bytes, letter_of: dict[bytes, str]) -> str:
    cells = (strip[at : at + 5] for at in range(0, 126, SMALL_DOTS))
    return "".join(letter_of.get(cell, "?") for cell in cells).rstrip()


def _large(upper: bytes, lower: bytes, letter_of: dict[bytes, str]) -> str:
    columns = [_halved(upper[at]) | _halved(lower[at]) << 4 for at in range(0, 120, 2)]
    assert [*upper[0:120:2]] == [*upper[1:120:2]]  # each column stands twice
    cells = (bytes(columns[at : at + 5]) for at in range(0, 60, SMALL_DOTS))
    return "".join(letter_of.get(cell, "?") for cell in cells).rstrip()


def _halved(octet: int) -> int:
    return sum((octet >> 2 * bit & 1) << bit for bit in range(4))
