"""Two stewards close a period, once: the first freezes what counts, the second checks.

Each step is one transaction with its act in the log: killed in between, it happened
whole or not at all, and running it again changes nothing. What is long, computing, is
done before, by whoever only reads, so that nobody who writes waits for it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from orchestrator.accounts.book import post, result
from orchestrator.accounts.chart import PAYABLE, RESERVE, SURPLUS
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.clock import stamp
from orchestrator.foundation.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.sequencer import LedgerBrokenError, tree_size
from orchestrator.periods.book import before_of, check_steward, enter_act, rules_of
from orchestrator.periods.close import Close, Holding, Settled, close
from orchestrator.periods.points import counted
from orchestrator.periods.rows import PeriodRow, ShareRow
from orchestrator.periods.seals import PROPOSED, Seal
from orchestrator.periods.simulate import Supposed
from orchestrator.periods.spelling import carried_on_of, points_after_of, spell

EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A close that is not written: from what, and with what outcome."""

    cut: int
    income_total: int
    costs_total: int
    points: dict[Holding, int]
    closed: Close


def drafted(session: Session, row: PeriodRow) -> Draft:
    """What a close of all that is in the log now would be; nothing is written.

    Errors: LedgerBrokenError, InvalidCloseError.
    """
    cut, income, costs = standing(session, row)
    points = _points(session, row, cut)
    return Draft(
        cut=cut,
        income_total=income,
        costs_total=costs,
        points=points,
        closed=_closed(session, row, (income, costs), points),
    )


def supposed_of(draft: Draft) -> Supposed:
    """What a simulation takes as given: all but the income and the rules."""
    return Supposed(
        period=draft.closed.period,
        direct_costs_cents=draft.closed.settled.direct_costs_cents,
        carried=draft.closed.carried_in,
        points=draft.points,
    )


def propose(
    session: Session,
    draft: Draft,
    seal: Seal,
    *,
    by: str,
    key: SigningKey,
    now: datetime,
) -> PeriodRow:
    """The first steward's signature: what stood in the log at the draft's cut counts.

    The `seal` tells the log how the money book stood.

    What came after it belongs to the next period. A proposal that nobody has confirmed
    is replaced; the same one again changes nothing. Errors: NotAllowedError,
    NotFoundError, ConflictError before it opened or once it is closed.
    """
    check_steward(session, by)
    number = draft.closed.period
    row = _locked(session, number)
    if row.closed_at is not None:
        raise ConflictError(f"period {number} is closed, and never computed again")
    if now < row.opens_at:
        raise ConflictError(f"period {number} opens on {stamp(row.opens_at)}")
    if draft.closed.rules_sha256 != row.rules_sha256:
        raise ConflictError("these are not the rules that the period was opened with")
    body = spell(draft.closed)
    told = (draft.cut, draft.income_total, draft.costs_total, body, by)
    known = (row.cut, row.income_total, row.costs_total, row.body, row.proposed_by)
    if told == known:
        return row
    row.cut, row.income_total, row.costs_total, row.body, row.proposed_by = told
    row.sha256, row.proposed_at = sha256(body).hexdigest(), now
    session.flush()
    enter_act(
        session,
        row,
        PROPOSED,
        {"cut": draft.cut, "close_sha256": row.sha256, **seal},
        by=by,
        key=key,
        now=now,
    )
    return row


