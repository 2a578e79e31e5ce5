"""How a fabnode is fitted to its machine: the commands that its EEPROM keeps."""

import re
from typing import Literal
from uuid import UUID

from firmware_bridge.dialects.fabnode_frame import SEQUENCE_MAX, command

type MachineKind = Literal["other", "laser", "sewing", "drill", "kiln"]

CELSIUS_MAX = 1_372  # of a type K thermocouple
NAME_MAX = 16

_NAME = re.compile(rf"[A-Za-z0-9._-]{{1,{NAME_MAX}}}\Z")


def adopt(request: int, uuid: UUID, boot: int) -> bytes:
    """Name a blank or corrupt board; `boot` must be higher than any seen with the
    same uuid. Errors: ValueError.
    """
    if not 1 <= boot <= SEQUENCE_MAX:
        raise ValueError(f"boot must be in 1..{SEQUENCE_MAX}, got {boot}")
    return command(request, f"adopt {uuid} {boot}")


def tune(
    request: int,
    *,
    on_mv: int,
    off_mv: int,
    zero_mv: int,
    mv_per_a: int,
    has_counter: bool,
) -> bytes:
    """Set thresholds (RMS millivolts), the sensor's zero and scale. Errors: ValueError."""
    if not 5 <= off_mv < on_mv <= 2_000:
        raise ValueError(f"want 5 <= off_mv < on_mv <= 2000, got {off_mv}, {on_mv}")
    if not 0 <= zero_mv <= 5_000 or not 1 <= mv_per_a <= SEQUENCE_MAX:
        raise ValueError(f"zero_mv {zero_mv} or mv_per_a {mv_per_a} is out of range")
    words = f"tune {on_mv} {off_mv} {zero_mv} {mv_per_a} {int(has_counter)}"
    return command(request, words)


def heat(request: int, *, hot_c: int, cold_c: int) -> bytes:
    """At work from hot_c, at rest again from cold_c; 0, 0: no thermocouple is fitted.

    Errors: ValueError.
    """
    if (hot_c, cold_c) != (0, 0) and not 0 <= cold_c < hot_c <= CELSIUS_MAX:
        raise ValueError(
            f"want 0 <= cold_c < hot_c <= {CELSIUS_MAX}, got {cold_c}, {hot_c}"
        )
    return command(request, f"heat {hot_c} {cold_c}")


def label(request: int, *, kind: MachineKind, name: str) -> bytes:
    """Say what the machine is and what people call it. Errors: ValueError."""
    return command(request, f"label {kind} {shown_name(name)}")


def shown_name(name: str) -> str:
    """A name as the board takes it: '_' for a space. Errors: ValueError."""
    word = name.strip().replace(" ", "_")
    if not _NAME.match(word):
        raise ValueError(
            f"a name on the display is 1 to {NAME_MAX} letters without accents, "
            f"digits, '.', '-', spaces; got {name[:40]!r}"
        )
    return word
