"""Who gains money with the network's data asks the gate, and its answer is kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import book, expected
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders import data_agreements
from orchestrator.orders.bank_statements import record_named
from orchestrator.orders.data_use import ask_for_data
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.rows import DataAgreementRow
from orchestrator.orders.table import Use


def test_the_ledger_passes_the_gate_as_a_design_does(
    session: Session, trade: Any, now: datetime
) -> None:
    def asked(agent_id: str, use: Use, days: int = 0) -> Clearance | Refusal:
        return ask_for_data(
            session,
            data_set="ledger",
            agent_id=agent_id,
            use=use,
            key=trade.key,
            now=now + timedelta(days=days),
        )

    sell, private = Use.MAKE_AND_SELL, Use.PRIVATE
    assert isinstance(asked(trade.shop, sell), Clearance)
    assert isinstance(asked(trade.firm, private), Clearance)
    refused = asked(trade.firm, sell)
    assert isinstance(refused, Refusal)
    assert "reciprocity licence with the network's members" in refused.remedy
    lapsed = asked(trade.shop, sell, days=301)
    assert isinstance(lapsed, Refusal)
    assert lapsed.code == "attestation-missing"
    acts = [act_of(body) for body in session.scalars(select(EntryRow.body))]
    assert sorted((act.actor, (act.told or {})["verdict"]) for act in acts) == sorted(
        [
            (trade.shop, "allow-with-duties"),
            (trade.firm, "allow-with-duties"),
            (trade.firm, "refuse"),
            (trade.shop, "refuse"),
        ]
    )
    with pytest.raises(NotFoundError):
        ask_for_data(
            session,
            data_set="weather",
            agent_id=trade.shop,
            use=sell,
            key=trade.key,
            now=now,
        )


def test_who_is_refused_agrees_with_the_stewards_and_pays_by_transfer(
    session: Session, trade: Any, now: datetime
) -> None:
    desk = Desk(steward_id=trade.designer, key=trade.key, now=now)

    def answer(days: int = 0) -> Clearance | Refusal:
        return ask_for_data(
            session,
            data_set="ledger",
            agent_id=trade.firm,
            use=Use.MAKE_AND_SELL,
            key=trade.key,
            now=now + timedelta(days=days),
        )

    def wanted(in_kind: str = "") -> DataAgreementRow:
        return data_agreements.request(
            session, data_set="ledger", agent_id=trade.firm, in_kind=in_kind, now=now
        )

    refused = answer()
    assert isinstance(refused, Refusal)
    assert "a fee of 240.00 EUR a year, or publish" in refused.remedy
    with pytest.raises(InvalidInputError):
        wanted("a cake")
    row = wanted()
    with pytest.raises(ConflictError, match="already"):
        wanted()
    own = Desk(steward_id=trade.firm, key=trade.key, now=now)
    with pytest.raises(NotAllowedError):
        data_agreements.grant(session, own, row.id)
    assert isinstance(answer(), Refusal)
    for _twice in range(2):
        data_agreements.grant(session, desk, row.id)
    allowed = answer()
    assert isinstance(allowed, Clearance)
    assert any("a fee of 240.00 EUR a year" in duty.text for duty in allowed.duties)
    assert isinstance(answer(days=364), Clearance)
    assert isinstance(answer(days=365), Refusal)
    due = expected.expected_of(session, row.id, trade.firm)
    assert due is not None
    record_named(
        session,
        desk,
        reference=due.reference,
        money=Money(cents=24_000),
        payment_id="money-of-the-firm",
    )
    assert book.result(session, "EUR", now, now + timedelta(days=1)) == book.Result(
        currency="EUR", settled_income=24_000, direct_costs=0, unsettled_income=0
    )
    for _twice in range(2):
        data_agreements.end(session, own, row.id)
    assert isinstance(answer(), Refusal)
    with pytest.raises(ConflictError, match="ended"):
        data_agreements.grant(session, desk, row.id)
    in_kind = wanted("give hours at a machine to the network's makers")
    data_agreements.grant(session, desk, in_kind.id)
    assert expected.expected_of(session, in_kind.id, trade.firm) is None
    acts = [act_of(body).act for body in session.scalars(select(EntryRow.body))]
    told = [act for act in acts if act.startswith("data-use-") and act[9:] != "asked"]
    assert sorted(told) == ["data-use-ended", "data-use-granted", "data-use-granted"]
