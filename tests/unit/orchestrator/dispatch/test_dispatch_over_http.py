"""A courier's phone, a shop's quote and an operator's verdict, over HTTP."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from orchestrator.dispatch import api as dispatch_api
from orchestrator.dispatch.api import DispatchSettings
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.tempo import Tempo
from orchestrator.doors.http import problems
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.api_keys import issue_key
from orchestrator.network.rows import FacilityRow
from orchestrator.planning import api as planning_api
from orchestrator.planning.api import PlanningSettings
from tests.unit.orchestrator.region import NOON, Region


@pytest.fixture
def client(region: Region) -> Iterator[TestClient]:
    """The two rooms' endpoints on the region's database."""
    app = FastAPI()
    app.state.sessions, app.state.readers = region.sessions, region.reading
    app.state.clock = region.clock
    app.state.planning = PlanningSettings(ground=region.ground)
    app.state.dispatch = DispatchSettings(
        ground=region.ground, network_key=region.key, tempo=Tempo(code_trials=2)
    )
    problems.install(app)
    app.include_router(planning_api.router)
    app.include_router(dispatch_api.router)
    with TestClient(app) as opened:
        yield opened


def key(region: Region, agent_id: str, role: str) -> dict[str, str]:
    """The header of a program that acts for this member."""
    with region.sessions.begin() as session:
        issued = issue_key(session, agent_id, name="test", scopes=[role], now=NOON)
    return {"Authorization": f"Bearer {issued.secret}"}


def wish(region: Region, **told: object) -> dict[str, object]:
    return {
        "design_version_id": region.versions["clip"],
        "place_id": region.place_id,
        "quantity": 2,
        "wished_at": "2026-05-04T13:00:00Z",
        "latest_at": "2026-05-04T18:00:00Z",
        **told,
    }


def test_a_quote_an_ill_wish_and_a_stranger(region: Region, client: TestClient) -> None:
    shop = key(region, region.shop_id, "shop")
    offer = client.post("/api/v1/quotes", json=wish(region), headers=shop)
    assert offer.status_code == 201
    assert offer.json()["price_cents"] > 0
    beam = wish(region, design_version_id=region.versions["beam"])
    refused = client.post("/api/v1/quotes", json=beam, headers=shop)
    assert refused.status_code == 201
    assert refused.json()["refusal"]["code"] == "no-machine"
    for told, field in (
        ({"quantity": 0}, "quantity"),
        ({"latest_at": "2026-05-04T11:00:00Z"}, "latest_at"),
        ({"wished_at": "2026-05-04T13:00:00"}, "wished_at"),
        ({"place_id": "place-of-another"}, "place_id"),
    ):
        answer = client.post("/api/v1/quotes", json=wish(region, **told), headers=shop)
        assert answer.status_code in {404, 422}, told
        assert answer.json()["field"] == field
    assert client.post("/api/v1/quotes", json=wish(region)).status_code == 401
    rider = key(region, region.couriers[0], "courier")
    answer = client.post("/api/v1/quotes", json=wish(region), headers=rider)
    assert answer.status_code == 403


def test_everybody_sees_only_their_own_of_the_plan(
    region: Region, client: TestClient
) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    shop = key(region, region.shop_id, "shop")
    rider = key(region, region.stops(order_id)["pickup"].courier_id, "courier")
    with region.sessions.begin() as session:
        other = add_agent(
            session,
            kind="organisation",
            name="Other",
            legal_form="individual",
            now=NOON,
        ).id
        grant_role(session, other, "shop", now=NOON)
    stranger = key(region, other, "shop")
    seen = client.get("/api/v1/plan", headers=shop).json()
    assert [task["order_id"] for task in seen["tasks"]] == [order_id]
    assert seen["stops"] == []
    assert seen["attribution"] == "© OSM"
    assert len(client.get("/api/v1/plan", headers=rider).json()["stops"]) == 2
    assert client.get("/api/v1/plan", headers=stranger).json()["tasks"] == []
    why = client.get(f"/api/v1/orders/{order_id}/why", headers=shop).json()
    assert why["why"]["alternative"]
    assert why["rejections"]
    hidden = client.get(f"/api/v1/orders/{order_id}/why", headers=stranger)
    assert hidden.status_code == 404


def test_a_ride_from_pickup_to_hand_over(region: Region, client: TestClient) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.make(command)
    region.plan()
    rider = key(region, region.stops(order_id)["pickup"].courier_id, "courier")
    order = region.row(order_id)

    def act(kind: str, code: str, name: str) -> int:
        asked = {
            "id": name,
            "kind": kind,
            "order_id": order_id,
            "code": code,
            "acted_at": region.clock.at.isoformat(),
        }
        return client.post("/api/v1/acts", json=asked, headers=rider).status_code

    stops = client.get("/api/v1/ride", headers=rider).json()["stops"]
    assert [stop["kind"] for stop in stops] == ["pickup", "dropoff"]
    assert act("picked-up", order.pickup_code, "act-00000001") == 201
    assert act("picked-up", order.pickup_code, "act-00000001") == 201
    assert act("delivered", "AAA-AAAA", "act-00000002") == 422
    assert act("delivered", "AAA-AAAA", "act-00000003") == 422
    assert act("delivered", order.delivery_code, "act-00000004") == 429
    region.clock.turn(1_000)
    assert act("delivered", order.delivery_code, "act-00000004") == 201
    assert client.get("/api/v1/ride", headers=rider).json()["stops"] == []
    assert region.row(order_id).state == "delivered"


def test_only_the_labs_operator_judges_its_unknown_jobs(
    region: Region, client: TestClient
) -> None:
    region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    lab = region.lab_of(command.machine_id)
    other = next(one for one in region.labs if one is not lab)
    own = key(region, lab.operator_id, "operator")
    path = f"/api/v1/jobs/{command.job_id}/verdict"
    early = client.post(path, json={"pieces_good": 2}, headers=own)
    assert early.status_code == 409
    region.tell(region.happened(command, "unknown"))
    foreign = key(region, other.operator_id, "operator")
    refused = client.post(path, json={"pieces_good": 2}, headers=foreign)
    assert refused.status_code == 403
    jobs = client.get(f"/api/v1/facilities/{lab.facility_id}/jobs", headers=own)
    assert [job["state"] for job in jobs.json()] == ["unknown"]
    too_many = client.post(path, json={"pieces_good": 9}, headers=own)
    assert (too_many.status_code, too_many.json()["field"]) == (422, "pieces_good")
    judged = client.post(path, json={"pieces_good": 2}, headers=own)
    assert judged.json()["state"] == "completed"


def test_only_its_lab_says_that_work_by_hand_is_over(
    region: Region, client: TestClient
) -> None:
    with region.sessions.begin() as session:
        for (
            one
        ) in region.labs:  # no time to clear a bed: what a run asks for comes after
            session.get_one(FacilityRow, one.facility_id).clear_s = 0
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.make(command)
    assert region.row(order_id).state == "making"
    lab = region.lab_of(command.machine_id)
    other = next(one for one in region.labs if one is not lab)
    path = "/api/v1/facilities/{}/orders/{}/ready"
    foreign = key(region, other.operator_id, "operator")
    own = key(region, lab.operator_id, "operator")
    for told, headers, status in (
        (lab.facility_id, foreign, 403),
        (other.facility_id, foreign, 409),  # nothing of it is there
        (lab.facility_id, own, 200),
        (lab.facility_id, own, 409),
    ):
        answer = client.post(path.format(told, order_id), headers=headers)
        assert answer.status_code == status
    assert region.row(order_id).state == "made"
    missing = client.post(path.format(lab.facility_id, "order-none"), headers=own)
    assert missing.status_code == 404


def test_only_a_steward_makes_an_order_anew_or_ends_it(
    region: Region, client: TestClient
) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    shop = key(region, region.shop_id, "shop")
    with region.sessions.begin() as session:
        grant_role(session, region.labs[0].operator_id, "steward", now=NOON)
    steward = key(region, region.labs[0].operator_id, "steward")
    told = {"why": "Nobody has PLA."}
    for act in ("anew", "refuse"):
        path = f"/api/v1/orders/{order_id}/{act}"
        assert client.post(path, json=told).status_code == 401
        assert client.post(path, json=told, headers=shop).status_code == 403
        assert client.post(path, json={"why": ""}, headers=steward).status_code == 422
        lost = f"/api/v1/orders/order-nobody-knows/{act}"
        assert client.post(lost, json=told, headers=steward).status_code == 404
        done = client.post(path, json=told, headers=steward)
        assert done.status_code == 200, done.text
    assert done.json()["state"] == "refused"
    again = client.post(path.replace("refuse", "anew"), json=told, headers=steward)
    assert again.status_code == 409
