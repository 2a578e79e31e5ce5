"""From the outbox to the mail server: who stopped the mails meanwhile gets none.

A crash between sending and noting it sends a mail again, under the same Message-ID.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.notices import MAIL, put_notices, stop_token
from orchestrator.dispatch.notices import purpose as purpose_of
from orchestrator.doors.mail.smtp import MailAwayError, MailRefusedError
from orchestrator.foundation import outbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.outbox import OutboxRow
from orchestrator.foundation.signing import SigningKey
from orchestrator.members.consent import has_consented
from orchestrator.members.rows import LoginRow
from orchestrator.network.alarms import raise_alarm

BATCH_MAX: Final = 20
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends: `site` is where pages are found, `address` the From of every mail."""

    site: str
    address: str
    network: str
    key: SigningKey


def deliver(
    sessions: Sessions,
    clock: Clock,
    sender: Sender,
    post: Callable[[EmailMessage], None],
) -> bool:
    """Find what is new and send what waits; whether anything was sent.

    `post` errors: MailAwayError, and the rest waits; MailRefusedError, and an alarm
    names it.
    """
    now = clock.now()
    with sessions.begin() as session:
        put_notices(session, now=now)
        rows = outbox.claim(session, destination=MAIL, limit=BATCH_MAX, now=now)
        letters = [(row, _letter(session, row, sender)) for row in rows]
        for row, letter in letters:
            if letter is None:
                outbox.withdraw(session, row.message_key)
    sent = False
    for row, letter in letters:
        if letter is None:
            continue
        try:
            post(letter)
        except MailAwayError as away:
            log.warning("the mail server is away", why=str(away))
            return sent
        except MailRefusedError as refused:
            _give_up(sessions, row, str(refused), clock)
            continue
        sent = True
        with sessions.begin() as session:
            outbox.mark_sent(session, [row], now=clock.now())
    return sent


def _letter(session: Session, row: OutboxRow, sender: Sender) -> EmailMessage | None:
    """None: the person wants none of these any more, or has no address."""
    told = json.loads(row.payload)
    agent_id = row.topic
    login = session.scalars(
        select(LoginRow).where(LoginRow.agent_id == agent_id).order_by(LoginRow.email)
    ).first()
    if login is None or not has_consented(session, agent_id, purpose_of(told["event"])):
        return None
    query = urlencode({"who": agent_id, "token": stop_token(sender.key, agent_id)})
    stop_url = f"{sender.site}/notices/stop?{query}"
    letter = EmailMessage()
    letter["Subject"] = told["title"]
    letter["From"] = sender.address
    letter["To"] = login.email
    letter["Date"] = format_datetime(row.created_at)
    host = urlsplit(sender.site).hostname or "fabcommons"
    letter["Message-ID"] = f"<{row.message_key}@{host}>"
    letter["List-Unsubscribe"] = f"<{stop_url}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(
        f"{told['text']}\n\n{sender.site}{told['path']}\n\n-- \n{sender.network}. "
        f"You asked for this mail. Stop all of them at once: {stop_url}\n"
        f"Choose which you get: {sender.site}/notices\n"
    )
    return letter


def _give_up(sessions: Sessions, row: OutboxRow, why: str, clock: Clock) -> None:
    with sessions.begin() as session:
        outbox.withdraw(session, row.message_key)
        raise_alarm(
            session,
            code="mail-refused",
            subject=row.topic,
            text=f"A mail to {row.topic} can't be sent: {why}.",
            now=clock.now(),
        )
