"""The lab's limits hold whatever the network sends."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device_agents.agent import gate
from device_agents.errors import RefusedError, SettingsError
from device_agents.settings import Envelope, Limits, Machine
from firmware_bridge.facts import Identity
from firmware_bridge.gcode.apart import judge
from firmware_bridge.space import Box
from tests.unit.device_agents.agent.conftest import a_job

GRBL = Identity(
    firmware="Grbl",
    version="1.1h",
    dialect="grbl",
    envelope_mm=Box(min_mm=(-300, -200, -80), max_mm=(0, 0, 0)),
    work_offset_mm=(-300, -200, -40),
)
MARLIN = Identity(firmware="Marlin", version="2.1", dialect="marlin")
HOT = b"M104 S250\nG28\nG1 X10 Y10 F3000\nM104 S0\n"


def a_machine(kind: str = "cnc-mill", **fields: Any) -> Machine:
    known = {
        "machine_id": "mill-1",
        "name": "Mill",
        "machine_kind": kind,
        "port": "/dev/null",
        "processes": ("CNC",),
    }
    return Machine.model_validate({**known, **fields})


def refuse(tmp_path: Path, content: bytes, machine: Machine, identity: Identity) -> str:
    path = tmp_path / "program"
    path.write_bytes(content)
    found = judge(gate.question(path, machine, identity))
    assert found.reason is not None
    return f"{found.reason}: {found.words}"


def allow(tmp_path: Path, content: bytes, machine: Machine, identity: Identity) -> None:
    path = tmp_path / "program"
    path.write_bytes(content)
    assert judge(gate.question(path, machine, identity)).reason is None


def test_envelope_is_the_measured_one_unless_somebody_wrote_one_down() -> None:
    box, measured = gate.envelope_of(a_machine(), GRBL)
    assert (box.min_mm, box.max_mm, measured) == ((0, 0, -40), (300, 200, 40), True)
    told = Envelope(x_mm=100, y_mm=100, z_mm=10)
    box, measured = gate.envelope_of(a_machine(envelope=told), GRBL)
    assert (box.max_mm, measured) == ((100, 100, 10), False)
    with pytest.raises(SettingsError, match="write `envelope`"):
        gate.envelope_of(a_machine("fdm-printer"), MARLIN)


def test_limit_of_the_lab_is_tighter_than_the_machine(tmp_path: Path) -> None:
    reach = b"G21\nG90\nG1 X150 F600\n"
    allow(tmp_path, reach, a_machine(), GRBL)
    tight = Limits(envelope=Envelope(x_mm=100, y_mm=100, z_mm=10))
    told = refuse(tmp_path, reach, a_machine(limits=tight), GRBL)
    assert told.startswith("program-unfit: line 3")
    apart = Limits(envelope=Envelope(x_mm=10, y_mm=10, z_mm=1, x_min_mm=900))
    with pytest.raises(SettingsError, match="no room in common"):
        gate.limits_of(a_machine(limits=apart), GRBL)


def test_heat_needs_the_labs_leave(tmp_path: Path) -> None:
    room = {"envelope": Envelope(x_mm=200, y_mm=200, z_mm=200)}
    cold = a_machine("fdm-printer", **room)
    assert "nozzle" in refuse(tmp_path, HOT, cold, MARLIN)
    warm = a_machine("fdm-printer", limits=Limits(nozzle_max_c=240), **room)
    assert "240" in refuse(tmp_path, HOT, warm, MARLIN)
    hot = a_machine("fdm-printer", limits=Limits(nozzle_max_c=260), **room)
    allow(tmp_path, HOT, hot, MARLIN)


def test_spindle_and_length_need_the_labs_leave(tmp_path: Path) -> None:
    spin = b"G21\nM3 S500\nG1 X10 F600\nM5\n"
    assert "spindle" in refuse(tmp_path, spin, a_machine(), GRBL)
    allow(tmp_path, spin, a_machine(limits=Limits(spindle_max=1000)), GRBL)
    slow = b"G21\nG90\nG1 X100 F10\n"  # ten minutes
    allow(tmp_path, slow, a_machine(limits=Limits(job_max_s=900)), GRBL)
    told = refuse(tmp_path, slow, a_machine(limits=Limits(job_max_s=300)), GRBL)
    assert told.startswith("job-too-long")


def test_machine_and_job_must_be_of_one_kind() -> None:
    gate.refuse_wrong_machine(a_job(), "grbl")
    gate.refuse_wrong_machine(a_job(program=None), "fabnode")
    for command, dialect in ((a_job(), "fabnode"), (a_job(program=None), "marlin")):
        with pytest.raises(RefusedError):
            gate.refuse_wrong_machine(command, dialect)  # type: ignore[arg-type]


def test_program_for_another_material_is_refused(tmp_path: Path) -> None:
    machine = a_machine("fdm-printer", envelope=Envelope(x_mm=99, y_mm=99, z_mm=99))
    path = tmp_path / "program"
    path.write_bytes(b"G28\n; filament_type = PETG\n")
    fits = judge(gate.question(path, machine, MARLIN, "PETG-red"))
    assert fits.reason is None
    found = judge(gate.question(path, machine, MARLIN, "PLA"))
    assert found.words.startswith("line 2: ")
    assert found.words.endswith("for PETG; PLA is loaded")


def test_second_hotend_is_a_machine_s_own_word(tmp_path: Path) -> None:
    machine = a_machine("fdm-printer", envelope=Envelope(x_mm=99, y_mm=99, z_mm=99))
    assert "tool 1 of 1" in refuse(tmp_path, b"G28\nT1\n", machine, MARLIN)
    allow(tmp_path, b"G28\nT1\n", machine, replace(MARLIN, hotend_count=2))
