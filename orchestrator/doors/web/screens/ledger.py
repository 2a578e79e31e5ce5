"""Screen 24, Ledger: is it whole? What stands in it, and how to check that yourself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import AskerDep
from orchestrator.doors.web.happenings import newest
from orchestrator.doors.web.live import LEDGER_GREW
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ReaderDep
from orchestrator.foundation.signing import text_of
from orchestrator.ledger import export, public_api
from orchestrator.ledger.api import LedgerSettings
from orchestrator.ledger.checkpoint import latest_checkpoint
from orchestrator.ledger.merkle import root
from orchestrator.ledger.sequencer import of_tree, tree_size
from orchestrator.ledger.witnesses import last_word, witnesses

router = APIRouter()

SHOWN: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How much of the log a witness has signed, and when it did."""

    witness: str
    size: int
    at: datetime


@router.get("/ledger")
def ledger_page(request: Request, asker: AskerDep, session: ReaderDep) -> Response:
    """The log as it stands; the check itself runs in the visitor's own browser."""
    settings: LedgerSettings = request.app.state.ledger
    size = tree_size(session)
    return render(
        request,
        "ledger.html",
        page=Page(title="Ledger", topics=(LEDGER_GREW,)),
        size=size,
        root=of_tree(session, lambda node: root(node, size)).hex(),
        checkpoint=latest_checkpoint(session),
        origin=settings.origin,
        public_key=text_of(settings.key.public),
        licence=export.LICENCE,
        licence_name=export.LICENCE_NAME,
        seen_by=_witnessed(session),
        happenings=newest(session, limit=SHOWN, with_names=asker.principal is not None),
    )


@router.get("/ledger/receipts/{entry_id}")
def receipt_file(entry_id: str, request: Request, session: ReaderDep) -> Response:
    """The receipt of one entry, as a file to keep."""
    return public_api.show_receipt(entry_id, request, session)


def _witnessed(session: Session) -> list[Seen]:
    """The newest word of each witness that is listened to."""
    found = (last_word(session, one.name) for one in witnesses(session))
    return [
        Seen(
            witness=row.witness,
            size=row.size,
            at=datetime.fromtimestamp(row.seen_at_s, UTC),
        )
        for row in found
        if row is not None
    ]
