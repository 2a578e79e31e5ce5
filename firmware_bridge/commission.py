"""Putting a freshly flashed fabnode into service: its name, its sensor, its limits."""

import argparse
import sys
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid4

from firmware_bridge.clock import WallClock
from firmware_bridge.detect import open_recognised
from firmware_bridge.dialects.fabnode_settings import MachineKind
from firmware_bridge.drivers.fabnode import FabnodeMachine
from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Identity, MachineState, Patience, Status

SETTLE_S = 2.0  # a node knows after a second of looking


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What a node is told once. Voltages are RMS millivolts at the sensor's pin."""

    uuid: UUID
    boot: int = 1  # after a corrupt EEPROM: above any boot number seen before
    on_mv: int = 60  # runs from here
    off_mv: int = 35  # is idle again from here
    zero_mv: int | None = 2_500  # at the pin without current; None: as it is found
    mv_per_a: int = 185  # ACS712, 5 A
    has_counter: bool = True
    kind: MachineKind = "other"
    name: str = "fabnode"
    hot_c: int = 0  # at work from here; 0: no thermocouple
    cold_c: int = 0  # at rest again from here


def usual(kind: MachineKind, *, uuid: UUID, name: str, boot: int = 1) -> Commission:
    """What fits most machines of a kind, wired as its drawing shows.

    A clamp's alternating voltage swings round its middle, so that is measured.
    """
    sensor = _USUAL[kind]
    return Commission(
        uuid=uuid,
        boot=boot,
        kind=kind,
        name=name,
        zero_mv=None,
        on_mv=sensor.on_mv,
        off_mv=sensor.off_mv,
        mv_per_a=sensor.mv_per_a,
        has_counter=sensor.has_counter,
        hot_c=sensor.hot_c,
        cold_c=sensor.cold_c,
    )


class _Usual(NamedTuple):
    on_mv: int
    off_mv: int
    mv_per_a: int  # SCT-013 with 1 V at 5, 10, 30 A
    has_counter: bool
    hot_c: int = 0
    cold_c: int = 0


_USUAL: dict[MachineKind, _Usual] = {
    "laser": _Usual(120, 80, 100, has_counter=False),  # 1.2 A: the tube, not the fans
    "sewing": _Usual(30, 18, 200, has_counter=True),  # 0.15 A
    "drill": _Usual(50, 30, 100, has_counter=True),  # 0.5 A
    "kiln": _Usual(60, 35, 33, has_counter=False, hot_c=60, cold_c=45),  # 1.8 A
    "other": _Usual(60, 35, 33, has_counter=True),
}


def commission(port: str, told: Commission) -> tuple[Identity, Status]:
    """Name and tune the node on this port; one that has this name is only tuned.

    Errors: CommandRefusedError if it has another name, UnknownFirmwareError,
    NoAnswerError, LinkBusyError, LinkLostError, ValueError.
    """
    machine = _open(port)
    try:
        machine.adopt(told.uuid, boot=told.boot)
        machine.label(
            kind=told.kind, name=told.name, hot_c=told.hot_c, cold_c=told.cold_c
        )
        zero_mv = told.zero_mv
        if zero_mv is None:
            _settled(machine)
            zero_mv = machine.mean_mv()
        machine.tune(
            on_mv=told.on_mv,
            off_mv=told.off_mv,
            zero_mv=zero_mv,
            mv_per_a=told.mv_per_a,
            has_counter=told.has_counter,
        )
        return machine.identify(), _settled(machine)
    finally:
        machine.close()


def _settled(machine: FabnodeMachine) -> Status:
    """The first status that knows whether current flows, or the last one asked."""
    wall = WallClock()
    status = machine.status()
    until_s = wall.monotonic_s() + SETTLE_S
    while status.state is MachineState.UNKNOWN and wall.monotonic_s() < until_s:
        wall.sleep(0.1)
        status = machine.status()
    return status


def _open(port: str) -> FabnodeMachine:
    wall, patience = WallClock(), Patience()
    link, _ = open_recognised(port, dialect="fabnode", patience=patience, wall=wall)
    try:
        return FabnodeMachine(link, wall=wall, patience=patience)
    except BaseException:
        link.close()
        raise


def _words() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="python -m firmware_bridge.commission")
    words.add_argument("port", help="such as /dev/ttyACM0")
    words.add_argument("--uuid", type=UUID, help="default: a new one")
    words.add_argument("--boot", type=int, default=1, help="above any seen before")
    words.add_argument("--on-mv", type=int, default=60)
    words.add_argument("--off-mv", type=int, default=35)
    words.add_argument("--zero-mv", type=int, help="default: as it is found")
    words.add_argument("--mv-per-a", type=int, default=185)
    words.add_argument("--no-counter", action="store_true")
    words.add_argument("--kind", choices=[*_USUAL], default="other")
    words.add_argument("--name", default="fabnode", help="for the display")
    words.add_argument("--hot-c", type=int, default=0, help="0: no thermocouple")
    words.add_argument("--cold-c", type=int, default=0)
    return words


def main() -> int:
    """Exit 0: commissioned; exit 1: refused, and why."""
    chosen = _words().parse_args()
    told = Commission(
        uuid=chosen.uuid or uuid4(),
        boot=chosen.boot,
        on_mv=chosen.on_mv,
        off_mv=chosen.off_mv,
        zero_mv=chosen.zero_mv,
        mv_per_a=chosen.mv_per_a,
        has_counter=not chosen.no_counter,
        kind=chosen.kind,
        name=chosen.name,
        hot_c=chosen.hot_c,
        cold_c=chosen.cold_c,
    )
    try:
        identity, status = commission(chosen.port, told)
    except (BridgeError, ValueError) as refused:
        sys.stderr.write(f"not commissioned: {refused}\n")
        return 1
    sys.stdout.write(
        f"{identity.uuid} ({', '.join(identity.inputs)}): {status.state}, "
        f"{status.current_a or 0:.2f} A\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
