"""The network over HTTP: everybody looks, only who may acts, and planning is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.members.devices import issue_code
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.couriers import mark_out
from orchestrator.network.machines import (
    BirthTold,
    CapabilityTold,
    apply_birth,
    apply_capability,
)

Keys = Callable[..., dict[str, str]]
HOUR = timedelta(hours=1)


def test_labs_and_machines_are_open_to_all(
    trade_door: Any, session: Session, region: Any
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
    birth = BirthTold(
        device_id=region.device, machine_ids=("printer-one",), observed_at=now
    )
    apply_birth(session, birth, now=now)
    session.commit()
    client = trade_door.client
    labs = client.get("/api/v1/facilities").json()
    assert [(lab["name"], lab["is_open"]) for lab in labs] == [
        ("North", True),
        ("South", True),
    ]
    assert client.get(f"/api/v1/facilities/{region.lab}").json() == labs[0]
    machines = client.get("/api/v1/machines", params={"facility_id": region.lab}).json()
    assert [machine["id"] for machine in machines] == ["printer-one"]
    assert client.get("/api/v1/machines/printer-one").json()["state"] == "offline"
    assert client.get("/api/v1/machines/printer-two").status_code == 404


def test_a_lab_is_closed_by_its_operator_only_and_planning_hears(
    trade_door: Any, region: Any, key_of: Keys
) -> None:
    until = (trade_door.clock.now() + HOUR).isoformat()

    def close(lab: str, headers: dict[str, str]) -> int:
        answer = trade_door.client.post(
            f"/api/v1/facilities/{lab}/close", headers=headers, json={"until": until}
        )
        return int(answer.status_code)

    operator = key_of(region.operator, "operator")
    assert close(region.lab, {}) == 401
    assert close(region.other_lab, operator) == 403
    assert close(region.lab, key_of(region.shop, "shop")) == 403
    assert trade_door.wishes == []
    assert close(region.lab, operator) == 200
    assert close(region.lab, operator) == 200
    assert trade_door.wishes == ["North closed."]
    assert close(region.other_lab, key_of(region.steward, "steward")) == 200
    shut = trade_door.client.get(f"/api/v1/facilities/{region.lab}").json()
    assert shut["is_open"] is False
    opened = trade_door.client.post(
        f"/api/v1/facilities/{region.lab}/open", headers=operator
    )
    assert opened.json() == {"changed": True}
    assert trade_door.wishes[-1] == "North opened."
    bad = trade_door.client.put(
        f"/api/v1/facilities/{region.lab}/opening",
        headers=operator,
        json={"opening": [[0, 600, 60]]},
    )
    assert (bad.status_code, bad.json()["field"]) == (422, "opening[0]")


def test_a_lab_opens_by_the_clock_of_its_zone(
    trade_door: Any, region: Any, key_of: Keys
) -> None:
    url = f"/api/v1/facilities/{region.lab}"
    operator = key_of(region.operator, "operator")

    def put(**asked: object) -> Any:
        return trade_door.client.put(f"{url}/opening", headers=operator, json=asked)

    assert trade_door.client.get(url).json()["zone"] == "UTC"
    at = trade_door.clock.at
    minute, weekday = at.hour * 60 + at.minute, at.weekday()
    assert 0 < minute < 1_380
    soon = [[weekday, minute - 1, minute + 10]]
    assert put(opening=soon).json() == {"changed": True}
    assert trade_door.client.get(url).json()["is_open"] is True
    assert put(opening=soon, zone="Europe/Helsinki").json() == {"changed": True}
    told = trade_door.client.get(url).json()
    assert (told["zone"], told["opening"]) == ("Europe/Helsinki", soon)
    assert told["is_open"] is False
    assert put(opening=soon).json() == {"changed": False}
    assert trade_door.wishes == ["North has new hours."] * 2
    bad = put(opening=soon, zone="Europe/Atlantis")
    assert (bad.status_code, bad.json()["field"]) == (422, "zone")


def test_who_may_come_to_a_lab_its_operator_says(
    trade_door: Any, region: Any, key_of: Keys
) -> None:
    url = f"/api/v1/facilities/{region.lab}"
    operator = key_of(region.operator, "operator")

    def put(access: str | None, headers: Any = operator) -> Any:
        return trade_door.client.put(
            f"{url}/access", headers=headers, json={"access": access}
        )

    assert trade_door.client.get(url).json()["access"] is None
    assert put("members").json() == {"changed": True}
    assert put("members").json() == {"changed": False}
    assert trade_door.client.get(url).json()["access"] == "members"
    assert put("friends").status_code == 422
    assert put("public", key_of(region.courier, "courier")).status_code == 403
    assert put(None).json() == {"changed": True}
    assert trade_door.client.get(url).json()["access"] is None
    assert trade_door.wishes == []  # orders are made all the same


def test_where_a_courier_is_only_the_courier_and_stewards_see(
    trade_door: Any, region: Any, key_of: Keys
) -> None:
    client, now = trade_door.client, trade_door.clock.now()
    rosa = key_of(region.courier, "courier")
    place = {"lat": 60.2, "lon": 24.9, "observed_at": (now + HOUR).isoformat()}
    early = client.post("/api/v1/couriers/me/position", headers=rosa, json=place)
    assert early.json()["code"] == "not-on-shift"
    shift = {"until": (now + 5 * HOUR).isoformat()}
    assert client.post(
        "/api/v1/couriers/me/shift", headers=rosa, json=shift
    ).json() == {"changed": True}
    assert trade_door.wishes == ["The shift of a courier changed."]
    trade_door.clock.at += HOUR
    told = client.post("/api/v1/couriers/me/position", headers=rosa, json=place)
    assert told.json() == {"changed": True}
    url = f"/api/v1/couriers/{region.courier}"
    assert client.get(url).status_code == 401
    assert client.get(url, headers=rosa).json()["lat"] == 60.2
    steward = key_of(region.steward, "steward")
    assert client.get(url, headers=steward).json()["lat"] == 60.2
    shop = key_of(region.shop, "shop")
    seen = client.get(url, headers=shop).json()
    assert (seen["lat"], seen["shift_until_at"]) == (None, None)
    assert seen["status"] == "on-shift"
    assert client.get(url, headers=rosa).json()["shift_until_at"] is not None
    with trade_door.client.app.state.sessions.begin() as session:
        mark_out(session, region.courier)
    assert client.get(url, headers=shop).json()["status"] == "off-shift"
    assert client.get(url, headers=steward).json()["status"] == "out"
    no_courier = client.post("/api/v1/couriers/me/shift", headers=steward, json=shift)
    assert no_courier.status_code == 404
    client.post("/api/v1/couriers/me/shift", headers=rosa, json={"until": None})
    assert client.get(url, headers=rosa).json()["lat"] is None


def test_everybody_has_places_of_their_own(
    trade_door: Any, region: Any, key_of: Keys
) -> None:
    shop, steward = key_of(region.shop, "shop"), key_of(region.steward, "steward")
    place = {"name": "Kiosk", "address": "Quay 1", "lat": 60.1, "lon": 24.9}
    added = trade_door.client.post("/api/v1/places", headers=shop, json=place)
    assert added.status_code == 201
    assert trade_door.client.get("/api/v1/places", headers=shop).json() == [
        added.json()
    ]
    assert trade_door.client.get("/api/v1/places", headers=steward).json() == []
    for bad in ({"lat": 91}, {"name": ""}, {"name": "a\u0000b"}, {"colour": "red"}):
        answer = trade_door.client.post(
            "/api/v1/places", headers=shop, json=place | bad
        )
        assert answer.status_code == 422, bad


def test_alarms_are_for_stewards(
    trade_door: Any, session: Session, region: Any, key_of: Keys
) -> None:
    now = trade_door.clock.now()
    row = raise_alarm(session, code="twin", subject="device-x", text="Two.", now=now)
    session.commit()
    steward, shop = key_of(region.steward, "steward"), key_of(region.shop, "shop")
    client = trade_door.client
    assert client.get("/api/v1/alarms", headers=shop).status_code == 403
    assert [
        a["code"] for a in client.get("/api/v1/alarms", headers=steward).json()
    ] == ["twin"]
    seen = f"/api/v1/alarms/{row.id}/seen"
    assert client.post(seen, headers=shop).status_code == 403
    assert client.post(seen, headers=steward).json() == {"changed": True}
    assert client.get("/api/v1/alarms", headers=steward).json() == []


def test_an_invitation_tells_its_lab_and_stays_good(
    trade_door: Any, session: Session, region: Any
) -> None:
    code = issue_code(
        session,
        facility_id=region.other_lab,
        owner_id=region.operator,
        issued_by=region.operator,
        now=trade_door.clock.now(),
    )
    session.commit()

    def look(code: str) -> Any:
        return trade_door.client.post("/api/v1/invitations/look", json={"code": code})

    told = look(code.lower().replace("-", " ")).json()
    assert (told["name"], told["address"]) == ("South", "South street 1")
    assert look(code).json() == told
    trade_door.clock.sleep(3600)
    assert look(code).status_code == look("ABCD-EFGH-JKMN-PQRS").status_code == 403
    guesses = {look("ABCD-EFGH-JKMN-PQRS").status_code for _ in range(60)}
    assert guesses == {403, 429}
