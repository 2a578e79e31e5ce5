"""An order's life in money: claimed, invoiced, paid, refunded, paid out, by the real rooms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.accounts import billing, book, chart, payouts
from orchestrator.accounts.billing import NothingToRefundError
from orchestrator.accounts.rows import BillRow
from orchestrator.accounts.totals import totals
from orchestrator.commons.rulebook import Mandate, enact, found
from orchestrator.foundation.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import NETWORK, act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.bank_accounts import erase_bank_account, keep_bank_account
from orchestrator.orders import life, treasury
from orchestrator.orders.accept import place
from orchestrator.orders.bank_statements import import_statement
from orchestrator.orders.owed import shared
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.terms import MONEY_TERMS, InvalidTermsError, Tax, terms_of
from orchestrator.planning.reserved import shortage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IBAN = "FI21 1234 5600 0007 85"
ONE_STEWARD, ANOTHER = "agent-steward-one", "agent-steward-two"


@dataclass(frozen=True, kw_only=True)
class Till:
    """An order, and stewards who act on its money."""

    trade: Any
    desk: Desk
    other_desk: Desk
    order: OrderRow

    @property
    def bill(self) -> BillRow:
        return self.trade.session.get_one(BillRow, self.order.id)

    def deliver(self) -> None:
        session = self.trade.session
        life.mark_planned(
            session,
            self.order,
            facility_id=self.trade.facility,
            courier_id=self.trade.courier,
            expected_at=NOW,
            now=NOW,
        )
        life.mark_made(session, self.order, now=NOW)
        life.mark_picked_up(session, self.order, courier_id=self.trade.courier, now=NOW)
        life.mark_delivered(session, self.order, now=NOW)

    def pay(self, cents: int, payment_id: str = "") -> str:
        row = treasury.record_payment(
            self.trade.session,
            self.desk,
            order_id=self.order.id,
            money=Money(cents=cents),
            payment_id=payment_id or new_id("money"),
        )
        return row.id

    def refund(self, cents: int, refund_id: str = "") -> str:
        row = treasury.refund(
            self.trade.session,
            self.desk,
            order_id=self.order.id,
            cents=cents,
            refund_id=refund_id or new_id("money"),
            why="Two pieces were broken.",
        )
        return row.id

    def held(self, account: str) -> int:
        return book.balance(self.trade.session, account, "EUR")


def order_of(trade: Any) -> OrderRow:
    version = trade.design("Lamp", "CERN-OHL-P-2.0", trade.design("Foot", "CC0-1.0"))
    return place(
        trade.session,
        quote_id=trade.quote(version).id,
        idempotency_key=new_id("key"),
        shop_id=trade.shop,
        now=NOW,
        shortage=shortage,
        key=trade.key,
    )


@pytest.fixture
def till(trade: Any) -> Iterator[Till]:
    key = trade.key
    yield Till(
        trade=trade,
        desk=Desk(agent_id=ONE_STEWARD, key=key, now=NOW),
        other_desk=Desk(agent_id=ANOTHER, key=key, now=NOW),
        order=order_of(trade),
    )
    assert book.digests(trade.session, [NOW])
    assert not sum(
        cents
        for root in ("assets", "liabilities", "equity", "income", "expenses")
        for cents in book.balances(trade.session, root, currency="EUR").values()
    )


def test_a_placed_order_is_a_claim_and_no_income(till: Till) -> None:
    price = till.order.price_cents
    assert till.held(f"{chart.CLAIMS}:{till.trade.shop}") == price
    assert till.held("income") == 0
    assert till.bill.reference.startswith("RF")
    assert treasury.open_cents(till.trade.session, till.bill) == price


def test_the_invoice_says_who_earns_what_to_the_cent(till: Till) -> None:
    till.deliver()
    parts = till.order.price_parts
    lines = till.bill.lines or []
    assert sum(int(line["cents"]) for line in lines) == till.order.price_cents
    earned = {(line["component"], line["agent_id"]): line["cents"] for line in lines}
    trade = till.trade
    assert earned["transport", trade.courier] == parts["transport"]
    assert earned["machine", trade.designer] == parts["machine"]  # owns the lab
    assert earned["design", trade.designer] == parts["design"]
    assert earned["upstream", trade.designer] == parts["upstream"]
    assert earned["platform", chart.NETWORK] == parts["platform"]
    assert till.bill.invoice_number == 1
    assert till.held(chart.CLAIMS) == 0
    assert till.held(f"{chart.RECEIVABLE}:{trade.shop}") == till.order.price_cents


def test_income_is_settled_only_when_paid_and_costs_with_it(till: Till) -> None:
    till.deliver()
    session, price = till.trade.session, till.order.price_cents
    till_then = NOW + timedelta(days=1)
    assert book.result(session, "EUR", NOW, till_then).settled_income == 0
    assert book.result(session, "EUR", NOW, till_then).unsettled_income == price
    till.pay(price - 1)
    till.pay(1)
    brought = book.result(session, "EUR", NOW, till_then)
    assert brought.settled_income == price
    assert brought.unsettled_income == 0
    assert brought.surplus_before_rules == till.order.price_parts["platform"]
    owed = payouts.owed_to(session, "EUR")
    assert sum(owed.values()) == brought.direct_costs
    assert owed[till.trade.courier] == till.order.price_parts["transport"]


def test_a_payment_told_twice_is_once_and_what_is_over_goes_back(till: Till) -> None:
    till.deliver()
    payment_id = till.pay(till.order.price_cents + 250, "money-of-tuesday")
    assert till.pay(till.order.price_cents + 250, payment_id) == payment_id
    assert till.held(chart.BANK) == till.order.price_cents + 250
    assert payouts.owed_to(till.trade.session, "EUR")[till.trade.shop] == 250
    with pytest.raises(ConflictError):
        till.pay(1, payment_id)


def test_a_cancelled_order_gives_its_deposit_back_whole(till: Till) -> None:
    till.pay(700)
    life.cancel(till.trade.session, till.order, now=NOW)
    life.cancel(till.trade.session, till.order, now=NOW)
    assert till.held(chart.CLAIMS) == till.held(chart.DEPOSITS) == 0
    assert payouts.owed_to(till.trade.session, "EUR") == {till.trade.shop: 700}
    till.pay(100)  # the bank was slow
    assert payouts.owed_to(till.trade.session, "EUR") == {till.trade.shop: 800}


def test_a_refused_order_costs_nothing(till: Till) -> None:
    life.refuse(
        till.trade.session, till.order, code="broken", text="No machine.", now=NOW
    )
    assert till.held("assets") == 0
    assert totals(till.trade.session, "EUR").promised == 0


def test_a_deposit_pays_for_the_invoice(till: Till) -> None:
    till.pay(700)
    assert till.held("income") == 0
    till.deliver()
    price = till.order.price_cents
    assert treasury.open_cents(till.trade.session, till.bill) == price - 700
    assert -till.held(chart.SETTLED) == 700


def test_broken_pieces_are_refunded_and_everybody_bears_a_part(till: Till) -> None:
    till.deliver()
    session, price = till.trade.session, till.order.price_cents
    till.pay(price)
    before = payouts.owed_to(session, "EUR")
    cents = treasury.cents_of_pieces(session, till.order.id, 2)
    assert abs(2 * cents - price) <= 1
    till.refund(cents, "money-of-broken-ones")
    till.refund(cents, "money-of-broken-ones")
    after = payouts.owed_to(session, "EUR")
    assert after[till.trade.shop] == cents
    assert all(after[one] < before[one] for one in before)
    with pytest.raises(NothingToRefundError, match="can be refunded"):
        till.refund(price - cents + 1)
    till.refund(price - cents)
    assert payouts.owed_to(session, "EUR") == {till.trade.shop: price}
    assert till.held("income") == till.held("expenses") == 0


def test_what_went_on_to_others_is_not_taken_back(till: Till) -> None:
    till.deliver()
    payment_id = till.pay(till.order.price_cents)
    refund_id = till.refund(500)
    session = till.trade.session
    with pytest.raises(ConflictError, match="went on to others"):
        treasury.take_back(session, till.desk, payment_id, why="Mistyped.")
    treasury.take_back(session, till.desk, refund_id, why="Nothing was broken.")
    undone = treasury.take_back(session, till.desk, payment_id, why="Mistyped.")
    again = treasury.take_back(session, till.desk, payment_id, why="Mistyped.")
    assert again is undone
    assert till.held(chart.BANK) == 0
    assert treasury.open_cents(session, till.bill) == till.order.price_cents


def test_two_stewards_pay_out_and_each_act_is_in_the_log(till: Till) -> None:
    till.deliver()
    session = till.trade.session
    till.pay(till.order.price_cents)
    keep_bank_account(session, till.trade.courier, iban=IBAN, holder="Rosa", now=NOW)
    earned = payouts.owed_to(session, "EUR")[till.trade.courier]
    payout_id = new_id("payout")
    treasury.propose_payout(session, till.desk, currency="EUR", payout_id=payout_id)
    treasury.propose_payout(session, till.desk, currency="EUR", payout_id=payout_id)
    assert [one.money.cents for one in treasury.transfers_of(session, payout_id)] == [
        earned
    ]
    assert till.trade.courier not in payouts.owed_to(session, "EUR")
    with pytest.raises(NotAllowedError):
        treasury.pay_payout(session, till.desk, payout_id)
    treasury.pay_payout(session, till.other_desk, payout_id)
    treasury.pay_payout(session, till.other_desk, payout_id)
    assert till.held(chart.BANK) == till.order.price_cents - earned
    with pytest.raises(ConflictError):
        treasury.withdraw_payout(session, till.desk, payout_id, why="Too late.")
    acts = [
        act_of(row.body)
        for row in session.scalars(select(EntryRow))
        if row.kind == ACT and row.provider != NETWORK
    ]
    assert sorted((one.act, one.actor, one.second) for one in acts) == [
        ("payment-recorded", ONE_STEWARD, None),
        ("payout-paid", ANOTHER, ONE_STEWARD),
        ("payout-proposed", ONE_STEWARD, None),
    ]
    assert all(b"FI21" not in row.body for row in session.scalars(select(EntryRow)))


def test_a_withdrawn_payout_is_owed_again(till: Till) -> None:
    till.deliver()
    session = till.trade.session
    till.pay(till.order.price_cents)
    keep_bank_account(session, till.trade.courier, iban=IBAN, holder="Rosa", now=NOW)
    owed = payouts.owed_to(session, "EUR")
    payout_id = new_id("payout")
    treasury.propose_payout(session, till.desk, currency="EUR", payout_id=payout_id)
    erase_bank_account(session, till.trade.courier, now=NOW)
    with pytest.raises(NotFoundError, match="erased"):
        treasury.transfers_of(session, payout_id)
    treasury.withdraw_payout(session, till.desk, payout_id, why="No account.")
    assert payouts.owed_to(session, "EUR") == owed
    with pytest.raises(payouts.NothingOwedError):
        treasury.propose_payout(
            session, till.desk, currency="EUR", payout_id=new_id("payout")
        )


def test_a_statement_is_imported_once_and_doubts_are_left(till: Till) -> None:
    till.deliver()
    session, reference = till.trade.session, till.bill.reference
    spaced = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    file = (
        "id;amount;currency;reference\n"
        f"b-1;10,00;EUR;Thanks {spaced}\n"
        f"b-2;99999.00;EUR;{reference}\n"
        "b-3;5.00;EUR;no idea\n"
        f"b-4;5.00;CHF;{reference}\n"
        f"b-5;-5.00;EUR;{reference}\n"
    ).encode()
    told = import_statement(session, till.desk, file)
    assert [line.bank_id for line in told.posted] == ["b-1"]
    assert [one.line.bank_id for one in told.left] == ["b-2", "b-3", "b-4"]
    again = import_statement(session, till.desk, file)
    assert [line.bank_id for line in again.known] == ["b-1"]
    assert not again.posted
    assert till.held(chart.BANK) == 1_000


def test_terms_under_vote_decide_deposit_and_taxes(trade: Any) -> None:
    session = trade.session
    found(session, MONEY_TERMS, now=NOW - timedelta(days=9))
    table = (
        b'{"rule_version":"x","deposit_ppm":300000,"due_days":14,"notes":["Reg. 12"],'
        b'"taxes":[{"name":"vat-255","title":"VAT 25.5 %","rate_ppm":255000,'
        b'"parts":["machine","labour","material","transport","platform"]}]}'
    )
    enact(
        session,
        MONEY_TERMS,
        table,
        by=Mandate(proposal_id=None, agent_id=trade.shop, reason="Registered."),
        in_force_from=NOW - timedelta(days=8),
        now=NOW - timedelta(days=8),
    )
    order = order_of(trade)
    bill = session.get_one(BillRow, order.id)
    assert bill.deposit_cents == order.price_cents * 3 // 10
    assert bill.terms_version == "money-terms-2"
    order.courier_id, order.facility_id = trade.courier, trade.facility
    order.state = "on-the-way"
    life.mark_delivered(session, order, now=NOW)
    (tax,) = bill.taxes or []
    parts = order.price_parts
    gross = order.price_cents - parts["design"] - parts["upstream"]
    assert tax["cents"] == round(Fraction(gross * 255, 1255))
    assert int(tax["net_cents"]) + int(tax["cents"]) == gross
    assert bill.due_at == NOW + timedelta(days=14)
    billing.pay(
        session,
        order.id,
        Money(cents=order.price_cents),
        payment_id="money-all-of-it",
        by=None,
        told={},
        now=NOW,
    )
    sums = totals(session, "EUR")
    assert sums.taxes == tax["cents"]
    assert sums.income == order.price_cents - sums.taxes


def test_terms_that_make_no_sense_are_refused_by_name() -> None:
    tax = '{"name":"vat","title":"VAT","rate_ppm":1,"parts":["machine","machine"]}'
    table = '{"rule_version":"x","deposit_ppm":0,"due_days":1,"notes":[],"taxes":[%s]}'
    with pytest.raises(InvalidTermsError, match="has one tax"):
        terms_of((table % tax).encode())
    with pytest.raises(InvalidTermsError) as refused:
        terms_of((table % "").replace('"deposit_ppm":0', '"deposit_ppm":-1').encode())
    assert refused.value.field == "deposit_ppm"


def test_shares_sum_to_the_price_whatever_the_weights() -> None:
    tax = Tax(name="vat", title="VAT", rate_ppm=255_000, parts=["machine", "design"])
    parts = {"machine": 1_001, "design": 10, "platform": 0}
    thirds = {name: Fraction(1, 3) for name in ("lab-one", "lab-two", "lab-six")}
    owed = shared(parts, [tax], {"machine": thirds, "design": {"ada": Fraction(0)}})
    assert sum(one.cents for one in owed.shares) == 1_011
    made = [one.cents for one in owed.shares if one.component == "machine"]
    assert max(made) - min(made) <= 1
    assert any(one.agent_id == chart.NETWORK for one in owed.shares)
