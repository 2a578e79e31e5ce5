"""Sends each new checkpoint to the witnesses and keeps what they sign (C2SP tlog-witness)."""

from dataclasses import dataclass

import httpx
import structlog

from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError, InvalidInputError
from orchestrator.ledger.checkpoint import latest_checkpoint
from orchestrator.ledger.rows import CheckpointRow
from orchestrator.ledger.witnesses import (
    last_seen,
    request_for,
    take_cosignatures,
    witnesses,
)

EVERY_S = 60.0
TIMEOUT_S = 10.0
ANSWER_MAX_BYTES = 10_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A witness that has not seen the newest checkpoint, and what it saw last."""

    name: str
    url: str
    seen_size: int


def ask_witnesses(sessions: Sessions) -> int:
    """Ask all who lack the newest checkpoint; return how many signed it.

    No transaction is open while one is asked. A witness that does not answer, or
    answers nonsense, is asked again at the next call.
    """
    with sessions() as session:
        newest = latest_checkpoint(session)
        if newest is None:
            return 0
        asked = [
            _Asked(name=row.name, url=row.url, seen_size=last_seen(session, row.name))
            for row in witnesses(session)
            if row.url is not None
        ]
    signed = 0
    with httpx.Client(timeout=TIMEOUT_S) as client:
        for one in asked:
            if one.seen_size >= newest.size:
                continue
            try:
                lines = _lines_of(client, sessions, one, newest)
                with sessions.begin() as session:
                    take_cosignatures(session, newest.note + lines)
                signed += 1
            except (httpx.HTTPError, FabcommonsError, UnicodeDecodeError) as error:
                log.warning("a witness did not sign", witness=one.name, why=str(error))
    return signed


def _lines_of(
    client: httpx.Client, sessions: Sessions, asked: _Asked, newest: CheckpointRow
) -> str:
    answer = _post(client, sessions, asked.url, asked.seen_size, newest)
    told = answer.text.strip()
    if answer.status_code == 409 and told.isdecimal() and int(told) <= newest.size:
        answer = _post(client, sessions, asked.url, int(told), newest)
    if answer.status_code != 200 or len(answer.content) > ANSWER_MAX_BYTES:
        raise InvalidInputError(f"it answered {answer.status_code}")
    return answer.content.decode()


def _post(
    client: httpx.Client,
    sessions: Sessions,
    url: str,
    old_size: int,
    newest: CheckpointRow,
) -> httpx.Response:
    with sessions() as session:
        body = request_for(session, newest, old_size=old_size)
    return client.post(f"{url.rstrip('/')}/add-checkpoint", content=body)
