"""Points follow from events, upstream too, and each is explained by its event."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.points import (
    credits_of_agent,
    credits_of_order,
    milli_points_by_agent,
    points_of,
)
from orchestrator.commons.rulebook import Mandate, enact, found
from orchestrator.commons.rules import VALUE_EQUATION, default_table
from orchestrator.foundation.signing import signing_key
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import EconomicEvent
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = signing_key(bytes(32))
type Record = Callable[..., None]


@pytest.fixture
def record(session: Session) -> Record:
    """Puts an event of order 1 into the log, under the default equation."""
    register_network_key(session, KEY, now=NOW)
    found(session, VALUE_EQUATION, now=NOW)
    count = iter(range(1, 1000))

    def put(action: str, provider: str, quantity: str, unit: str, **more: str) -> None:
        number = next(count)
        fields = {"order_id": "order-0001", "resource": "thing-1"} | more
        event = EconomicEvent(
            id=fields.pop("id", f"event-{number:06}"),
            action=action,
            provider=provider,
            receiver="agent-shop",
            quantity=quantity,
            unit=unit,
            occurred_at=NOW + timedelta(seconds=number),
            resource=fields["resource"],
            order_id=fields["order_id"] or None,
            cited_by=fields.get("cited_by"),
            corrects=fields.get("corrects"),
        )
        moment = NOW + timedelta(seconds=number)
        append_witnessed(session, event, key=KEY, recorded_at=moment)

    return put


def declare(
    record: Record, citing: str, cited: str, designer: str, weight: str
) -> None:
    record("cite", designer, weight, "1", resource=cited, cited_by=citing, order_id="")


def test_an_orders_credits_are_its_worth(session: Session, record: Record) -> None:
    record("cite", "agent-designer", "2", "{piece}", resource="version-a")
    record("use", "agent-owner", "1.5", "h")
    record("work", "agent-maker", "0.25", "h")
    record("consume", "agent-owner", "100", "g")
    record("dropoff", "agent-courier", "3.2", "km")
    record("transferCustody", "agent-courier", "1", "{piece}")
    record("use", "agent-owner", "1", "h", order_id="order-0002")
    found = credits_of_order(session, "order-0001")
    assert milli_points_by_agent(found) == {
        "agent-owner": 11_000,
        "agent-designer": 10_000,
        "agent-maker": 5_000,
        "agent-courier": 3_200,
    }
    assert points_of(session, "agent-owner") == 17_000
    assert {credit.rule_version for credit in found} == {"value-equation-1"}
    owner = [credit for credit in found if credit.agent_id == "agent-owner"]
    assert [credit.event_id for credit in owner] == ["event-000002", "event-000004"]
    assert {credit.community for credit in owner} == {"makers"}


def test_a_citation_is_shared_upstream_with_decay(
    session: Session, record: Record
) -> None:
    declare(record, "version-c", "version-b", "agent-b", "0.75")
    declare(record, "version-c", "version-x", "agent-x", "0.25")
    declare(record, "version-b", "version-a", "agent-a", "1")
    record("cite", "agent-c", "2", "{piece}", resource="version-c")
    # 10 points: 3 go up (3/10); of b's 2.25, 3/20 go on to a; half a thousandth is
    # left between b and a: the nearer one gets it
    assert milli_points_by_agent(credits_of_order(session, "order-0001")) == {
        "agent-c": 7_000,
        "agent-b": 1_913,
        "agent-x": 750,
        "agent-a": 337,
    }
    for agent_id, expected in (("agent-a", 337), ("agent-b", 1_913), ("agent-x", 750)):
        assert points_of(session, agent_id) == expected
    (credit,) = credits_of_agent(session, "agent-a")
    assert (credit.depth, credit.event_id) == (2, "event-000004")
    assert points_of(session, "agent-stranger") == 0


def test_a_later_citation_changes_nothing_of_the_past(
    session: Session, record: Record
) -> None:
    record("cite", "agent-c", "1", "{piece}", resource="version-c")
    declare(record, "version-c", "version-late", "agent-late", "1")
    assert milli_points_by_agent(credits_of_order(session, "order-0001")) == {
        "agent-c": 5_000
    }
    record("cite", "agent-c", "1", "{piece}", resource="version-c")
    assert points_of(session, "agent-late") == 1_500


def test_a_correction_takes_back_exactly_what_was_given(
    session: Session, record: Record
) -> None:
    declare(record, "version-c", "version-b", "agent-b", "0.333333")
    declare(record, "version-c", "version-a", "agent-a", "0.666667")
    record(
        "cite", "agent-c", "0.777777", "{piece}", resource="version-c", id="event-first"
    )
    declare(record, "version-c", "version-late", "agent-late", "1")
    record(
        "cite",
        "agent-c",
        "-0.777777",
        "{piece}",
        resource="version-c",
        corrects="event-first",
    )
    left = milli_points_by_agent(credits_of_order(session, "order-0001"))
    assert set(left) == {"agent-a", "agent-b", "agent-c"}
    assert set(left.values()) == {0}


def test_the_rules_of_its_time_value_an_event(session: Session, record: Record) -> None:
    record("use", "agent-owner", "1", "h")
    dearer = default_table().replace(
        b'"unit": "h", "points": "6"', b'"unit": "h", "points": "60"'
    )
    assert dearer != default_table()
    later = NOW + timedelta(seconds=2)
    by = Mandate(proposal_id="proposal-1", agent_id="agent-1", reason="Machines cost.")
    enact(session, VALUE_EQUATION, dearer, by=by, in_force_from=later, now=later)
    record("use", "agent-owner", "1", "h")
    versions = [
        (credit.rule_version, credit.milli_points)
        for credit in credits_of_order(session, "order-0001")
    ]
    assert versions == [("value-equation-1", 6_000), ("value-equation-2", 60_000)]
