"""A steward's acts on money, each in the log beside its transaction in the book."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import billing, expected, payouts, returns
from orchestrator.accounts.bills import held_bill, left_of, standing
from orchestrator.accounts.chart import DEPOSITS
from orchestrator.accounts.rows import BillRow, PayoutRow, TransactionRow
from orchestrator.accounts.transfers import BankAccount, Transfer
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.bank_accounts import bank_accounts_of
from orchestrator.orders.rows import OrderRow


def open_cents(session: Session, bill: BillRow) -> int:
    """What is still to be paid of the bill, before or after its invoice."""
    if bill.ended_at is not None:
        return 0
    if bill.invoiced_at is None:
        return max(0, bill.cents - standing(session, bill, DEPOSITS))
    return sum(left_of(session, bill, "unsettled"))


def record_payment(
    session: Session,
    desk: Desk,
    *,
    order_id: str,
    money: Money,
    payment_id: str,
) -> TransactionRow:
    """Money came in for an order. The same payment again is once. Errors: `billing.pay`."""
    row = billing.pay(
        session,
        order_id,
        money,
        payment_id=payment_id,
        by=desk.agent_id,
        told={},
        now=desk.now,
    )
    note(session, desk, "payment-recorded", row)
    return row


def refund(
    session: Session,
    desk: Desk,
    *,
    order_id: str,
    cents: int,
    refund_id: str,
    why: str,
) -> TransactionRow:
    """Give part of an invoice back. The same refund again is once.

    Errors: `billing.refund`.
    """
    row = billing.refund(
        session,
        order_id,
        cents,
        refund_id=refund_id,
        by=desk.agent_id,
        why=why,
        now=desk.now,
    )
    note(session, desk, "refund-given", row)
    return row


def cents_of_pieces(session: Session, order_id: str, pieces: int) -> int:
    """What so many pieces of the order cost, to the nearest minor unit.

    Never more than what can be refunded. Errors: NotFoundError, InvalidInputError.
    """
    order = session.get(OrderRow, order_id)
    if order is None:
        raise NotFoundError(f"there is no order {order_id[:64]!r}", field="order_id")
    if not 1 <= pieces <= order.quantity:
        raise InvalidInputError(
            f"order {order.number} has {order.quantity} pieces, not {pieces}",
            field="pieces",
        )
    cents = (2 * order.price_cents * pieces + order.quantity) // (2 * order.quantity)
    bill = held_bill(session, order_id)
    return min(cents, billing.refundable(session, bill))


def take_back(
    session: Session, desk: Desk, transaction_id: str, *, why: str
) -> TransactionRow:
    """Undo a payment or a refund by its mirror image.

    Errors: `billing.undo`, `expected.undo`.
    """
    stands = session.get(TransactionRow, transaction_id)
    is_expected = stands is not None and stands.kind == expected.KIND
    undo = expected.undo if is_expected else billing.undo
    row = undo(session, transaction_id, by=desk.agent_id, why=why, now=desk.now)
    note(session, desk, "money-taken-back", row)
    return row


def record_return(
    session: Session, desk: Desk, payment_id: str, *, return_id: str, reason: str
) -> TransactionRow:
    """The payer's bank took a payment back: what it paid for is open again.

    The same return again is once. Errors: `returns.give_back`.
    """
    row = returns.give_back(
        session, payment_id, return_id=return_id, reason=reason, now=desk.now
    )
    note(session, desk, "payment-returned", row)
    return row


def propose_payout(
    session: Session, desk: Desk, *, currency: str, payout_id: str
) -> PayoutRow:
    """Set aside all that is owed to those who gave a bank account.

    Errors: `payouts.propose`.
    """
    owed = payouts.owed_to(session, currency)
    row = payouts.propose(
        session,
        payout_id=payout_id,
        currency=currency,
        agent_ids=frozenset(bank_accounts_of(session, owed)),
        by=desk.agent_id,
        now=desk.now,
    )
    proposal = session.get_one(TransactionRow, payouts.proposal_id(payout_id))
    note(session, desk, "payout-proposed", proposal)
    return row


def pay_payout(session: Session, desk: Desk, payout_id: str) -> PayoutRow:
    """The bank was told to pay; the second of the two stewards says so.

    Errors: `payouts.pay_out`.
    """
    row = payouts.pay_out(session, payout_id, by=desk.agent_id, now=desk.now)
    payment = session.get_one(TransactionRow, payouts.payment_id(payout_id))
    note(session, desk, "payout-paid", payment, second=row.proposed_by)
    return row


def withdraw_payout(
    session: Session, desk: Desk, payout_id: str, *, why: str
) -> PayoutRow:
    """Take a proposal back. Errors: `payouts.withdraw`."""
    row = payouts.withdraw(session, payout_id, by=desk.agent_id, why=why, now=desk.now)
    taken_back = session.scalars(
        select(TransactionRow).where(
            TransactionRow.reverses == payouts.proposal_id(payout_id)
        )
    ).one()
    note(session, desk, "payout-withdrawn", taken_back)
    return row


def transfers_of(session: Session, payout_id: str) -> list[Transfer]:
    """The payout for the bank, with where each is paid.

    Errors: NotFoundError, also where somebody erased their bank account meanwhile.
    """
    currency = payouts.payout_of(session, payout_id).currency
    lines = payouts.payout_lines(session, payout_id)
    kept = bank_accounts_of(session, [line.agent_id for line in lines])
    if len(kept) < len(lines):
        raise NotFoundError(
            "somebody erased their bank account meanwhile: withdraw this payout and "
            "propose a new one"
        )
    return [
        Transfer(
            agent_id=line.agent_id,
            to=BankAccount(
                holder=kept[line.agent_id].holder, iban=kept[line.agent_id].iban
            ),
            money=Money(cents=line.cents, currency=currency),
        )
        for line in lines
    ]


def paying_account(session: Session, agent_id: str) -> BankAccount:
    """The account that payouts are paid from: one that a member gave for it.

    Errors: NotFoundError.
    """
    row = bank_accounts_of(session, [agent_id]).get(agent_id)
    if row is None:
        raise NotFoundError(
            f"{agent_id[:64]} gave no bank account to pay from", field="paid_from"
        )
    return BankAccount(holder=row.holder, iban=row.iban)


def note(
    session: Session,
    desk: Desk,
    act: str,
    row: TransactionRow,
    *,
    second: str | None = None,
) -> None:
    """The act in the log, once: which transaction, and the hash of all it says."""
    if session.get(EntryRow, derived_id("act", act, row.id)) is not None:
        return  # told by whoever was first, and then
    desk.note(
        session,
        act,
        row.id,
        told={"transaction": row.id, "sha256": row.sha256},
        order_id=row.order_id,
        second=second,
    )