def confirm(
    session: Session,
    again: Close,
    *,
    by: str,
    sha: str,
    key: SigningKey,
    now: datetime,
) -> PeriodRow:
    """The second steward's signature: computed `again`, and closed for good if the same.

    `sha`: of the close that this steward has seen. A close that is confirmed already
    is returned as it is. Errors: NotAllowedError, NotFoundError, ConflictError (nobody
    proposed it, the same steward, another close), LedgerBrokenError when the log does
    not give the proposed bytes again.
    """
    check_steward(session, by)
    row = _locked(session, again.period)
    if row.body is None or row.proposed_by is None:
        raise ConflictError(f"nobody has proposed to close period {row.number} yet")
    if row.sha256 != sha:
        raise ConflictError("another close was proposed meanwhile: look at it first")
    if row.closed_at is not None:
        return row
    if row.proposed_by == by:
        raise NotAllowedError("a second steward confirms what the first has proposed")
    if spell(again) != row.body or sha256(row.body).hexdigest() != sha:
        raise LedgerBrokenError(
            f"period {row.number} gives other bytes than were proposed: "
            "verify the ledger"
        )
    row.closed_at, row.closed_by = now, by
    _write_shares(session, again)
    _write_money(session, row, again, now)
    session.flush()
    enter_act(
        session,
        row,
        "period-closed",
        {
            "cut": row.cut or 0,
            "close_sha256": sha,
            "surplus_cents": again.surplus_cents,
            "paid_cents": again.paid_cents,
            "reserve_cents": again.reserve_cents,
        },
        by=row.proposed_by,
        second=by,
        key=key,
        now=now,
    )
    return row


def recomputed(session: Session, row: PeriodRow) -> Close:
    """The close once more from the log, at the cut that was signed.

    Errors: NotFoundError for a period whose close nobody has proposed.
    """
    if row.cut is None or row.income_total is None or row.costs_total is None:
        raise NotFoundError(f"period {row.number} has no close yet")
    totals = row.income_total, row.costs_total
    return _closed(session, row, totals, _points(session, row, row.cut))


def _closed(
    session: Session,
    row: PeriodRow,
    totals: tuple[int, int],
    points: dict[Holding, int],
) -> Close:
    before = before_of(session, row)
    income, costs = (0, 0) if before is None else _totals(before)
    return close(
        period=row.number,
        rules=rules_of(row),
        settled=Settled(
            income_cents=totals[0] - income, direct_costs_cents=totals[1] - costs
        ),
        carried=()
        if before is None or before.body is None
        else carried_on_of(before.body),
        points=points,
    )


def _points(session: Session, row: PeriodRow, cut: int) -> dict[Holding, int]:
    before = before_of(session, row)
    held = {} if before is None or before.body is None else points_after_of(before.body)
    return counted(session, row, cut, held)


def standing(session: Session, row: PeriodRow) -> tuple[int, int, int]:
    """What a draft is made of: the log's size, settled income and direct costs.

    Of the books from their beginning on, so that what was dated before a close and
    written after it is not lost, but counted by the next one.
    """
    told = result(session, rules_of(row).currency, EVER[0], EVER[1])
    return tree_size(session), told.settled_income, told.direct_costs


def _totals(row: PeriodRow) -> tuple[int, int]:
    """What the books had said by this period's cut, of which it counted its part."""
    return row.income_total or 0, row.costs_total or 0


def _locked(session: Session, number: int) -> PeriodRow:
    row = session.scalar(
        select(PeriodRow)
        .where(PeriodRow.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(f"there is no period {number}")
    return row


def _write_shares(session: Session, closed: Close) -> None:
    if closed.shares:
        session.execute(
            insert(ShareRow),
            [
                {
                    "period": closed.period,
                    "agent_id": one.agent_id,
                    "community": one.community,
                    "milli_points": str(one.milli_points),
                    "cents": one.cents,
                }
                for one in closed.shares
            ],
        )


def _write_money(
    session: Session, row: PeriodRow, closed: Close, now: datetime
) -> None:
    """What each is owed from now on, and what stays with all."""
    owed_of: dict[str, int] = {RESERVE: closed.reserve_cents}
    for one in closed.shares:
        account = f"{PAYABLE}:{one.agent_id}"
        owed_of[account] = owed_of.get(account, 0) + one.cents
    postings = [
        Posting(account=account, money=Money(cents=-cents, currency=closed.currency))
        for account, cents in sorted(owed_of.items())
        if cents
    ]
    if not postings:
        return
    surplus = Money(cents=closed.surplus_cents, currency=closed.currency)
    post(
        session,
        Transaction(
            id=derived_id("money", "period", str(row.number)),
            kind="dividend",
            text=f"Surplus of period {row.number}",
            postings=(Posting(account=SURPLUS, money=surplus), *postings),
            by=row.closed_by,
            told={"period": row.number, "close_sha256": row.sha256 or ""},
        ),
        now=now,
    )
