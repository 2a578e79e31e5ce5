"""Works through the inbox: each message takes effect once, or is set aside with its reason."""

from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from device_agents.contract.codec import CodecError, decode_up
from orchestrator.dispatch.apply import apply
from orchestrator.doors.mqtt.translate import fact_of
from orchestrator.foundation import inbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.signing import SigningKey
from orchestrator.network.alarms import raise_alarm

BATCH_MAX = 50
log = structlog.get_logger()


def handle_batch(sessions: Sessions, clock: Clock, network_key: SigningKey) -> int:
    """Apply the oldest waiting messages in one transaction; returns how many there were.

    A message that cannot be applied is quarantined; the others go on. When the
    database itself is in trouble, nothing is judged and all of them stay.
    Errors: OperationalError.
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
    except OperationalError:  # a deadlock, a full disk: no fault of the message
        raise
    except (FabcommonsError, CodecError) as error:
        log.warning("a message was set aside", code=error.code, reason=str(error))
        _set_aside(session, row, code=error.code, reason=str(error), now=now)
    except Exception as error:
        log.exception("a message could not be handled", row=row.id)
        _set_aside(session, row, code="crash", reason=repr(error), now=now)


def _set_aside(
    session: Session, row: inbox.InboxRow, *, code: str, reason: str, now: datetime
) -> None:
    """Keep it for inspection, and tell the stewards that there is something to see."""
    inbox.quarantine(session, row, code=code, reason=reason, now=now)
    raise_alarm(
        session,
        code=code,
        subject=row.device_id or row.source,
        text=f"A message of {row.device_id or row.source} was set aside: {row.reason}",
        now=now,
    )
