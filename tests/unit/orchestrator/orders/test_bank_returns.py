"""What a payer's bank takes back is open again, once, and leaves nobody richer."""

from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.accounts import book, chart, expected, payouts
from orchestrator.accounts.returns import returned_to
from orchestrator.accounts.statements import statement_of
from orchestrator.foundation.errors import ConflictError
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.bank_accounts import keep_bank_account
from orchestrator.orders import treasury
from orchestrator.orders.bank_statements import Imported, import_statement
from tests.unit.orchestrator.orders.test_bank_statements import (
    NOW,
    OWN,
    PLEDGES,
    VAN,
    desk,
    numbers,
    promised,
)
from tests.unit.orchestrator.orders.test_money_of_orders import Till, till

__all__ = ["desk", "till"]  # fixtures

NS = "urn:iso:std:iso:20022:tech:xsd:camt.05"


def entry(
    number: str, amount: str, text: str, *, sign: str = "CRDT", why: str = ""
) -> str:
    """An entry: a payment, or with `why` ("RvslInd" or a code) one that went back."""
    reversal = "<RvslInd>true</RvslInd>" if why == "RvslInd" else ""
    reason = f"<RtrInf><Rsn><Cd>{why}</Cd></Rsn></RtrInf>" if len(why) == 4 else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{reversal}'
        f"<Sts><Cd>BOOK</Cd></Sts><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>{reason}</TxDtls></NtryDtls></Ntry>"
    )


