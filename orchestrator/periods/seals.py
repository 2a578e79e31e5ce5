"""What each proposed close tells the log of the money book: a later look finds a change."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts.book import BookBrokenError, digests
from orchestrator.foundation.clock import stamp
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import ACT, EntryRow

PROPOSED: Final = "period-close-proposed"
UNDER_WAY: Final = timedelta(hours=1)  # nothing dated before it is still being written

type Seal = dict[str, str]


def sealed(session: Session, *, now: datetime) -> Seal:
    """The digest of the whole book up to a while ago; it must be as closes found it.

    Errors: BookBrokenError.
    """
    until = (now - UNDER_WAY).replace(second=0, microsecond=0)
    return {"book_until": stamp(until), "book_sha256": check_book(session, until)}


def check_book(session: Session, until: datetime) -> str:
    """The digest until then, once every seal in the log was found to hold.

    A transaction that is edited is named; one that was deleted, or slipped in later
    with an old date, is in the stretch before the seal. Errors: BookBrokenError.
    """
    seals = _seals(session)
    moments = sorted({*seals, until})
    found = dict(zip(moments, digests(session, moments), strict=True))
    for moment in sorted(seals):
        for subject, told in seals[moment]:
            if told != found[moment]:
                raise BookBrokenError(
                    f"transactions before {stamp(moment)} were added or deleted since "
                    f"{subject} was closed: compare the book with a backup"
                )
    return found[until]


def _seals(session: Session) -> dict[datetime, list[tuple[str, str]]]:
    """What was told of the book's stretch before each moment, and of which period."""
    seals: dict[datetime, list[tuple[str, str]]] = {}
    bodies = select(EntryRow.body).where(
        EntryRow.kind == ACT, EntryRow.action == PROPOSED
    )
    for body in session.scalars(bodies):
        act = act_of(body)
        told = act.told or {}
        if "book_sha256" in told:
            moment = datetime.fromisoformat(str(told["book_until"]))
            of_moment = seals.setdefault(moment, [])
            of_moment.append((act.subject, str(told["book_sha256"])))
    return seals
