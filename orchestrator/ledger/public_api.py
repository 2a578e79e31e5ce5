"""What outsiders take from the log and bring to it: tiles, receipts, witnesses' words."""

from importlib import resources
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.signing import BadSignatureError, SigningKey
from orchestrator.ledger import receipts, tiles
from orchestrator.ledger.checkpoint import InvalidCheckpointError, verifier_key
from orchestrator.ledger.valueflows import valueflows
from orchestrator.ledger.witnesses import (
    COSIGNATURE_TYPE,
    drop_witness,
    last_seen,
    take_cosignatures,
    trust_witness,
    witnesses,
)
from orchestrator.members.principal_api import StewardDep, Strict

PAGE_MAX: Final = 100
NOTE_MAX: Final = 10_000
URL_MAX: Final = 200
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

router = APIRouter()


class WitnessIn(Strict):
    """A witness as it publishes itself; without `url` it comes by itself."""

    verifier_key: Annotated[str, Field(max_length=300)]
    url: Annotated[str, Field(max_length=URL_MAX, pattern=r"^https?://[^\s]+$")] | None


class WitnessOut(BaseModel):
    """Whose word we show, and how much of the log it has seen."""

    name: str
    verifier_key: str
    seen_size: int


class TakenOut(BaseModel):
    """Which witnesses' lines were taken."""

    size: int
    witnesses: list[str]


@router.get("/tile/{level}/{path:path}", responses=refusals(NotFoundError))
def show_tile(level: str, path: str, session: ReaderDep) -> Response:
    """A tile of hashes, or of entries where `level` is `entries` (C2SP tlog-tiles)."""
    content = tiles.tile_at(session, level, path)
    return Response(content, media_type="application/octet-stream", headers=FOR_EVER)


@router.get("/receipts/{entry_id}", responses=refusals(NotFoundError, ConflictError))
def show_receipt(entry_id: str, request: Request, session: ReaderDep) -> JSONResponse:
    """One entry with all that proves it, to keep: `python verify.py receipt.json`."""
    key: SigningKey = request.app.state.ledger.key
    origin: str = request.app.state.ledger.origin
    told = receipts.receipt(session, entry_id[:64], origin=origin, key=key)
    disposition = f'attachment; filename="receipt-{entry_id}.json"'  # it exists
    return JSONResponse(told, headers={"Content-Disposition": disposition})


@router.get("/verify.py")
def verify_program() -> Response:
    """The program that checks exports and receipts: one file, for any computer."""
    source = (resources.files("orchestrator.ledger") / "verify.py").read_bytes()
    return Response(source, media_type="text/x-python")


@router.get("/valueflows")
def list_valueflows(
    session: ReaderDep,
    start: int = Query(0, ge=0, le=2**53),
    limit: int = Query(PAGE_MAX, ge=1, le=PAGE_MAX),
) -> list[dict[str, Any]]:
    """The events among these entries as ValueFlows JSON."""
    return list(valueflows(session, start=start, limit=limit))


@router.get("/witnesses")
def list_witnesses(session: ReaderDep) -> list[WitnessOut]:
    """Whose word on the checkpoints is taken and shown."""
    return [
        WitnessOut(
            name=row.name,
            verifier_key=verifier_key(row.name, row.public_key, COSIGNATURE_TYPE),
            seen_size=last_seen(session, row.name),
        )
        for row in witnesses(session)
    ]


@router.post(
    "/witnesses",
    status_code=201,
    responses=refusals(
        NotSignedInError, NotAllowedError, InvalidInputError, ConflictError
    ),
)
def add_witness(
    asked: WitnessIn, _steward: StewardDep, session: SessionDep, clock: ClockDep
) -> WitnessOut:
    """Take this witness's word from now on. For stewards."""
    row = trust_witness(session, asked.verifier_key, url=asked.url, now=clock.now())
    return WitnessOut(
        name=row.name,
        verifier_key=verifier_key(row.name, row.public_key, COSIGNATURE_TYPE),
        seen_size=last_seen(session, row.name),
    )


@router.delete(
    "/witnesses/{name:path}",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def remove_witness(
    name: str, _steward: StewardDep, session: SessionDep, clock: ClockDep
) -> None:
    """Take no more of its words; those given stay. For stewards."""
    drop_witness(session, name, now=clock.now())


@router.post(
    "/cosignatures",
    responses=refusals(InvalidCheckpointError, BadSignatureError),
)
def bring_cosignatures(
    note: Annotated[str, Body(media_type="text/plain", max_length=NOTE_MAX)],
    session: SessionDep,
) -> TakenOut:
    """A checkpoint of ours with the lines of witnesses. Their keys are proof enough."""
    kept = take_cosignatures(session, note)
    return TakenOut(size=kept[0].size, witnesses=[row.witness for row in kept])
