"""The ledger over HTTP: open to everybody, for nothing in it is anybody's secret."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select

from orchestrator.foundation.api import ReaderDep, refusals
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import SigningKey, text_of
from orchestrator.ledger import checkpoint, export, proofs, public_api
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import tree_size
from orchestrator.ledger.witnesses import cosigned_note

PAGE_MAX = 100

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])
router.include_router(public_api.router)


class LogOut(BaseModel):
    """The log as it stands, and the newest signed statement of it."""

    origin: str
    size: int
    key_id: str
    public_key: str  # base64
    verifier_key: str  # as witnesses of C2SP signed notes spell it
    licence: str
    checkpoint: str | None


class EntryOut(BaseModel):
    """One entry. `body` is what was signed, to the byte."""

    id: str
    kind: str  # event | act
    position: int | None
    body: str
    key_id: str
    signature: str
    recorded_at: datetime
    leaf_hash: str  # base64, as all hashes here


class InclusionOut(BaseModel):
    """The entry is in the tree of `size` entries: RFC 9162, 2.1.3."""

    event_id: str
    position: int
    size: int
    leaf_hash: str
    path: list[str]
    root: str


class ConsistencyOut(BaseModel):
    """The tree of `new_size` begins with the tree of `old_size`: RFC 9162, 2.1.4."""

    old_size: int
    new_size: int
    old_root: str
    new_root: str
    path: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """What the HTTP door puts in `app.state.ledger` before it serves."""

    origin: str
    key: SigningKey


@router.get("")
def show_log(request: Request, session: ReaderDep) -> LogOut:
    """How far the log has grown, and whose key signs it."""
    settings: LedgerSettings = request.app.state.ledger
    newest = checkpoint.latest_checkpoint(session)
    return LogOut(
        origin=settings.origin,
        size=tree_size(session),
        key_id=settings.key.key_id,
        public_key=text_of(settings.key.public),
        verifier_key=checkpoint.verifier_key(settings.origin, settings.key.public),
        licence=export.LICENCE,
        checkpoint=cosigned_note(session, newest) if newest else None,
    )


@router.get("/entries")
def list_entries(
    session: ReaderDep,
    start: int = Query(0, ge=0, le=2**53),
    limit: int = Query(PAGE_MAX, ge=1, le=PAGE_MAX),
) -> list[EntryOut]:
    """Entries by position, from `start` on."""
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.position >= start)
        .order_by(EntryRow.position)
        .limit(limit)
    )
    return [_entry_out(row) for row in rows]


@router.get("/entries/{position}", responses=refusals(NotFoundError))
def show_entry(position: int, session: ReaderDep) -> EntryOut:
    """The entry at a position."""
    row = None
    if 0 <= position <= 2**53:
        row = session.scalar(select(EntryRow).where(EntryRow.position == position))
    if row is None:
        raise NotFoundError(f"the log has no entry {position}")
    return _entry_out(row)


@router.get("/proof/inclusion", responses=refusals(NotFoundError, ConflictError))
def prove_inclusion(
    session: ReaderDep,
    event_id: str = Query(max_length=64),
    size: int | None = Query(None, ge=1, le=2**53),
) -> InclusionOut:
    """Why an event is in the log."""
    proof = proofs.inclusion(session, event_id, size=size)
    return InclusionOut(
        event_id=event_id,
        position=proof.position,
        size=proof.size,
        leaf_hash=_spelled(proof.leaf_hash),
        path=[_spelled(step) for step in proof.path],
        root=_spelled(proof.root),
    )


@router.get("/proof/consistency", responses=refusals(NotFoundError))
def prove_consistency(
    session: ReaderDep,
    old_size: int = Query(ge=0, le=2**53),
    new_size: int | None = Query(None, ge=0, le=2**53),
) -> ConsistencyOut:
    """Why nothing that stood in the log was changed or taken out."""
    proof = proofs.consistency(session, old_size, new_size=new_size)
    return ConsistencyOut(
        old_size=proof.old_size,
        new_size=proof.new_size,
        old_root=_spelled(proof.old_root),
        new_root=_spelled(proof.new_root),
        path=[_spelled(step) for step in proof.path],
    )


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses=refusals(NotFoundError),
)
def show_checkpoint(session: ReaderDep) -> str:
    """The newest signed statement, and which witnesses signed it (tlog-checkpoint).

    Its address stays, and is that of tlog-tiles beside `tile/`.
    """
    newest = checkpoint.latest_checkpoint(session)
    if newest is None:
        raise NotFoundError("the log has no checkpoint yet")
    return cosigned_note(session, newest)


@router.get("/export")
def download(request: Request) -> StreamingResponse:
    """The whole log as one file for `fabcommons ledger verify`."""
    settings: LedgerSettings = request.app.state.ledger
    readers: Sessions = request.app.state.readers

    def stream() -> Iterator[bytes]:
        with readers() as session:
            yield from export.lines(
                session,
                size=tree_size(session),
                origin=settings.origin,
                key=settings.key,
            )

    return StreamingResponse(
        stream(),
        media_type="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="ledger.jsonl"'},
    )


def _entry_out(row: EntryRow) -> EntryOut:
    return EntryOut(
        id=row.id,
        kind=row.kind,
        position=row.position,
        body=row.body.decode(),
        key_id=row.key_id,
        signature=text_of(row.signature),
        recorded_at=row.recorded_at,
        leaf_hash=_spelled(row.leaf_hash),
    )


def _spelled(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
