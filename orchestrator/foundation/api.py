"""How every room's endpoints reach the database and the clock, and are asked by id."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError

Id = Annotated[str, Field(max_length=64)]


class Problem(BaseModel):
    """A refusal as RFC 9457 spells it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None


def _session(request: Request) -> Iterator[Session]:
    sessions: Sessions = request.app.state.sessions
    with sessions.begin() as session:
        yield session
        record = getattr(request.app.state, "record", None)  # set by the HTTP door
        if record is not None:
            record(request, session)


def _reader(request: Request) -> Iterator[Session]:
    sessions: Sessions = request.app.state.readers
    with sessions() as session:
        yield session


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


# "function": committed before the answer leaves, so that a yes is never taken back.
# Few at once, and the others wait without a thread, so that whoever holds the writer
# always finds a thread and a connection to finish with.
AT_ONCE = 8
SessionDep = Annotated[
    Session, Depends(_session, scope="function", max_concurrency=AT_ONCE)
]
ReaderDep = Annotated[
    Session, Depends(_reader, scope="function", max_concurrency=AT_ONCE)
]
ClockDep = Annotated[Clock, Depends(_clock)]


def refusals(*errors: type[FabcommonsError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint that may refuse with these errors."""
    texts: dict[int | str, list[str]] = {}
    for error in errors:
        summary = (error.__doc__ or error.code).splitlines()[0]
        texts.setdefault(error.status, []).append(f"`{error.code}`: {summary}")
    return {
        status: {"model": Problem, "description": " ".join(lines)}
        for status, lines in texts.items()
    }
