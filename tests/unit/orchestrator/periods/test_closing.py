"""A period closes once, by two stewards, with every entry counted by exactly one."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from orchestrator.accounts.book import balance
from orchestrator.commons.rulebook import Mandate, enact
from orchestrator.commons.rules import VALUE_EQUATION, default_table
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.ledger.sequencer import LedgerBrokenError, sequence
from orchestrator.periods.book import period_of, publish
from orchestrator.periods.close import Holding
from orchestrator.periods.closing import drafted, propose
from orchestrator.periods.rows import ShareRow
from orchestrator.periods.spelling import carried_on_of, points_after_of
from tests.unit.orchestrator.periods.conftest import NOW, Network


def cents_of(session: Session, number: int) -> dict[str, int]:
    rows = session.scalars(select(ShareRow).where(ShareRow.period == number))
    return {row.agent_id: row.cents for row in rows}


def test_rules_are_published_before_a_period_opens(network: Network) -> None:
    network.close(1)
    now = network.now()
    with pytest.raises(InvalidInputError, match="before a period opens"):
        publish(
            network.session,
            by=network.stewards[0],
            opens_at=now,
            key=network.key,
            now=now,
        )
    row = publish(
        network.session,
        by=network.stewards[0],
        opens_at=now + timedelta(days=1),
        key=network.key,
        now=now,
    )
    with pytest.raises(ConflictError, match="opens on"):
        network.propose(2)
    entry = network.session.scalars(
        select(EntryRow).where(EntryRow.action == "period-published")
    ).all()[-1]
    assert (act_of(entry.body).told or {})["rules_sha256"] == row.rules_sha256


def test_a_surplus_is_shared_and_owed(network: Network) -> None:
    network.happen("work", "agent-maker", "2", "h")
    network.happen("use", "agent-owner", "2", "h")
    network.happen("cite", "agent-designer", "4", "{piece}", resource="version-a")
    network.earn(100_000)
    row = network.close(1)
    assert row.closed_by == network.stewards[1]
    # the pool is 60,000: makers 35 % by 40 and 12 points, designers 25 %
    found = cents_of(network.session, 1)
    assert found == {
        "agent-maker": 16_154,
        "agent-owner": 4_846,
        "agent-designer": 15_000,
    }
    payable = balance(network.session, "liabilities:payable", "EUR")
    assert -payable == sum(found.values())
    assert -balance(network.session, "equity:reserve", "EUR") == 100_000 - 36_000
    acts = network.session.scalars(select(EntryRow).where(EntryRow.kind == ACT)).all()
    closed = next(act_of(one.body) for one in acts if one.action == "period-closed")
    assert (closed.actor, closed.second) == network.stewards
    assert (closed.told or {})["close_sha256"] == row.sha256


def test_a_close_run_twice_is_one_close(network: Network) -> None:
    network.happen("work", "agent-maker", "2", "h")
    network.earn(5_000)
    row = network.close(1)
    before = (row.sha256, row.closed_at, cents_of(network.session, 1))
    owed = balance(network.session, "liabilities:payable", "EUR")
    network.confirm(1)
    assert (row.sha256, row.closed_at, cents_of(network.session, 1)) == before
    assert balance(network.session, "liabilities:payable", "EUR") == owed
    with pytest.raises(ConflictError, match="never computed again"):
        network.propose(1)


def test_one_steward_alone_closes_nothing(network: Network) -> None:
    network.propose(1)
    with pytest.raises(NotAllowedError, match="second steward"):
        network.confirm(1, by=0)
    assert period_of(network.session, 1).closed_at is None


def test_who_is_no_steward_closes_nothing(network: Network) -> None:
    draft = drafted(network.session, period_of(network.session, 1))
    with pytest.raises(NotAllowedError, match="stewards"):
        propose(
            network.session,
            draft,
            {},
            by="agent-maker",
            key=network.key,
            now=network.now(),
        )


def test_what_arrives_while_it_closes_belongs_to_the_next_period(
    network: Network,
) -> None:
    network.happen("work", "agent-maker", "1", "h")
    network.earn(10_000)
    network.propose(1)
    late = network.happen("work", "agent-late", "1", "h")
    network.earn(700)
    sequence(network.session)
    network.confirm(1)
    assert set(cents_of(network.session, 1)) == {"agent-maker"}
    network.open()
    network.close(2)
    assert cents_of(network.session, 2) == {"agent-late": 147}  # 35 % of 60 % of 700
    assert late


def test_an_event_recorded_after_the_cut_with_an_earlier_date_is_not_lost(
    network: Network,
) -> None:
    """Its transaction was open while the period closed: it has no position yet."""
    network.happen("work", "agent-maker", "1", "h")
    network.earn(10_000)
    draft = drafted(network.session, period_of(network.session, 1))
    assert draft.closed.shares == ()  # nothing has a position
    network.propose(1)
    network.happen("work", "agent-late", "1", "h")
    network.session.execute(
        update(EntryRow)
        .where(EntryRow.provider == "agent-late")
        .values(recorded_at=NOW)
    )
    assert network.confirm(1).cut == period_of(network.session, 1).cut
    assert set(cents_of(network.session, 1)) == {"agent-maker"}


def test_rules_that_change_meanwhile_change_nothing_of_an_open_period(
    network: Network,
) -> None:
    network.happen("work", "agent-maker", "1", "h")
    before = network.propose(1).sha256
    enact(
        network.session,
        VALUE_EQUATION,
        default_table().replace(b'"points": "20"', b'"points": "90"'),
        by=Mandate(proposal_id=None, agent_id=network.stewards[0], reason="More"),
        in_force_from=(now := network.now()),
        now=now,
    )
    assert network.propose(1).sha256 == before


def test_a_mistake_is_reversed_and_settled_in_the_next_close(network: Network) -> None:
    wrong = network.happen("work", "agent-maker", "3", "h")
    network.happen("work", "agent-other", "1", "h")
    network.earn(10_000)
    network.close(1)
    network.open()
    network.happen("work", "agent-maker", "-2", "h", corrects=wrong)
    network.happen("work", "agent-maker", "3", "h")
    network.happen("work", "agent-other", "1", "h")
    network.earn(10_000)
    network.close(2)
    assert cents_of(network.session, 1) == {"agent-maker": 1575, "agent-other": 525}
    assert cents_of(network.session, 2) == {"agent-maker": 1050, "agent-other": 1050}


def test_who_owes_more_than_was_earned_gets_nothing_until_it_is_made_up(
    network: Network,
) -> None:
    wrong = network.happen("work", "agent-maker", "3", "h")
    network.earn(10_000)
    network.close(1)
    network.open()
    network.happen("work", "agent-maker", "-3", "h", corrects=wrong)
    network.happen("work", "agent-maker", "1", "h")
    network.earn(10_000)
    row = network.close(2)
    assert cents_of(network.session, 2) == {}
    owing = Holding("makers", "agent-maker", "work h")
    assert points_after_of(row.body or b"") == {owing: -40_000}


def test_below_the_threshold_nothing_moves_and_the_close_is_signed(
    network: Network,
) -> None:
    network.happen("work", "agent-maker", "1", "h")
    network.earn(1_000)
    network.earn(-1_500)  # paid back
    row = network.close(1)
    assert row.closed_at is not None
    assert cents_of(network.session, 1) == {"agent-maker": 0}
    assert [one.cents for one in carried_on_of(row.body or b"")] == [500]
    assert balance(network.session, "liabilities:payable", "EUR") == 0


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("UPDATE entry SET body = replace(body, '\"2\"', '\"9\"')", "was changed"),
        ("DELETE FROM entry WHERE action = 'work'", "not whole"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_operator_with_the_database_open_in_an_editor_is_found(
    network: Network, edit: str, told: str
) -> None:
    network.happen("work", "agent-maker", "2", "h")
    network.propose(1)
    if "replace" in edit:
        edit = edit.replace("body,", "CAST(body AS TEXT),").replace(
            "= replace", "= CAST(replace"
        )
        edit += " AS BLOB) WHERE action = 'work'"
    network.session.execute(text(edit))
    network.session.expire_all()
    with pytest.raises(LedgerBrokenError, match=told):
        network.confirm(1)


def test_a_proposed_close_that_was_edited_is_not_confirmed(network: Network) -> None:
    network.happen("work", "agent-maker", "2", "h")
    network.earn(1_000)
    row = network.propose(1)
    row.body = (row.body or b"").replace(b"agent-maker", b"agent-thief")
    with pytest.raises(LedgerBrokenError, match="other bytes"):
        network.confirm(1)


def test_events_in_another_order_and_at_other_times_give_the_same_bytes(
    network: Network,
) -> None:
    """Citations declared after their use, corrections and rules known late included."""
    told = [
        ("work", "agent-maker", "2.5", "h", {}),
        ("work", "agent-other", "0.333", "h", {}),
        ("use", "agent-owner", "7", "h", {}),
        ("cite", "agent-designer", "3", "{piece}", {"resource": "version-a"}),
        ("cite", "agent-first", "2", "1", {"resource": "b", "cited_by": "version-a"}),
        ("cite", "agent-second", "1", "1", {"resource": "c", "cited_by": "version-a"}),
        ("cite", "agent-designer", "1", "{piece}", {"resource": "version-a"}),
        ("dropoff", "agent-courier", "12.125", "km", {}),
    ]
    facts = [(f"fact-{number:04}", *one) for number, one in enumerate(told)]
    found = set()
    for seed in range(6):
        random.Random(seed).shuffle(facts)
        with network.session.begin_nested() as savepoint:
            for event_id, action, provider, quantity, unit, more in facts:
                network.happen(action, provider, quantity, unit, id=event_id, **more)
            network.happen("use", "agent-owner", "-6", "h", corrects="fact-0002")
            network.earn(123_457)
            found.add(network.propose(1).body)
            savepoint.rollback()
        network.session.expire_all()
    assert len(found) == 1
    assert b"agent-first" in next(iter(found))
