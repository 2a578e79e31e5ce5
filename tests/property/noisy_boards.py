"""What boards say: lines as they are, and answers that mostly make sense."""

import random
import re
from collections.abc import Callable
from uuid import UUID

from firmware_bridge.dialects import grbl
from firmware_bridge.dialects.fabnode import VERSION
from firmware_bridge.dialects.fabnode_frame import crc16
from tests.property.noise import NoisyLink

UUID_HEX = UUID(int=7)

GRBL = [
    b"ok",
    b"error:20",
    b"ALARM:1",
    b"Grbl 1.1h ['$' for help]",
    b"<Idle|MPos:0.000,0.000,0.000|Bf:15,128|FS:0,0|WCO:0.000,0.000,0.000>",
    b"$110=3000.000",
    b"[OPT:V,15,128]",
    b"[G54:-300.000,-200.000,-40.000]",
    b"[MSG:'$H'|'$X' to unlock]",
    b"<Alarm:17|MPos:1.000,2.000,3.000,4.000|FS:0,0,0|FW:grblHAL>",
    b"[NEWOPT:ENUMS,RT-,HOME,SED]",
    b"[AXS:4:XYZA]",
]
MARLIN = [
    b"ok T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0",
    b"ok P15 B3",
    b"Resend: 12",
    b"Error:checksum mismatch, Last Line: 11",
    b"Error:Printer halted. kill() called!",
    b"start",
    b"wait",
    b"X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0",
    b"FIRMWARE_NAME:Marlin 2.1.2.1 (x) SOURCE_CODE_URL:a.b/c EXTRUDER_COUNT:1",
    b"Cap:AUTOREPORT_TEMP:1",
    b"echo:  M203 X300.00 Y300.00 Z10.00 E25.00",
    b"echo:Soft endstops: On  Min:  X0.00 Y0.00 Z0.00   Max:  X1.00 Y1.00 Z1.00",
    b"echo:busy: processing",
]


REPRAP = [
    b"ok T:20.0 /0.0 T0:20.0 /0.0 B:20.0 /0.0",
    b"T:20.0 /200.0 T0:20.0 /200.0 B:20.0 /60.0",
    b"X:0.000 Y:0.000 Z:0.000 E:0.000 E0:0.0 Count 0 0 0 Machine 0.000 0.000 0.000",
    b"RepRapFirmware for Duet 2 WiFi/Ethernet is up and running.",
    b"Error: G0/G1: insufficient axes homed",
    b"Warning: the speed was limited",
    b"Axis limits (mm) X0.0:220.0, Y0.0:220.0, Z0.0:250.0",
    b"Max speeds (mm/min): X: 18000.0, Y: 18000.0, Z: 600.0, E: 3600.0",
    b"Maximum printing acceleration 10000.0, maximum travel acceleration 9000.0 mm/sec^2",
    b'{"key":"state.status","flags":"","result":"idle"}',
    b'{"key":"state.upTime","flags":"","result":12}',
    b'{"status":"I","heaters":[20.0,20.1],"active":[0.0]}',
]


def node_line(body: str) -> bytes:
    return b"@%b*" % body.encode() + b"%04X" % crc16(body.encode())


def node_hello() -> str:
    return (
        f"fabnode={VERSION} uuid={UUID_HEX} id=ok boot=1 kept=0 cause=1 on=60 off=35 "
        "zero=2500 scale=185 counter=1 kind=kiln name=Kiln_2 hot=60 cold=40 free=300"
    )


def node_state(draw: random.Random, job: str) -> str:
    phase = draw.choice(["armed", "started", "started", "ended"]) if job else "none"
    why = draw.choice(["done", "fault", "cancelled"]) if phase == "ended" else "none"
    work = f" job={job} why={why} goal=3 made={draw.randint(0, 3)} run=9" if job else ""
    return (
        f"boot=1 up=9 act=idle mv=20 mean=2500 pieces=3 temp={draw.choice(['x', '812'])} "
        f"paused={draw.randint(0, 1)} fault=0 phase={phase}{work} "
        "unread=0 missed=0 bad=0"
    )


