"""A design that its designer no longer offers: not found, not ordered, never deleted."""

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import design_of, latest_of, steps_of
from orchestrator.catalogue.rows import DesignRow
from orchestrator.catalogue.search import forget, remember
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError, NotAllowedError


class WithdrawnError(InvalidInputError):
    """Its designer no longer offers this design."""

    code = "design-withdrawn"


def withdraw(
    session: Session, design_id: str, *, designer_id: str, now: datetime
) -> None:
    """Nobody finds or orders it from now on; what is ordered is still made.

    Its versions stay for whoever has its address, builds on it or was promised it.
    Errors: NotFoundError; NotAllowedError for somebody else's.
    """
    design = _own(session, design_id, designer_id)
    if design.withdrawn_at is None:
        design.withdrawn_at = now
        forget(session, design_id)
        announce(session, "designs", f"design/{design_id}")


def offer_again(session: Session, design_id: str, *, designer_id: str) -> None:
    """Take that back. Errors: as `withdraw`."""
    design = _own(session, design_id, designer_id)
    if design.withdrawn_at is not None:
        design.withdrawn_at = None
        newest = latest_of(session, design_id)
        remember(session, newest, steps_of(session, newest.id), designer_id)
        announce(session, "designs", f"design/{design_id}")


def check_offered(session: Session, design_id: str) -> None:
    """Errors: WithdrawnError; NotFoundError."""
    if design_of(session, design_id).withdrawn_at is not None:
        raise WithdrawnError(
            "its designer withdrew this design: ask them, or order another one",
            field="version_id",
        )


def _own(session: Session, design_id: str, designer_id: str) -> DesignRow:
    design = design_of(session, design_id)
    if design.designer_id != designer_id:
        raise NotAllowedError("only its designer withdraws a design or offers it again")
    return design
