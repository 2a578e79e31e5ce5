"""Old Marlins say less and differently; the driver gets on with them."""

from dataclasses import replace
from typing import Any

import pytest

from firmware_bridge.dialects import marlin, marlin_capabilities
from firmware_bridge.dialects.limits import marlin_motion
from firmware_bridge.facts import OutcomeKind
from firmware_bridge.machine import connect
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.marlin_texts import (
    MARLIN_1_0,
    MARLIN_1_1,
    MARLIN_2_1,
)
from tests.unit.firmware_bridge.boards.conftest import PATIENCE

RELEASES = {"1.0": MARLIN_1_0, "1.1": MARLIN_1_1, "2.1": MARLIN_2_1}


@pytest.mark.parametrize("name", RELEASES)
def test_each_release_is_known_and_works(
    bench: Any, print_program: Any, name: str
) -> None:
    machine = bench.marlin(release=RELEASES[name])
    identity = machine.identify()
    assert name in identity.version
    assert identity.uuid is None  # what every build says is nobody's name
    assert identity.motion.max_feed_mm_per_min == (18000.0, 18000.0, 600.0)
    assert (identity.envelope_mm is None) == (name == "1.0")
    assert bool(identity.options) == (name != "1.0")
    outcome = bench.run(machine, print_program(60))
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(5.9)


@pytest.mark.parametrize("name", RELEASES)
@pytest.mark.parametrize("fault", ["flip", "drop_ok"])
def test_damage_is_healed_on_each(
    bench: Any, print_program: Any, name: str, fault: str
) -> None:
    machine = bench.marlin(120.0, release=RELEASES[name])
    job = bench.start(machine, print_program(60))
    job.wait_for(10)
    bench.fault("printer", fault, count=2)
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert bench.oracle("printer")["extruded_mm"] == pytest.approx(5.9)


def test_a_long_silence_of_marlin_1_0_is_no_stall(bench: Any) -> None:
    """Homing, and moves of 12 s each on the board's clock: it says nothing meanwhile."""
    bench.seat("printer", MarlinBoard(release=MARLIN_1_0, blocks=2), 8.0)
    patience = replace(PATIENCE, stall_s=1.0)
    machine = connect(bench.port("printer"), patience=patience)
    bench.machines.append(machine)
    moves = "\n".join(f"G1 X{place % 2 * 200} F1000" for place in range(1, 6))
    outcome = bench.run(machine, "G28\n" + moves)
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert not outcome.incidents
    assert outcome.resend_count == 0


def test_marlin_1_is_not_made_to_stand_still_in_a_print(
    bench: Any, print_program: Any
) -> None:
    """M114 empties its planner first: asked in the stream, it would stop the nozzle."""
    asked = {}
    for name in ("1.1", "2.1"):
        machine = bench.marlin(5.0, release=RELEASES[name])
        links = []
        write = machine._link.write
        machine._link.write = lambda octets, links=links, write=write: (
            links.append(octets),
            write(octets),
        )
        assert bench.run(machine, "G28\n" + "G4 S2\n" * 4).kind is OutcomeKind.COMPLETED
        asked[name] = sum(b"M114" in frame for frame in links)
        machine.close()
        bench.host.unplug("printer")
    assert asked["1.1"] == 2 < asked["2.1"]  # before it, and as its proof


def test_old_settings_mean_what_they_meant() -> None:
    known = marlin_capabilities.Capabilities()
    for line in MARLIN_1_0.settings:
        spelled = line.format(speed="X1 Y1 Z1", acceleration="X1 Y1 Z1", usual="900.00")
        known.take(marlin.parse(f"echo:{spelled}".encode()))
    motion = marlin_motion(known, 115200)
    assert motion.jerk_mm_per_s == (20.0, 20.0, 0.4, 5.0)
    assert (motion.printing_mm_per_s2, motion.retract_mm_per_s2) == (900.0, 900.0)


def test_a_stopped_marlin_1_is_an_alarm() -> None:
    said = (
        b"Error:Printer stopped due to errors. Fix the error and use M999 to restart."
    )
    reply = marlin.parse(said)
    assert isinstance(reply, marlin.Error)
    assert reply.fatal
