"""What is over is forgotten by the node itself, so that no table grows for ever."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from orchestrator.entry.tidy import KEPT_FOR, tidy
from orchestrator.foundation import inbox, outbox
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.inbox import Arrival, InboxRow
from orchestrator.foundation.outbox import OutboxRow
from orchestrator.members.agents import add_agent
from orchestrator.members.browser_sessions import open_session
from orchestrator.members.rows import BrowserSessionRow

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = THEN + KEPT_FOR + timedelta(hours=1)


def test_what_is_over_is_forgotten_and_what_waits_is_kept(sessions: Sessions) -> None:
    with sessions.begin() as session:
        state = Arrival(source="mqtt", topic="up/state", body=b"1", received_at=THEN)
        inbox.store(session, [state, state])
        inbox.mark_done(session, inbox.claim(session, limit=1), now=THEN)
        for key, not_after in (("over", THEN), ("waits", None)):
            outbox.put(
                session,
                message_key=key,
                destination="mqtt",
                topic="down/command",
                payload={},
                order_key="device-a",
                now=THEN,
                not_after=not_after,
            )
        outbox.claim(session, destination="mqtt", limit=9, now=LATER)
        person = add_agent(
            session, kind="person", name="Ada", legal_form="individual", now=THEN
        )
        open_session(session, person.id, now=THEN, life=timedelta(minutes=1))
        open_session(session, person.id, now=LATER, life=timedelta(days=1))

    tidy(sessions, now=LATER)

    with sessions() as session:
        assert session.scalars(select(InboxRow.state)).all() == ["new"]
        assert session.scalars(select(OutboxRow.message_key)).all() == ["waits"]
        assert session.scalar(select(func.count()).select_from(BrowserSessionRow)) == 1
