"""A bank statement into the book: each payment once, for what its reference names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import book, expected, returns
from orchestrator.accounts.bills import held_bill, hold
from orchestrator.accounts.rows import BillRow, ExpectedRow, TransactionRow
from orchestrator.accounts.statements import BankLine, statement_of
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.money import Money
from orchestrator.ledger.desk import Desk
from orchestrator.orders import treasury


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A payment that a person has to look at: why, and what to do.

    `reference`: what it surely names, or ""; `can_record`: under a reference, by hand.
    """

    line: BankLine
    why: str
    what_to_do: str
    reference: str = ""
    can_record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a statement: posted now, posted before, and left.

    `returned`: what payers' banks took back, of which all is open again now.
    """

    posted: Sequence[BankLine]
    returned: Sequence[BankLine]
    known: Sequence[BankLine]
    left: Sequence[Left]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """What a reference names: the bill of an order, or what a member said they'd pay."""

    name: str
    reference: str
    currency: str
    open_cents: int


def import_statement(session: Session, desk: Desk, file: bytes) -> Imported:
    """Record every payment that names what is owed here exactly; twice is once.

    What can't be matched without doubt is left for a person. Errors:
    InvalidStatementError, and nothing of the file was taken.
    """
    hold(session, "statements")  # two at once would wait for each other's orders
    posted: list[BankLine] = []
    returned: list[BankLine] = []
    stands: list[BankLine] = []
    left: list[Left] = []
    unfound: list[BankLine] = []  # of some banks, what came back stands before it came
    for line in statement_of(file):
        if line.kind == "came-back":
            left.append(_came_back(line))
            continue
        before = _recorded(session, line)
        if before is not None:
            if before.told.get("cents") == line.money.cents:
                stands.append(line)
            else:
                left.append(_other_amount(line, before))
            continue
        if line.kind == "returned":
            done = {True: returned, False: stands, None: unfound}
            done[_give_back(session, desk, line)].append(line)
            continue
        dues = list(_dues_named(session, line.references))
        doubt = _doubt(line, dues)
        if doubt is not None:
            left.append(doubt)
            continue
        record_named(
            session,
            desk,
            reference=dues[0].reference,
            money=line.money,
            payment_id=line.payment_id,
        )
        posted.append(line)
    for line in unfound:
        if _give_back(session, desk, line):
            returned.append(line)
        else:
            left.append(_unknown_return(line))
    return Imported(posted=posted, returned=returned, known=stands, left=left)


def record_named(
    session: Session, desk: Desk, *, reference: str, money: Money, payment_id: str
) -> TransactionRow:
    """Money came in for what this reference names; what is over is owed to the payer.

    The same payment again is once. Errors: NotFoundError for a reference of nothing
    here; `billing.pay`, `expected.pay`.
    """
    typed = "".join(reference.split()).upper()
    bill = session.scalar(select(BillRow).where(BillRow.reference == typed))
    if bill is not None:
        return treasury.record_payment(
            session,
            desk,
            order_id=bill.order_id,
            money=money,
            payment_id=payment_id,
        )
    row = expected.named(session, typed)
    if row is None:
        raise NotFoundError(
            f"nothing here is paid with the reference {typed[:30]!r}: it stands on each "
            "bill, and beside each pledge and agreement, and begins with RF",
            field="reference",
        )
    posted = expected.pay(
        session, row.id, money, payment_id=payment_id, by=desk.agent_id, now=desk.now
    )
    treasury.note(session, desk, "payment-recorded", posted)
    return posted


def _dues_named(session: Session, references: Sequence[str]) -> Iterator[_Due]:
    """All that these references name here."""
    for bill in session.scalars(
        select(BillRow).where(BillRow.reference.in_(references))
    ):
        held = held_bill(session, bill.order_id)
        yield _Due(
            name=f"order {bill.order_number}",
            reference=bill.reference,
            currency=bill.currency,
            open_cents=treasury.open_cents(session, held),
        )
    for row in session.scalars(
        select(ExpectedRow).where(ExpectedRow.reference.in_(references))
    ):
        yield _Due(
            name=f"what was promised with {row.reference}",
            reference=row.reference,
            currency=row.currency,
            open_cents=expected.open_cents(session, row),
        )


