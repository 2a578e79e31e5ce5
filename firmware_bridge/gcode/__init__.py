"""G-code: spelled, understood, checked against a machine's limits, measured."""

from firmware_bridge.gcode.check import Limits, MachineKind, Refusal, check
from firmware_bridge.gcode.measure import Measured, measure
from firmware_bridge.gcode.motion import Motion
from firmware_bridge.gcode.words import Program

__all__ = [
    "Limits",
    "MachineKind",
    "Measured",
    "Motion",
    "Program",
    "Refusal",
    "check",
    "measure",
]