FABNODE = [
    node_line(f"b {node_hello()}"),
    node_line(f"h 7 {node_state(random.Random(1), '')}"),
    node_line(f"h 8 {node_state(random.Random(2), 'other')}"),
    node_line("e 3 boot=1 kind=pieces age=1 pieces=2"),
    node_line("e 4 boot=1 kind=ended age=1 pieces=3 job=other run=8 why=done"),
    node_line("r 5 ok"),
    node_line("r 6 refused busy"),
]


def grbl_link(draw: random.Random) -> NoisyLink:
    """A mill that stands at its work zero whatever it was told; every other one runs
    grblHAL.
    """
    more = [b"[FIRMWARE:grblHAL]", b"ok"] if draw.random() < 0.5 else [b"error:3"]
    report = b"<%s|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>"

    def answers(octets: bytes) -> list[bytes]:
        if octets in (grbl.PLAIN.status, grbl.HIGH.status):
            return [
                report % draw.choice([b"Idle", b"Idle", b"Idle", b"Run", b"Hold:0"])
            ]
        if octets == grbl.SOFT_RESET:
            return [b"Grbl 1.1h ['$' for help]"]
        if octets == b"$I\n":
            return [b"[VER:1.1h.20190825:]", b"[OPT:V,15,128]", b"ok"]
        return more if octets == b"$I+\n" else [b"ok"] * octets.count(b"\n")

    return NoisyLink(GRBL, draw, answers)


def marlin_link(draw: random.Random) -> NoisyLink:
    """A printer that wants one line in thirty again."""
    words = {
        b"M115": b"FIRMWARE_NAME:Marlin 2.1.2.1 (x) EXTRUDER_COUNT:1",
        b"M105": b"T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0",
        b"M114": b"X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0",
    }

    def answers(octets: bytes) -> list[bytes]:
        numbers = re.findall(rb"N(\d+)", octets)
        if numbers and draw.random() < 0.03:
            return [b"Resend: %d" % (int(numbers[-1]) - draw.randrange(4)), b"ok"]
        said = [line for asked, line in words.items() if asked in octets]
        return [*said, b"ok"]

    return NoisyLink(MARLIN, draw, answers)


def reprap_link(draw: random.Random) -> NoisyLink:
    """A Duet that drops one line in fifty."""
    words = {
        b"M115": b"FIRMWARE_NAME: RepRapFirmware for Duet 2 FIRMWARE_VERSION: 3.5.3",
        b"M105": b"T:20.0 /0.0 T0:20.0 /0.0 B:20.0 /0.0",
        b"M114": b"X:0.000 Y:0.000 Z:0.000 E:0.000 Count 0 0 0",
        b"state.status": b'{"key":"state.status","result":"idle"}',
        b"state.upTime": b'{"key":"state.upTime","result":12}',
    }

    def answers(octets: bytes) -> list[bytes]:
        if draw.random() < 0.02:
            return []
        return [*(line for asked, line in words.items() if asked in octets), b"ok"]

    return NoisyLink(REPRAP, draw, answers)


def fabnode_link(draw: random.Random) -> NoisyLink:
    """A node whose states contradict each other."""
    job = ""

    def answers(octets: bytes) -> list[bytes]:
        nonlocal job
        asked = re.search(rb"c (\d+) (\w+) ?([A-Za-z0-9-]*)", octets)
        if asked is None:
            return []
        request, verb, named = (part.decode() for part in asked.groups())
        job = named if verb == "arm" else job
        done = draw.choice(["ok", "ok", "ok", "refused busy", "refused unread"])
        state = node_state(draw, job)
        told = {"hello": f"hello {node_hello()}", "status": f"state {state}"}
        return [
            node_line(f"r {request} {told.get(verb, done)}"),
            node_line(f"h 1 {state}"),
        ]

    return NoisyLink(FABNODE, draw, answers)


LINKS: dict[str, Callable[[random.Random], NoisyLink]] = {
    "grbl": grbl_link,
    "marlin": marlin_link,
    "reprap": reprap_link,
    "fabnode": fabnode_link,
}
REAL_LINES = {
    "grbl": GRBL,
    "marlin": [*MARLIN, b"echo:  M205 S0.00 T0.00 B20000 X20.00 Z0.40 E5.00"],
    "reprap": REPRAP,
    "fabnode": FABNODE,
}
