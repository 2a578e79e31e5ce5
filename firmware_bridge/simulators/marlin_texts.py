"""The simulated Marlin's opening words and its answers to M115, M503 and M211."""

from firmware_bridge.simulators.heat import Heater
from firmware_bridge.simulators.motion import Vector


def banner() -> bytes:
    """What the board says after a start."""
    return (
        b"start\n"
        b"echo:Marlin 2.1.2.1\n"
        b"echo: Last Updated: 2023-05-16 | Author: (none, default config)\n"
        b"echo: Free Memory: 3487  PlannerBufferBytes: 1200\n"
    )


def firmware_text(name: str, uuid: str, *, emergency: bool) -> bytes:
    """What M115 says."""
    return (
        "FIRMWARE_NAME:Marlin 2.1.2.1 (May 16 2023 12:00:00) "
        "SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 "
        f"MACHINE_TYPE:{name} EXTRUDER_COUNT:1 UUID:{uuid}\n"
        "Cap:SERIAL_XON_XOFF:0\nCap:BINARY_FILE_TRANSFER:0\nCap:EEPROM:1\n"
        "Cap:VOLUMETRIC:1\nCap:AUTOREPORT_POS:0\nCap:AUTOREPORT_TEMP:1\n"
        "Cap:PROGRESS:0\nCap:PRINT_JOB:1\nCap:AUTOLEVEL:0\nCap:RUNOUT:0\n"
        f"Cap:EMERGENCY_PARSER:{int(emergency)}\nCap:HOST_ACTION_COMMANDS:0\n"
        "Cap:PROMPT_SUPPORT:0\nCap:SDCARD:0\nCap:ARCS:1\n"
    ).encode()


def settings_text(
    command: str, travel: Vector, speed: Vector, acceleration: Vector
) -> bytes:
    """What M503 or M211 says; mm, mm/s, mm/s²."""
    if command == "M211":
        low = "X0.00 Y0.00 Z0.00"
        high = "X{:.2f} Y{:.2f} Z{:.2f}".format(*travel)
        return f"echo:Soft endstops: On  Min:  {low}   Max:  {high}\n".encode()
    fastest = "X{:.2f} Y{:.2f} Z{:.2f} E25.00".format(*speed)
    rates = "X{:.2f} Y{:.2f} Z{:.2f} E10000.00".format(*acceleration)
    usual = min(acceleration[:2])
    return (
        "echo:; Steps per unit:\necho: M92 X80.00 Y80.00 Z400.00 E93.00\n"
        f"echo:; Max feedrates (units/s):\necho:  M203 {fastest}\n"
        f"echo:; Max Acceleration (units/s2):\necho:  M201 {rates}\n"
        f"echo:; Acceleration (units/s2):\n"
        f"echo:  M204 P{usual:.2f} R{usual:.2f} T{usual:.2f}\n"
        "echo:; Advanced:\necho:  M205 B20000.00 S0.00 T0.00 J0.02\n"
    ).encode()


def heat_text(nozzle: Heater, bed: Heater, now_s: float) -> bytes:
    """Temperatures as M105 and the automatic report give them."""
    return (
        f"T:{nozzle.at(now_s):.2f} /{nozzle.target_c:.2f} "
        f"B:{bed.at(now_s):.2f} /{bed.target_c:.2f} @:0 B@:0"
    ).encode()
