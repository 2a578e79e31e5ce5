"""Orders over HTTP: nothing of one is shown to another; the track page shows nobody."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.members.agents import add_agent, agent_of, grant_role
from orchestrator.orders import life
from orchestrator.orders.rows import ClearanceRow, OrderRow

Keys = Callable[..., dict[str, str]]


@pytest.fixture
def shop_key(trade: Any, key_of: Keys) -> dict[str, str]:
    return key_of(trade.shop, "shop")


def accept(trade_door: Any, trade: Any, headers: dict[str, str], key: str) -> Any:
    quote = trade.quote(trade.design(f"Hook {key}", "MIT"))
    trade.session.commit()
    return trade_door.client.post(
        "/api/v1/orders",
        headers=headers | {"idempotency-key": key},
        json={"quote_id": quote.id},
    )


def test_an_order_is_placed_once_and_planning_hears(
    trade_door: Any, trade: Any, shop_key: dict[str, str]
) -> None:
    quote = trade.quote(trade.design("Hook", "MIT"))
    trade.session.commit()

    def post(**headers: str) -> Any:
        return trade_door.client.post(
            "/api/v1/orders", headers=shop_key | headers, json={"quote_id": quote.id}
        )

    assert post().status_code == 422  # no Idempotency-Key
    first = post(**{"idempotency-key": "key-number-one"})
    assert first.status_code == 201
    order = first.json()
    assert (order["number"], order["state"], order["as_what"]) == (
        1,
        "placed",
        ["shop"],
    )
    assert order["price_cents"] == sum(order["price_parts"].values())
    trade_door.clock.at += timedelta(days=1)
    again = post(**{"idempotency-key": "key-number-one"})
    assert again.json()["id"] == order["id"]
    late = post(**{"idempotency-key": "key-number-two"})
    assert (late.status_code, late.json()["code"]) == (409, "quote-used")
    assert trade_door.wishes[0] == "Order 1 was placed."
    shown = trade_door.client.get(f"/api/v1/quotes/{quote.id}", headers=shop_key)
    assert shown.json()["price_cents"] == order["price_cents"]


def test_a_licence_refusal_is_kept_though_the_answer_is_a_problem(
    trade_door: Any, session: Session, trade: Any, shop_key: dict[str, str]
) -> None:
    quote = trade.quote(trade.design("Hook", "LicenseRef-PPL"))
    agent_of(session, trade.shop).legal_form_attested_until = None
    session.commit()
    answer = trade_door.client.post(
        "/api/v1/orders",
        headers=shop_key | {"idempotency-key": "key-refused"},
        json={"quote_id": quote.id},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "licence-refused")
    session.expire_all()
    verdicts = session.scalars(select(ClearanceRow.verdict)).all()
    assert sorted(verdicts) == ["allow-with-duties", "refuse"]
    assert session.scalars(select(OrderRow)).all() == []


def test_each_sees_what_is_theirs(
    *,
    trade_door: Any,
    session: Session,
    trade: Any,
    shop_key: dict[str, str],
    key_of: Keys,
    now: datetime,
) -> None:
    order = accept(trade_door, trade, shop_key, "key-of-mine").json()
    row = session.get_one(OrderRow, order["id"], populate_existing=True)
    life.mark_planned(
        session,
        row,
        facility_id=trade.facility,
        courier_id=trade.courier,
        expected_at=now,
        now=now,
    )
    people: dict[str, dict[str, str]] = {}
    for name, role, facility in (
        ("operator", "operator", trade.facility),
        ("elsewhere", "operator", trade.other_facility),
        ("steward", "steward", None),
        ("stranger", "shop", None),
    ):
        person = add_agent(
            session, kind="person", name=name, legal_form="individual", now=now
        )
        grant_role(session, person.id, role, now=now, facility_id=facility)  # type: ignore[arg-type]
        people[name] = key_of(person.id, role)
    people["courier"] = key_of(trade.courier, "courier")
    people["shop"] = shop_key
    url = f"/api/v1/orders/{row.id}"

    def seen(name: str) -> dict[str, Any]:
        answer = trade_door.client.get(url, headers=people[name])
        told: dict[str, Any] = answer.json()
        return told | {"status": answer.status_code}

    assert seen("stranger")["status"] == seen("elsewhere")["status"] == 404
    assert trade_door.client.get(url).status_code == 401
    assert seen("shop")["delivery_code"] == row.delivery_code
    assert seen("shop")["pickup_code"] is None
    assert seen("operator")["pickup_code"] == row.pickup_code
    for name in ("operator", "courier", "steward"):
        assert seen(name)["delivery_code"] is None
    for name in ("courier", "steward", "shop"):
        assert seen(name)["pickup_code"] is None
    for name in ("operator", "courier"):
        assert (seen(name)["price_cents"], seen(name)["price_parts"]) == (None, None)
    assert seen("operator")["place"] is None
    assert seen("courier")["place"]["address"] == "Quay 2"

    def listed(name: str, **params: str) -> Any:
        return trade_door.client.get(
            "/api/v1/orders", headers=people[name], params=params
        )

    assert [each["id"] for each in listed("shop").json()] == [row.id]
    assert [each["id"] for each in listed("steward").json()] == [row.id]
    assert listed("stranger").json() == []
    assert listed("operator").json() == []
    own = listed("operator", facility_id=trade.facility).json()
    assert [(each["id"], each["price_cents"]) for each in own] == [(row.id, None)]
    assert listed("operator", facility_id=trade.other_facility).status_code == 404
    assert listed("shop", facility_id=trade.facility).status_code == 404


def test_lists_are_filtered_and_paged(
    trade_door: Any, session: Session, trade: Any, shop_key: dict[str, str]
) -> None:
    for index in range(4):
        accept(trade_door, trade, shop_key, f"key-number-{index}")
    session.expire_all()
    rows = list(session.scalars(select(OrderRow).order_by(OrderRow.number)))
    life.cancel(session, rows[0], now=trade_door.clock.now())
    rows[1].expected_at = rows[1].promised_to_at + timedelta(minutes=1)
    session.commit()

    def numbers(**params: Any) -> list[int]:
        answer = trade_door.client.get(
            "/api/v1/orders", headers=shop_key, params=params
        )
        return [each["number"] for each in answer.json()]

    assert numbers() == [4, 3, 2, 1]
    assert numbers(state=["placed"]) == [4, 3, 2]
    assert numbers(state=["cancelled", "made"]) == [1]
    assert numbers(late=True) == [2]
    assert numbers(limit=2) == [4, 3]
    assert numbers(before_number=3) == [2, 1]
    trade_door.clock.at += timedelta(days=1)
    assert numbers(late=True) == [4, 3, 2]
    bad = trade_door.client.get(
        "/api/v1/orders", headers=shop_key, params={"state": "lost"}
    )
    assert bad.status_code == 422


def test_csv_holds_no_formula(
    trade_door: Any, trade: Any, shop_key: dict[str, str]
) -> None:
    quote = trade.quote(trade.design('=HYPERLINK("http://x")', "MIT"))
    trade.session.commit()
    trade_door.client.post(
        "/api/v1/orders",
        headers=shop_key | {"idempotency-key": "key-formula"},
        json={"quote_id": quote.id},
    )
    answer = trade_door.client.get("/api/v1/orders.csv", headers=shop_key)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, line = list(csv.reader(io.StringIO(answer.text)))
    told = dict(zip(head, line, strict=True))
    assert told["design"] == '\'=HYPERLINK("http://x")'
    assert (told["number"], told["price"], told["currency"]) == ("1", "19.66", "EUR")


def test_the_shop_cancels_and_orders_again(
    trade_door: Any, trade: Any, shop_key: dict[str, str], key_of: Keys
) -> None:
    order = accept(trade_door, trade, shop_key, "key-to-cancel").json()
    url = f"/api/v1/orders/{order['id']}"
    client = trade_door.client
    other = key_of(trade.other_shop, "shop")
    assert client.post(f"{url}/cancel", headers=other).status_code == 404
    assert client.get(f"{url}/again", headers=other).status_code == 404
    assert client.post(f"{url}/cancel", headers=shop_key).json()["state"] == "cancelled"
    assert client.post(f"{url}/cancel", headers=shop_key).json()["state"] == "cancelled"
    assert trade_door.wishes == ["Order 1 was placed.", "Order 1 was cancelled."]
    again = client.get(f"{url}/again", headers=shop_key).json()
    assert (again["quantity"], again["place_id"]) == (4, trade.place)


def test_anybody_with_the_code_tracks_the_thing_and_learns_of_nobody(
    trade_door: Any, session: Session, trade: Any, shop_key: dict[str, str]
) -> None:
    order = accept(trade_door, trade, shop_key, "key-to-track").json()
    now = trade_door.clock.now()
    row = session.get_one(OrderRow, order["id"], populate_existing=True)
    life.mark_planned(
        session,
        row,
        facility_id=trade.facility,
        courier_id=trade.courier,
        expected_at=now,
        now=now,
    )
    life.mark_made(session, row, now=now)
    life.mark_picked_up(session, row, courier_id=trade.courier, now=now)
    session.commit()
    typed = row.track_code.lower().replace("-", " ")
    answer = trade_door.client.get(f"/api/v1/track/{typed}")
    assert answer.status_code == 200
    told = answer.json()
    assert told["state"] == "on-the-way"
    assert [line["text"] for line in told["timeline"]] == [
        "Order placed.",
        "A lab will make it.",
        "It is being made.",
        "It is made.",
        "It is on the way.",
    ]
    people = ("Rosa", "North", "Quay", "Corner", "Till", row.delivery_code)
    private = (*people, row.pickup_code, row.id, trade.shop, trade.courier, "cents")
    assert not [word for word in private if word in answer.text]
    for code in ("AAAA-AAAA-AAAA", "x", "ß" * 12, row.delivery_code, "%00" * 4):
        assert trade_door.client.get(f"/api/v1/track/{code}").status_code == 404
