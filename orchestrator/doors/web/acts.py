"""A courier's act as it comes from the page: its own id, and the time it was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import checked_id, new_id

AGE_MAX = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing done by hand. The same `id` again is the same act, done once."""

    id: str
    done_at: datetime


def act_of(fields: Mapping[str, object], *, now: datetime) -> Act:
    """Read `act_id` and `acted_at` from a form; both are made up for a plain form.

    A phone's clock is not trusted: a time ahead of `now`, or older than AGE_MAX,
    becomes `now`. Errors: InvalidInputError for an id or time that cannot be read.
    """
    act_id, acted_at = fields.get("act_id"), fields.get("acted_at")
    done_at = now if acted_at is None else _moment_of(str(acted_at))
    if not now - AGE_MAX <= done_at <= now:
        done_at = now
    return Act(
        id=new_id("act") if act_id is None else checked_id(str(act_id), field="act_id"),
        done_at=done_at,
    )


def answer_act(request: Request, *, then: str) -> Response:
    """204 for the phone's queue, a redirect to `then` for a plain form.

    Only after the commit: the queue forgets an act that was answered.
    """
    if "Idempotency-Key" in request.headers:
        return Response(status_code=204)
    return RedirectResponse(then, status_code=303)


def _moment_of(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as unreadable:
        raise InvalidInputError(
            f"acted_at must be an ISO 8601 time, got {text[:40]!r}", field="acted_at"
        ) from unreadable
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
