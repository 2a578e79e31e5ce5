"""What a node forgets by itself: messages that took effect, sessions that are over."""

from datetime import datetime, timedelta
from typing import Final

from orchestrator.foundation import inbox, outbox
from orchestrator.foundation.database import Sessions
from orchestrator.members import browser_sessions

KEPT_FOR: Final = timedelta(days=14)
EVERY_S: Final = 3_600.0


def tidy(sessions: Sessions, *, now: datetime) -> None:
    """Forget what was over `KEPT_FOR` ago; what still waits stays, however old."""
    before = now - KEPT_FOR
    with sessions.begin() as session:
        inbox.tidy(session, before=before)
        outbox.tidy(session, before=before)
        browser_sessions.tidy(session, before=before)
