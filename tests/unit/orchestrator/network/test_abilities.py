"""A lab's word on a machine: value, source, age; by program as on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.abilities import checked_ability
from orchestrator.network.machines import CapabilityTold, apply_capability

Keys = Callable[..., dict[str, str]]


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        ("envelope_mm", "250 x 210×210 mm", [250, 210, 210]),
        ("envelope_mm", "10 in x 8 in x 8 in", [254, 203.2, 203.2]),
        ("sheet_mm", "600x400", [600, 400]),
        ("sheet_mm", [600, 400, 6], [600, 400, 6]),
        ("tool_mm", "0.4", 0.4),
        ("power_w", "1.5 kW", 1500),
        ("materials", "PLA, PETG,,PLA ", ["PLA", "PETG"]),
        ("tolerance", "ISO  2768-m", "ISO 2768-m"),
        ("pieces_max", "12", 12),
        ("certificates", "", None),
    ],
)
def test_what_is_written_is_kept_in_one_form(
    field: str, written: Any, kept: Any
) -> None:
    assert checked_ability(field, written) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("envelope_mm", "250 x 210"),
        ("envelope_mm", "250 x 210 x -1"),
        ("sheet_mm", "NaN x 4"),
        ("tool_mm", "0"),
        ("tool_mm", "thin"),
        ("power_w", "40 kg"),
        ("tolerance", "tight"),
        ("pieces_max", "1.5"),
        ("colour", "red"),
        ("materials", [f"m{number}" for number in range(40)]),
    ],
)
def test_what_is_no_value_is_refused(field: str, written: Any) -> None:
    with pytest.raises(InvalidInputError):
        checked_ability(field, written)


def test_a_labs_word_by_program(
    trade_door: Any, session: Session, region: Any, key_of: Keys
) -> None:
    now = trade_door.clock.now()
    told = CapabilityTold(
        device_id=region.device,
        machine_id="printer-one",
        name="Prusa 1",
        machine_kind="fdm-printer",
        dialect="marlin",
        capability={"processes": ["3DP"]},
        observed_at=now,
    )
    apply_capability(session, told, now=now)
    session.commit()
    path = "/api/v1/machines/printer-one/abilities"
    operator = key_of(region.operator, "operator")
    known = trade_door.client.get("/api/v1/machine-models", params={"q": "prusa mk4s"})
    (model,) = known.json()
    said = {"values": model["values"], "source": "maker", "where": model["title"]}
    patch = trade_door.client.patch
    assert patch(path, json=said, headers=operator).json() == {"changed": True}
    assert patch(path, json=said, headers=operator).json() == {"changed": False}
    assert trade_door.wishes == ["what machines of North can do changed"]

    trade_door.clock.sleep(60)
    own = {"values": {"tool_mm": "0.6", "materials": None}, "source": "measured"}
    assert patch(path, json=own, headers=operator).json() == {"changed": True}
    now_said = trade_door.client.get(path).json()
    assert now_said["tool_mm"]["value"] == 0.6
    assert now_said["tool_mm"]["source"] == "measured"
    assert now_said["tool_mm"]["at"] > now_said["envelope_mm"]["at"]
    assert now_said["envelope_mm"]["where"] == model["title"]
    assert "materials" not in now_said

    wrong = patch(path, json={"values": {"tool_mm": "thin"}}, headers=operator)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "tool_mm")
    stranger = key_of(region.shop, "shop")
    assert patch(path, json=own, headers=stranger).status_code == 403
    assert patch(path, json=own).status_code == 401
