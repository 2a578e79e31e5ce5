"""What the bank tells pays bills and pledges: by exact reference, once, nothing lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.accounts import book, chart, expected, payouts
from orchestrator.accounts.rows import ExpectedRow
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders import treasury
from orchestrator.orders.bank_statements import (
    Imported,
    import_statement,
    record_named,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWN, OTHER = "FI2112345600000785", "DE89370400440532013000"
VAN = "campaign-a-van"
PLEDGES = f"liabilities:pledges:{VAN}"

Import = Callable[..., Imported]


def camt(*entries: tuple[str, str, str], account: str = OWN) -> bytes:
    """A CAMT.053 of (the bank's number, amount, the payer's words)."""
    told = "".join(
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for number, amount, text in entries
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><Stmt><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{told}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


@pytest.fixture
def desk(trade: Any) -> Iterator[Desk]:
    yield Desk(agent_id="agent-steward-one", key=trade.key, now=NOW)
    roots = ("assets", "liabilities", "equity", "income", "expenses")
    assert not sum(
        cents
        for root in roots
        for cents in book.balances(trade.session, root, currency="EUR").values()
    )


@pytest.fixture
def handed_in(trade: Any, desk: Desk) -> Import:
    def hand_in(*entries: tuple[str, str, str], account: str = OWN) -> Imported:
        return import_statement(trade.session, desk, camt(*entries, account=account))

    return hand_in


def promised(trade: Any, payer: str, cents: int, most: int = 8_000) -> ExpectedRow:
    return expected.expect(
        trade.session,
        about=VAN,
        payer_id=payer,
        account=f"{PLEDGES}:{payer}",
        money=Money(cents=cents),
        most_cents=most,
        now=NOW,
    )


def numbers(lines: Any) -> list[str]:
    return [line.bank_id for line in lines]


def test_a_pledge_is_paid_in_parts_and_each_is_counted_once(
    trade: Any, handed_in: Import
) -> None:
    row = promised(trade, trade.shop, 5_000)
    one = row.reference
    spaced = " ".join(one[at : at + 4] for at in range(0, len(one), 4))
    told = handed_in(("A1", "20.00", one), ("A2", "10.00", f"Van! {spaced} 2026"))
    assert numbers(told.posted) == ["A1", "A2"]
    later = handed_in(("A2", "10.00", spaced), ("A3", "5.00", f"for the van, {one}."))
    assert (numbers(later.known), numbers(later.posted)) == (["A2"], ["A3"])
    # another bank may have the same number
    assert numbers(handed_in(("A3", "5.00", one), account=OTHER).posted) == ["A3"]
    assert (row.paid_cents, expected.open_cents(trade.session, row)) == (4_000, 1_000)
    assert expected.paid_by(trade.session, VAN) == {trade.shop: 4_000}
    assert -book.balance(trade.session, f"{PLEDGES}:{trade.shop}", "EUR") == 4_000
    assert book.balance(trade.session, chart.BANK, "EUR") == 4_000
    bodies = trade.session.scalars(select(EntryRow.body))
    acts = [act_of(body).act for body in bodies]
    assert acts.count("payment-recorded") == 4


def test_what_is_beyond_is_left_and_then_owed_back(
    trade: Any, desk: Desk, handed_in: Import
) -> None:
    session, shop = trade.session, trade.shop
    other = promised(trade, trade.other_shop, 5_000)
    row = promised(trade, shop, 5_000)
    assert not handed_in(("B1", "50.00", other.reference)).left
    told = handed_in(("B2", "40.00", row.reference))  # all together hold 80.00
    (left,) = told.left
    assert left.reference == row.reference
    assert "30.00 EUR is open" in left.why
    wanted = {"reference": f" {row.reference.lower()}", "money": left.line.money}
    for _twice in range(2):
        posted = record_named(session, desk, payment_id=left.line.payment_id, **wanted)
    assert (row.paid_cents, payouts.owed_to(session, "EUR")) == (3_000, {shop: 1_000})
    assert numbers(handed_in(("B2", "40.00", row.reference)).known) == ["B2"]
    for _twice in range(2):
        treasury.take_back(session, desk, posted.id, why="Another van was meant.")
    assert (row.paid_cents, payouts.owed_to(session, "EUR")) == (0, {})
    expected.end(session, VAN, now=NOW)
    late = handed_in(("B3", "10.00", row.reference)).left[0].line
    record_named(
        session,
        desk,
        reference=row.reference,
        money=late.money,
        payment_id=late.payment_id,
    )
    assert payouts.owed_to(session, "EUR") == {shop: 1_000}
    with pytest.raises(ConflictError, match="ended"):
        promised(trade, shop, 6_000)
    kept = book.transactions(session, account=f"{PLEDGES}:{trade.other_shop}")
    with pytest.raises(ConflictError, match="went on"):
        treasury.take_back(session, desk, kept[0][0].id, why="Too late.")


def test_what_is_not_certain_is_left_with_what_to_do(
    trade: Any, desk: Desk, handed_in: Import
) -> None:
    session = trade.session
    ours = promised(trade, trade.shop, 5_000).reference
    other = promised(trade, trade.other_shop, 5_000).reference
    handed_in(("C1", "1.00", ours))
    mistyped = ours[:-1] + str((int(ours[-1]) + 1) % 10)
    told = handed_in(
        ("C1", "2.00", ours),
        ("C2", "1.00", f"{ours} and {other}"),
        ("C3", "1.00", mistyped),
        ("C4", "1.00", f"X{ours}"),
        ("C5", "1.00", f"{ours}7"),
    )
    assert not told.posted
    why = [one.why for one in told.left]
    assert "another amount" in why[0]
    assert why[1].count("what was promised with") == 2
    assert {*why[2:]} == {"It names nothing that is to be paid here."}
    assert all(one.what_to_do for one in told.left)
    with pytest.raises(NotFoundError, match="begins with RF"):
        record_named(
            session,
            desk,
            reference=mistyped,
            money=Money(cents=100),
            payment_id=new_id("money"),
        )
