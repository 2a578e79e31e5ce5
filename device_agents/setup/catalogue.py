"""What is proposed for a machine before a person has said anything.

Sizes and temperatures are the makers' published ones, or lower: a hot end lined with
PTFE gives off fumes beyond 240 degrees.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from device_agents.contract.messages import MachineKind
from firmware_bridge.facts import Identity

KINDS: tuple[tuple[MachineKind, str], ...] = (
    ("fdm-printer", "3D printer"),
    ("cnc-mill", "milling machine"),
    ("laser-cutter", "laser cutter"),
    ("pen-plotter", "pen plotter"),
    ("other", "something else, worked by hand"),
)
PROCESSES: dict[str, str] = {  # TsDC
    "fdm-printer": "3DP-FDM",
    "cnc-mill": "CNC-MIL-3AX",
    "laser-cutter": "LAS-CUT",
    "pen-plotter": "PLT",
    "other": "TEX-SEW",
}

HAND_WORK: tuple[tuple[str, str], ...] = (
    ("TEX-SEW", "sewing"),
    ("LAS-CUT", "cutting by a laser that is started by hand"),
    ("CNC-DRL", "drilling"),
    ("ASM", "assembly"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Millimetres and degrees Celsius; None: no proposal."""

    kind: MachineKind
    name: str
    envelope_mm: tuple[float, float, float] | None = None  # None: the firmware's
    nozzle_max_c: float | None = None
    bed_max_c: float | None = None
    spindle_max: float | None = None
    material: str = ""
    unattended: bool = False


# (what the firmware calls the machine, name, x, y, z, nozzle, bed)
_PRINTERS = (
    (r"prusa.*mk4", "Prusa MK4", (250, 210, 220), 290, 120),
    (r"prusa.*mk3", "Prusa MK3", (250, 210, 210), 280, 110),
    (r"prusa.*mini", "Prusa MINI", (180, 180, 180), 280, 100),
    (r"ender[- ]?3", "Ender-3", (220, 220, 250), 240, 100),
    (r"ender[- ]?5", "Ender-5", (220, 220, 300), 240, 100),
    (r"cr[- ]?10", "CR-10", (300, 300, 400), 240, 90),
)


def propose(identity: Identity) -> Proposal:
    """The best guess from what the board says of itself."""
    kind = _kind_of(identity)
    told = identity.envelope_mm is not None
    if kind != "fdm-printer":
        name = dict(KINDS)[kind] if kind != "other" else "machine with a node"
        sizes = None if told or kind == "other" else (200.0, 200.0, 50.0)
        return Proposal(
            kind=kind,
            name=name.capitalize(),
            envelope_mm=sizes,
            spindle_max=None if kind == "other" else identity.spindle_max,
        )
    words = " ".join(_words_of(identity))
    for pattern, name, sizes_mm, nozzle_c, bed_c in _PRINTERS:
        if re.search(pattern, words, re.IGNORECASE):
            return Proposal(
                kind=kind,
                name=name,
                envelope_mm=None if told else sizes_mm,
                nozzle_max_c=nozzle_c,
                bed_max_c=bed_c,
                material="PLA",
            )
    return Proposal(
        kind=kind,
        name="3D printer",
        envelope_mm=None if told else (200, 200, 200),
        nozzle_max_c=240,
        bed_max_c=80,
        material="PLA",
    )


def _kind_of(identity: Identity) -> MachineKind:
    if identity.dialect == "fabnode":
        return "other"
    if identity.laser:
        return "laser-cutter"
    prints = identity.dialect == "marlin" or identity.hotend_count > 0
    return "fdm-printer" if prints else "cnc-mill"


def _words_of(identity: Identity) -> Iterator[str]:
    yield from (identity.model or "", identity.firmware, identity.version)
