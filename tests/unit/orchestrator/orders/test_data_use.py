"""Who gains money with the network's data asks the gate, and its answer is kept."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import book, chart, expected
from orchestrator.commons.rulebook import found
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
from orchestrator.orders import data_agreements, treasury
from orchestrator.orders.bank_statements import record_named
from orchestrator.orders.data_use import ask_for_data
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.rows import DataAgreementRow
from orchestrator.orders.table import Use
from orchestrator.orders.terms import MONEY_TERMS


def test_the_ledger_passes_the_gate_as_a_design_does(
    session: Session, trade: Any, now: datetime
) -> None:
    def asked(agent_id: str, use: Use, days: int = 0) -> Clearance | Refusal:
        at = now + timedelta(days=days)
        desk = Desk(agent_id=agent_id, key=trade.key, now=at)
        return ask_for_data(session, desk, data_set="ledger", use=use)

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
    shop = Desk(agent_id=trade.shop, key=trade.key, now=now)
    with pytest.raises(NotFoundError):
        ask_for_data(session, shop, data_set="weather", use=sell)


def test_who_is_refused_agrees_with_the_stewards_and_pays_by_transfer(
    session: Session, trade: Any, now: datetime
) -> None:
    desk = Desk(agent_id=trade.designer, key=trade.key, now=now)

    def answer(days: int = 0) -> Clearance | Refusal:
        at = now + timedelta(days=days)
        firm = Desk(agent_id=trade.firm, key=trade.key, now=at)
        return ask_for_data(session, firm, data_set="ledger", use=Use.MAKE_AND_SELL)

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
    own = Desk(agent_id=trade.firm, key=trade.key, now=now)
    with pytest.raises(NotAllowedError):
        data_agreements.grant(session, own, row.id)
    assert isinstance(answer(), Refusal)
    for _twice in range(2):
        data_agreements.grant(session, desk, row.id)
    assert isinstance(answer(), Refusal)  # granted, and not paid
    with pytest.raises(ConflictError, match="already"):
        wanted()
    due = expected.expected_of(session, row.id, trade.firm)
    assert due is not None
    assert (due.invoice_number, due.taxes) == (1, [])
    for cents, payment_id in ((23_999, "money-of-the-firm"), (1, "money-of-the-rest")):
        assert isinstance(answer(), Refusal)
        record_named(
            session,
            desk,
            reference=due.reference,
            money=Money(cents=cents),
            payment_id=payment_id,
        )
    allowed = answer()
    assert isinstance(allowed, Clearance)
    assert any("a fee of 240.00 EUR a year" in duty.text for duty in allowed.duties)
    assert isinstance(answer(days=364), Clearance)
    assert isinstance(answer(days=365), Refusal)
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


@pytest.mark.parametrize("how", ["by the bank", "by a steward"])
def test_a_fee_holds_its_tax_and_lapses_while_its_payment_is_taken_back(
    session: Session, trade: Any, now: datetime, how: str
) -> None:
    put_into_force(session, trade, now)
    desk = Desk(agent_id=trade.designer, key=trade.key, now=now)
    row = data_agreements.request(
        session, data_set="ledger", agent_id=trade.firm, in_kind="", now=now
    )
    data_agreements.grant(session, desk, row.id)
    due = expected.expected_of(session, row.id, trade.firm)
    assert due is not None
    (tax,) = due.taxes or ()
    assert (tax["name"], tax["net_cents"], tax["cents"]) == ("vat-20", 20_000, 4_000)
    assert (due.notes, due.due_at) == (["Reverse charge."], now + timedelta(days=14))

    def held(account: str) -> int:
        return -book.balance(session, account, "EUR")

    def holds(days: int = 0) -> bool:
        at = now + timedelta(days=days)
        given = data_agreements.agreement_for(session, "ledger", trade.firm, now=at)
        return given is not None

    def pay(cents: int, payment_id: str, days: int) -> None:
        later = Desk(
            agent_id=trade.designer, key=trade.key, now=now + timedelta(days=days)
        )
        money = Money(cents=cents)
        record_named(
            session,
            later,
            reference=due.reference,
            money=money,
            payment_id=payment_id,
        )

    def take_back(payment_id: str) -> None:
        if how == "by the bank":
            treasury.record_return(
                session,
                desk,
                payment_id,
                return_id=f"return-of-{payment_id}",
                reason="AM04",
            )
        else:
            treasury.take_back(session, desk, payment_id, why="Wrong.")

    pay(10_001, "money-one", 1)
    pay(14_999, "money-two", 20)  # ten euros too much
    assert (held(data_agreements.ACCOUNT), held(f"{chart.TAX_DUE}:vat-20")) == (
        20_000,
        4_000,
    )
    assert held(chart.REFUNDS) == 1_000
    assert not holds(days=386)
    assert holds(days=384)  # a year from the day it was paid
    take_back("money-one")
    assert not holds(days=30)
    pay(10_001, "money-three", 40)
    assert holds(days=404)
    for payment_id in ("money-two", "money-three"):
        take_back(payment_id)
    assert not holds(days=41)
    roots = ("assets", "liabilities", "income")
    assert [held(root) for root in roots] == [0, 0, 0]


def put_into_force(session: Session, trade: Any, now: datetime) -> None:
    """Terms with a tax on what is paid for licences."""
    terms = {
        "rule_version": "money-terms-2",
        "deposit_ppm": 0,
        "due_days": 14,
        "taxes": [
            {
                "name": "vat-20",
                "title": "VAT 20 %",
                "rate_ppm": 200_000,
                "parts": ["reciprocity"],
            }
        ],
        "notes": ["Reverse charge."],
    }
    found(
        session,
        replace(MONEY_TERMS, founding=lambda: json.dumps(terms).encode()),
        now=now,
    )
