"""Who may run what, by program: said, granted, withdrawn, by who works there alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.network.machines import CapabilityTold, apply_capability

Keys = Callable[..., dict[str, str]]
DAY = timedelta(days=1)
CHANGED = "who may run what in North changed"


@pytest.fixture
def ask(
    trade_door: Any, session: Session, region: Any, key_of: Keys
) -> Callable[..., Any]:
    """Ask of the lab North, which has a printer, as its operator or as `who`."""
    told = CapabilityTold(
        device_id=region.device,
        machine_id="printer-one",
        name="Prusa 1",
        machine_kind="fdm-printer",
        dialect="marlin",
        capability={"processes": ["3DP"]},
        observed_at=trade_door.clock.now(),
    )
    apply_capability(session, told, now=trade_door.clock.now())
    session.commit()
    operator = key_of(region.operator, "operator")

    def request(
        method: str, path: str, who: dict[str, str] | None = None, **body: object
    ) -> Any:
        return trade_door.client.request(
            method,
            f"/api/v1/facilities/{region.lab}/{path}",
            headers=operator if who is None else who,
            json=body or None,
        )

    return request


def test_a_training_is_asked_for_granted_and_withdrawn(
    trade_door: Any, region: Any, ask: Callable[..., Any]
) -> None:
    now = trade_door.clock.now()
    need = {"about": "fdm-printer", "is_needed": True}
    assert ask("POST", "training-needs", **need).json() == {"changed": True}
    assert ask("POST", "training-needs", **need).json() == {"changed": False}
    granted = ask(
        "POST",
        "trainings",
        agent_id=region.operator,
        about="printer-one",
        until_at=(now + DAY).isoformat(),
    )
    assert granted.status_code == 201
    number = granted.json()["number"]
    known = ask("GET", "trainings").json()
    assert [one["about"] for one in known["needs"]] == ["fdm-printer"]
    assert known["trainings"] == [granted.json()]
    assert known["over"] == []
    assert known["people"] == [
        {"agent_id": region.operator, "name": "Operator", "hours": None}
    ]
    path = f"trainings/{number}/withdraw"
    assert [ask("POST", path).json()["changed"] for _ in range(2)] == [True, False]
    known = ask("GET", "trainings").json()
    assert (known["trainings"], known["over"][0]["number"]) == ([], number)
    assert known["over"][0]["withdrawn_by"] == region.operator
    need["is_needed"] = False
    assert ask("POST", "training-needs", **need).json() == {"changed": True}
    assert ask("GET", "trainings").json()["needs"] == []
    assert trade_door.wishes == [CHANGED] * 4


def test_a_training_lapses_by_itself(
    trade_door: Any, region: Any, ask: Callable[..., Any]
) -> None:
    now = trade_door.clock.now()
    ask(
        "POST",
        "trainings",
        agent_id=region.operator,
        about="fdm-printer",
        from_at=(now + DAY).isoformat(),
        until_at=(now + 2 * DAY).isoformat(),
    )
    for days, held, over in ((0, 1, 0), (1, 1, 0), (2, 0, 1)):
        trade_door.clock.at = now + days * DAY
        known = ask("GET", "trainings").json()
        assert (len(known["trainings"]), len(known["over"])) == (held, over)


def test_peoples_hours_are_set_and_taken_away(
    trade_door: Any, region: Any, ask: Callable[..., Any]
) -> None:
    path, hours = f"people/{region.operator}/hours", [[0, 540, 1_020]]
    for wanted, changed in ((hours, True), (hours, False), (None, True)):
        assert ask("PUT", path, hours=wanted).json() == {"changed": changed}
        (person,) = ask("GET", "trainings").json()["people"]
        assert person["hours"] == wanted
    assert trade_door.wishes == [CHANGED] * 2


def test_what_cannot_be_is_refused_by_its_field(
    trade_door: Any, region: Any, ask: Callable[..., Any]
) -> None:
    past = (trade_door.clock.now() - DAY).isoformat()
    good = {"agent_id": region.operator, "about": "fdm-printer"}
    wrong = (
        ("agent_id", {"agent_id": region.shop}),
        ("about", {"about": "laser-cutter"}),
        ("until_at", {"until_at": past}),
    )
    for field, part in wrong:
        answer = ask("POST", "trainings", **{**good, **part})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    answer = ask("PUT", f"people/{region.operator}/hours", hours=[[0, 600, 60]])
    assert (answer.status_code, answer.json()["field"]) == (422, "opening[0]")
    assert ask("POST", "trainings/7/withdraw").status_code == 404
    assert trade_door.wishes == []


def test_only_who_works_there_sees_and_says(
    region: Any, ask: Callable[..., Any], key_of: Keys
) -> None:
    shop = key_of(region.shop, "shop")
    need = {"about": "fdm-printer", "is_needed": True}
    grant = {"agent_id": region.operator, "about": "fdm-printer"}
    hours = f"people/{region.operator}/hours"
    for who, status in (({}, 401), (shop, 403)):
        assert ask("GET", "trainings", who).status_code == status
        assert ask("POST", "training-needs", who, **need).status_code == status
        assert ask("POST", "trainings", who, **grant).status_code == status
        assert ask("POST", "trainings/1/withdraw", who).status_code == status
        assert ask("PUT", hours, who, hours=None).status_code == status
    steward = key_of(region.steward, "steward")
    assert ask("GET", "trainings", steward).status_code == 200
