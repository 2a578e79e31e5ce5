"""Works through the inbox: each message takes effect once, or is set aside with its reason."""

import structlog
from sqlalchemy.orm import Session

from device_agents.contract.codec import CodecError, decode_up
from orchestrator.dispatch.apply import apply
from orchestrator.doors.mqtt.translate import fact_of
from orchestrator.foundation import inbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.signing import SigningKey

BATCH_MAX = 50
log = structlog.get_logger()


def handle_batch(sessions: Sessions, clock: Clock, network_key: SigningKey) -> int:
    """Apply the oldest waiting messages in one transaction; returns how many there were.

    A message that cannot be applied is quarantined; the others go on.
    """
    with sessions.begin() as session:
        rows = inbox.claim(session, limit=BATCH_MAX)
        for row in rows:
            _handle(session, row, clock, network_key)
        return len(rows)


def _handle(
    session: Session, row: inbox.InboxRow, clock: Clock, network_key: SigningKey
) -> None:
    now = clock.now()
    try:
        with session.begin_nested():
            fact = fact_of(decode_up(row.topic, row.body))
            apply(session, fact, now=now, network_key=network_key)
            inbox.mark_done(session, [row], now=now)
    except (FabcommonsError, CodecError) as error:
        log.warning("a message was set aside", code=error.code, reason=str(error))
        inbox.quarantine(session, row, code=error.code, reason=str(error), now=now)
    except Exception as error:
        log.exception("a message could not be handled", row=row.id)
        inbox.quarantine(session, row, code="crash", reason=repr(error), now=now)