def camt(*entries: str, form: str = "3") -> bytes:
    """A statement (CAMT.053) or a notification (054) of these."""
    outer, inner = {
        "3": ("BkToCstmrStmt", "Stmt"),
        "4": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[form]
    return (
        f'<Document xmlns="{NS}{form}.001.08"><{outer}><{inner}>'
        f"<Acct><Id><IBAN>{OWN}</IBAN></Id></Acct>{''.join(entries)}"
        f"</{inner}></{outer}></Document>"
    ).encode()


def told(trade: Any, desk: Any, *entries: str, form: str = "3") -> Imported:
    return import_statement(trade.session, desk, camt(*entries, form=form))


def back(number: str, amount: str, text: str, why: str = "MD06") -> str:
    return entry(number, amount, text, sign="DBIT", why=why)


def test_a_pledge_that_goes_back_is_open_again_once_with_its_reason(
    trade: Any, desk: Any
) -> None:
    session, row = trade.session, promised(trade, trade.shop, 5_000)
    ref = row.reference
    told(trade, desk, entry("A1", "20.00", ref))
    for form in ("3", "4"):
        done = told(trade, desk, back("R1", "20.00", ref, "AC04"), form=form)
        found = done.returned if form == "3" else done.known
        assert numbers(found) == ["R1"]
        assert (row.paid_cents, expected.open_cents(session, row)) == (0, 5_000)
        assert book.balance(session, chart.BANK, "EUR") == 0
        assert book.balance(session, f"{PLEDGES}:{trade.shop}", "EUR") == 0
    (said,) = returned_to(session, trade.shop, newest=9)
    assert "the account is closed (AC04)" in said.text
    assert "open again" in said.text
    acts = [act_of(one) for one in session.scalars(select(EntryRow.body))]
    assert [one.act for one in acts].count("payment-returned") == 1
    # paid again, of the same amount: what is told again takes nothing of it
    told(trade, desk, entry("A2", "20.00", ref))
    assert numbers(told(trade, desk, back("R1", "20.00", ref, "AC04")).known) == ["R1"]
    assert row.paid_cents == 2_000
    with pytest.raises(ConflictError, match="took it back already"):
        treasury.take_back(session, desk, str(said.told["returns"]), why="By hand.")


def test_a_reversal_is_known_by_the_banks_own_name(trade: Any, desk: Any) -> None:
    row = promised(trade, trade.shop, 5_000)
    one, two = (entry(name, "20.00", row.reference) for name in ("B1", "B2"))
    # newest first: what came back stands before it came
    done = told(
        trade, desk, entry("B1", "20.00", "", sign="DBIT", why="RvslInd"), two, one
    )
    assert (numbers(done.posted), numbers(done.returned)) == (["B2", "B1"], ["B1"])
    assert row.paid_cents == 2_000


def test_what_is_not_certain_is_left_with_its_reason(trade: Any, desk: Any) -> None:
    row = promised(trade, trade.shop, 5_000)
    ref = row.reference
    told(trade, desk, entry("C1", "10.00", ref), entry("C2", "10.00", ref))
    done = told(
        trade,
        desk,
        back("S1", "10.00", ref),  # which of the two?
        back("S2", "9.00", ref),  # none of this amount
        back("S3", "10.00", "no reference", "AM04"),
        entry("S4", "10.00", ref, why="AC01"),  # what was paid from here came back
        entry("S5", "3.00", ref, sign="DBIT"),  # what was paid from here
    )
    assert not done.returned
    assert not done.posted
    assert {one.line.bank_id for one in done.left} == {"S1", "S2", "S3", "S4"}
    why = {one.line.bank_id: one.why for one in done.left}
    assert "not enough money (AM04)" in why["S3"]
    assert "came back" in why["S4"]
    assert not any(one.can_record for one in done.left)
    assert row.paid_cents == 2_000


def test_a_pledge_that_was_given_out_meanwhile_is_owed_by_its_payer(
    trade: Any, desk: Any
) -> None:
    session, row = trade.session, promised(trade, trade.shop, 5_000)
    told(trade, desk, entry("D1", "60.00", row.reference))
    told_left = told(trade, desk, entry("D2", "50.00", row.reference))
    assert told_left.posted or told_left.left
    expected.end(session, VAN, now=NOW)
    before = payouts.owed_to(session, "EUR").get(trade.shop, 0)
    paid = row.paid_cents
    done = told(trade, desk, back("R2", "50.00", row.reference))
    assert numbers(done.returned) == ["R2"]
    assert row.paid_cents == paid  # nothing is paid for it any more
    assert payouts.owed_to(session, "EUR")[trade.shop] == before - 5_000
    assert "or is owed" in returned_to(session, trade.shop, newest=1)[0].text


def test_a_bill_is_open_again_even_where_its_money_was_paid_out(till: Till) -> None:
    session, trade, price = till.trade.session, till.trade, till.order.price_cents
    till.deliver()
    euros = f"{price // 100}.{price % 100:02}"
    told(trade, till.desk, entry("E1", euros, till.bill.reference))
    assert treasury.open_cents(session, till.bill) == 0
    iban = "FI2112345600000785"
    keep_bank_account(session, trade.courier, iban=iban, holder="Rosa", now=NOW)
    treasury.propose_payout(session, till.desk, currency="EUR", payout_id="payout-one")
    treasury.pay_payout(session, till.other_desk, "payout-one")
    earned = till.order.price_parts["transport"]
    for _twice in range(2):
        told(trade, till.desk, back("R3", euros, till.bill.reference))
        assert treasury.open_cents(session, till.bill) == price
        assert till.held(f"{chart.RECEIVABLE}:{trade.shop}") == price
        assert till.held(chart.SETTLED) == till.held(chart.DIRECT) == 0
        owed = payouts.owed_to(session, "EUR")
        assert owed == {trade.courier: -earned}  # taken off what comes next
        assert till.held(chart.BANK) == -earned
    told(trade, till.desk, entry("E2", euros, till.bill.reference))
    assert treasury.open_cents(session, till.bill) == 0
    assert trade.courier not in payouts.owed_to(session, "EUR")


def test_a_deposit_that_paid_for_the_invoice_opens_it_again(till: Till) -> None:
    session, trade = till.trade.session, till.trade
    reference = till.bill.reference
    told(trade, till.desk, entry("F1", "7.00", reference))
    told(trade, till.desk, back("R4", "7.00", reference))
    assert till.held(chart.DEPOSITS) == till.held(chart.BANK) == 0
    told(trade, till.desk, entry("F2", "6.00", reference))
    till.deliver()
    price = till.order.price_cents
    assert treasury.open_cents(session, till.bill) == price - 600
    told(trade, till.desk, back("R5", "6.00", reference))
    assert treasury.open_cents(session, till.bill) == price
    assert till.held(chart.DEPOSITS) == till.held(chart.BANK) == 0


def test_of_two_payments_one_that_goes_back_was_to_go_back_anyway(till: Till) -> None:
    session, trade, price = till.trade.session, till.trade, till.order.price_cents
    till.deliver()
    till.pay(price, "money-first")
    till.pay(price, "money-second")
    assert payouts.owed_to(session, "EUR")[trade.shop] == price
    treasury.record_return(
        session, till.desk, "money-first", return_id="return-one", reason=""
    )
    assert treasury.open_cents(session, till.bill) == 0
    assert trade.shop not in payouts.owed_to(session, "EUR")
    with pytest.raises(ConflictError):
        treasury.record_return(
            session, till.desk, "money-first", return_id="return-two", reason=""
        )


def test_a_payment_that_a_steward_took_back_before_is_not_taken_twice(
    trade: Any, desk: Any
) -> None:
    session, row = trade.session, promised(trade, trade.shop, 5_000)
    done = told(trade, desk, entry("G1", "20.00", row.reference))
    treasury.take_back(session, desk, done.posted[0].payment_id, why="The bank called.")
    assert numbers(told(trade, desk, back("R6", "20.00", row.reference)).known) == [
        "R6"
    ]
    assert row.paid_cents == book.balance(session, chart.BANK, "EUR") == 0


def test_several_that_the_bank_booked_together_are_told_apart() -> None:
    details = "".join(
        f"<TxDtls><Refs><AcctSvcrRef>{name}</AcctSvcrRef></Refs>"
        f'<Amt Ccy="EUR">{amount}</Amt><RtrInf><Rsn><Cd>{why}</Cd></Rsn></RtrInf></TxDtls>'
        for name, amount, why in (("H1", "1.00", "AM04"), ("H2", "2.00", "MD01"))
    )
    whole = (
        '<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )
    lines = statement_of(camt(whole))
    assert [(one.bank_id, one.kind, one.reason, one.money.cents) for one in lines] == [
        ("H1", "returned", "AM04", 100),
        ("H2", "returned", "MD01", 200),
    ]
