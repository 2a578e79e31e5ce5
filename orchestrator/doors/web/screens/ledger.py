"""Screen 24, Ledger: is it whole? What stands in it, and how to check that yourself."""

from typing import Final

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.access import AskerDep
from orchestrator.doors.web.happenings import newest
from orchestrator.doors.web.live import LEDGER_GREW
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ReaderDep
from orchestrator.foundation.signing import text_of
from orchestrator.ledger import export
from orchestrator.ledger.api import LedgerSettings
from orchestrator.ledger.checkpoint import latest_checkpoint
from orchestrator.ledger.merkle import root
from orchestrator.ledger.sequencer import stored_node, tree_size

router = APIRouter()

SHOWN: Final = 30


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
        root=root(stored_node(session), size).hex(),
        checkpoint=latest_checkpoint(session),
        origin=settings.origin,
        public_key=text_of(settings.key.public),
        licence=export.LICENCE,
        licence_name=export.LICENCE_NAME,
        happenings=newest(session, limit=SHOWN, with_names=asker.principal is not None),
    )
