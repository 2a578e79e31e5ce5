"""What the simulated Marlin says of itself, release by release."""

from dataclasses import dataclass

from firmware_bridge.simulators.heat import Heater
from firmware_bridge.simulators.motion import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What differs between Marlin's releases for one that streams to it.

    After Marlin 1.0.2, 1.1.9 and 2.1.2: `language.h`, `Marlin_main.cpp` and
    `configuration_store.cpp`, later `gcode/` and `module/settings.cpp`.
    """

    greeting: tuple[str, ...]
    firmware: str  # M115's first line
    capabilities: tuple[str, ...]
    keeps_alive: bool  # says `busy:` in long commands
    waits: frozenset[str]  # commands that are answered when all motion is over
    unknown: frozenset[str] = frozenset()  # commands that it has not got
    settings: tuple[str, ...]  # M503
    endstops: str = "Soft endstops: On  Min: {low}   Max: {high}"


_WAITS = frozenset({"M400", "G4", "G28"})

MARLIN_2_1 = Release(
    greeting=(
        "start",
        "echo:Marlin 2.1.2.1",
        "echo: Last Updated: 2023-05-16 | Author: (none, default config)",
        "echo: Free Memory: 3487  PlannerBufferBytes: 1200",
    ),
    firmware="Marlin 2.1.2.1 (May 16 2023 12:00:00) "
    "SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin",
    capabilities=(
        "SERIAL_XON_XOFF:0", "BINARY_FILE_TRANSFER:0", "EEPROM:1", "VOLUMETRIC:1",
        "AUTOREPORT_POS:0", "AUTOREPORT_TEMP:1", "PROGRESS:0", "PRINT_JOB:1",
        "AUTOLEVEL:0", "RUNOUT:0", "EMERGENCY_PARSER:{emergency}",
        "HOST_ACTION_COMMANDS:0", "PROMPT_SUPPORT:0", "SDCARD:0", "ARCS:1",
    ),
    keeps_alive=True,
    waits=_WAITS,
    settings=(
        "; Steps per unit:", " M92 X80.00 Y80.00 Z400.00 E93.00",
        "; Max feedrates (units/s):", "  M203 {speed} E25.00",
        "; Max Acceleration (units/s2):", "  M201 {acceleration} E10000.00",
        "; Acceleration (units/s2):", "  M204 P{usual} R{usual} T{usual}",
        "; Advanced:", "  M205 B20000.00 S0.00 T0.00 J0.02",
    ),
    endstops="Soft endstops: On  Min:  {low}   Max:  {high}",
)  # fmt: skip
MARLIN_1_1 = Release(
    greeting=(
        "start",
        "echo:Marlin 1.1.9",
        "echo: Last Updated: 2018-07-31 | Author: (none, default config)",
        "echo: Free Memory: 4404  PlannerBufferBytes: 1232",
    ),
    firmware="Marlin 1.1.9 (Github) "
    "SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin",
    capabilities=(
        "SERIAL_XON_XOFF:0", "EEPROM:1", "VOLUMETRIC:1", "AUTOREPORT_TEMP:1",
        "PROGRESS:0", "PRINT_JOB:1", "EMERGENCY_PARSER:{emergency}",
    ),
    keeps_alive=True,
    waits=_WAITS | {"M114"},
    settings=(
        "Steps per unit:", "  M92 X80.00 Y80.00 Z400.00 E93.00",
        "Maximum feedrates (units/s):", "  M203 {speed} E25.00",
        "Maximum Acceleration (units/s2):", "  M201 {acceleration} E10000.00",
        "Acceleration (units/s2): P<print_accel> R<retract_accel> T<travel_accel>",
        "  M204 P{usual} R{usual} T{usual}",
        "  M205 Q20000.00 S0.00 T0.00 X10.00 Y10.00 Z0.40 E5.00",
    ),
)  # fmt: skip
MARLIN_1_0 = Release(
    greeting=(
        "start",
        "echo:Marlin 1.0.2",
        "echo: Last Updated: Sep  3 2018 15:45:59 | Author: (none, default config)",
        "echo: Free Memory: 9679  PlannerBufferBytes: 1232",
    ),
    firmware="Marlin V1.0.2; Sprinter/grbl mashup for gen6 "
    "FIRMWARE_URL:http://www.mendel-parts.com",
    capabilities=(),
    keeps_alive=False,
    waits=_WAITS,
    unknown=frozenset({"M155", "M211", "M108"}),
    settings=(
        "Steps per unit:", "  M92 X80.00 Y80.00 Z400.00 E93.00",
        "Maximum feedrates (mm/s):", "  M203 {speed} E25.00",
        "Maximum Acceleration (mm/s2):", "  M201 {acceleration} E10000",
        "Acceleration: S=acceleration, T=retract acceleration",
        "  M204 S{usual} T{usual}",
        "  M205 S0.00 T0.00 B20000 X20.00 Z0.40 E5.00",
    ),
)  # fmt: skip


def banner(release: Release) -> bytes:
    """What the board says after a start."""
    return "\n".join([*release.greeting, ""]).encode()


def firmware_text(release: Release, name: str, uuid: str, *, emergency: bool) -> bytes:
    """What M115 says."""
    told = [line.format(emergency=int(emergency)) for line in release.capabilities]
    return (
        f"FIRMWARE_NAME:{release.firmware} PROTOCOL_VERSION:1.0 "
        f"MACHINE_TYPE:{name} EXTRUDER_COUNT:1 UUID:{uuid}\n"
        + "".join(f"Cap:{line}\n" for line in told)
    ).encode()


def settings_text(
    release: Release, command: str, travel: Vector, speed: Vector, acceleration: Vector
) -> bytes:
    """What M503 or M211 says; mm, mm/s, mm/s²."""
    lines = (release.endstops,) if command == "M211" else release.settings
    words = {
        "low": _axes((0.0, 0.0, 0.0)),
        "high": _axes(travel),
        "speed": _axes(speed),
        "acceleration": _axes(acceleration),
        "usual": f"{min(acceleration[:2]):.2f}",
    }
    return "".join(f"echo:{line.format(**words)}\n" for line in lines).encode()


def place_text(place: Vector, extruder_mm: float) -> bytes:
    """What M114 says."""
    x, y, z = place
    counts = f"Count X:{x * 80:.0f} Y:{y * 80:.0f} Z:{z * 400:.0f}"
    return f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:{extruder_mm:.2f} {counts}\n".encode()


def _axes(values: Vector) -> str:
    return "X{:.2f} Y{:.2f} Z{:.2f}".format(*values)


def heat_text(nozzle: Heater, bed: Heater, now_s: float) -> bytes:
    """Temperatures as M105 and the automatic report give them."""
    return (
        f"T:{nozzle.at(now_s):.2f} /{nozzle.target_c:.2f} "
        f"B:{bed.at(now_s):.2f} /{bed.target_c:.2f} @:0 B@:0"
    ).encode()
