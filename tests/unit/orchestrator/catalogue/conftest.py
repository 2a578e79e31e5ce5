"""A designer, and the smallest design that is real."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.members.agents import add_agent, grant_role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MANIFEST = b"""okhv = "OKH-LOSHv1.0"
name = "Coat hook"
repo = "https://example.org/hook"
version = "1.0.0"
license = "CERN-OHL-S-2.0"
licensor = "Ada Lovelace"
documentation-language = "en"
function = "Holds a coat."
"""
PROGRAM = b"G21\nG90\nM104 S200\nG1 X10 Y10 E1 F1200\nM104 S0\n"


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def manifest() -> bytes:
    return MANIFEST


@pytest.fixture
def program() -> bytes:
    return PROGRAM


@pytest.fixture
def step() -> dict[str, Any]:
    return {
        "name": "Print",
        "process": "3DP",
        "machine_kind": "fdm-printer",
        "dialect": "marlin",
        "program": "hook.gcode",
        "material": "PLA",
        "material_g": 12.5,
        "box_x_mm": 40,
        "box_y_mm": 20,
        "box_z_mm": 15,
        "setup_s": 300,
        "run_s": 1800,
        "labour_s": 240,
        "pieces_per_run": 2,
    }


@pytest.fixture
def process(step: dict[str, Any]) -> bytes:
    return json.dumps({"steps": [step], "fee_cents": 50}).encode()


@pytest.fixture
def designer_id(session: Session) -> str:
    row = add_agent(
        session, kind="person", name="Ada", legal_form="sole-trader", now=NOW
    )
    grant_role(session, row.id, "designer", now=NOW)
    session.commit()
    return row.id
