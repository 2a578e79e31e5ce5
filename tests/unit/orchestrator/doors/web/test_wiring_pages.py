"""The drawings say what the sketch does: same pins, same kinds, same clamps."""

import re
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from device_agents.flash import MACHINES
from firmware_bridge.commission import usual
from firmware_bridge.sketches.build import SKETCH
from orchestrator.doors.web.screens import wiring as screen
from orchestrator.doors.web.wiring import BUTTONS, KINDS

PIN_OF = {
    "done": "DONE",
    "fault": "FAULT",
    "one more": "PIECE",
    "pause": "PAUSE",
    "one less": "BACK",
    "call": "CALL",
    "ready": "READY",
}
MV_PER_A_OF_CLAMP = {"SCT-013-005": 200, "SCT-013-010": 100, "SCT-013-030": 33}


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    app.include_router(screen.router)
    return TestClient(app)


def test_every_button_is_at_the_pin_that_the_sketch_reads() -> None:
    pins = dict(re.findall(r"(\w+)_PIN = (\d+)", (SKETCH / "fabnode.ino").read_text()))
    assert {PIN_OF[words]: pin[1:] for pin, _, words in BUTTONS} == {
        name: pins[name] for name in PIN_OF.values()
    }


def test_kinds_are_those_that_can_be_flashed() -> None:
    assert {one.kind for one in KINDS} == {*MACHINES} - {"other"}


@pytest.mark.parametrize("wiring", KINDS, ids=lambda one: one.kind)
def test_clamp_is_the_one_that_its_settings_expect(wiring) -> None:
    settings = usual(wiring.kind, uuid=UUID(int=1), name="X")
    assert settings.mv_per_a == MV_PER_A_OF_CLAMP[wiring.clamp]
    assert bool(settings.hot_c) == wiring.has_heat
    assert settings.has_counter == bool(wiring.piece_short)


@pytest.mark.parametrize("kind", [one.kind for one in KINDS])
def test_each_kind_has_a_drawing_and_its_warnings(
    client: TestClient, kind: str
) -> None:
    html = client.get(f"/wiring/{kind}").text
    drawing = re.search(r"<svg viewBox.*?</svg>", html, re.S)
    assert drawing is not None
    assert ET.fromstring(drawing[0]).attrib["role"] == "img"  # noqa: S314 - our own
    assert ("MAX31855" in html) == (kind == "kiln")
    assert "Mains voltage kills." in html
    assert f"fabcommons agent flash --kind {kind}" in html


def test_list_leads_to_each(client: TestClient) -> None:
    html = client.get("/wiring").text
    assert all(f'href="/wiring/{one.kind}"' in html for one in KINDS)