def _returned(session: Session, line: BankLine) -> TransactionRow | None:
    """The payment that this return took back: the bank's name of it, or, of what it
    names, the only one of this amount that stands. None: nobody can be sure.
    """
    for name in line.returned_ids:
        row = session.get(TransactionRow, name)
        if row is not None and row.told.get("cents") == line.money.cents:
            return row
    dues: list[BillRow | ExpectedRow] = [
        *session.scalars(select(BillRow).where(BillRow.reference.in_(line.references))),
        *session.scalars(
            select(ExpectedRow).where(ExpectedRow.reference.in_(line.references))
        ),
    ]
    if len(dues) != 1 or dues[0].currency != line.money.currency:
        return None
    found = returns.payments_like(session, dues[0], line.money.cents)
    return found[0] if len(found) == 1 else None


def _give_back(session: Session, desk: Desk, line: BankLine) -> bool | None:
    """Whether it is open again by this; False: it was taken back before; None: unknown."""
    payment = _returned(session, line)
    if payment is None:
        return None
    if book.reversal_of(session, payment.id) or book.return_of(session, payment.id):
        return False
    treasury.record_return(
        session, desk, payment.id, return_id=line.payment_id, reason=line.reason
    )
    return True


def _recorded(session: Session, line: BankLine) -> TransactionRow | None:
    for name in line.payment_ids:
        row = session.get(TransactionRow, name)
        if row is not None:
            return row
    return None


def _other_amount(line: BankLine, before: TransactionRow) -> Left:
    return Left(
        line=line,
        why=f"This payment of the bank is in the book with another amount: {before.text}",
        what_to_do="Look at it at the bank. If the book is wrong, take that one back "
        "and record the right amount by hand.",
        can_record=False,
    )


def _came_back(line: BankLine) -> Left:
    return Left(
        line=line,
        why=f"What was paid from here came back{returns.in_words(line.reason)}.",
        what_to_do="Look at the bank whose it was. It is in no payer's name, and the "
        "payout stays as it is: pay it again where it should go.",
        can_record=False,
    )


def _unknown_return(line: BankLine) -> Left:
    return Left(
        line=line,
        why="The payer's bank took this back"
        f"{returns.in_words(line.reason)}, and no single payment here is known as it.",
        what_to_do="Find the payment by its payer at the bank. If it is in the book, "
        "take it back on its page; if not, leave it: it stays out of the book.",
        can_record=False,
    )


def _doubt(line: BankLine, dues: Sequence[_Due]) -> Left | None:
    """Why nobody but a person can say what it is for; None: there is no doubt."""
    if not dues:
        return Left(
            line=line,
            why="It names nothing that is to be paid here.",
            what_to_do="If it is for a bill or a pledge, type the reference that stands "
            "there and record it. If not, leave it: it stays out of the book.",
        )
    if len(dues) > 1:
        return Left(
            line=line,
            why=f"It names {', and '.join(due.name for due in dues)}.",
            what_to_do="Ask the payer which is meant, and record it under that reference.",
        )
    (due,) = dues
    if due.currency != line.money.currency:
        return Left(
            line=line,
            why=f"For {due.name} one pays in {due.currency}.",
            what_to_do="Send it back, and ask for the right currency: nothing is "
            "exchanged here.",
            can_record=False,
        )
    if line.money.cents > due.open_cents:
        still_open = Money(cents=due.open_cents, currency=due.currency)
        return Left(
            line=line,
            why=f"Of {due.name}, {still_open} is open.",
            what_to_do="Was it recorded by hand already? If not, record it: what is over "
            "is then owed back to the payer.",
            reference=due.reference,
        )
    return None
