"""Votes over HTTP: polls and records for all; proposals, ballots and trust of members."""

from dataclasses import asdict
from datetime import datetime
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation import canonical
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import Principal
from orchestrator.votes import delegation
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.polls import cast, propose, result_of, voices
from orchestrator.votes.proposals import (
    OPTIONS_MAX,
    TEXT_MAX,
    TITLE_MAX,
    Draft,
    proposal_of,
    proposals,
)
from orchestrator.votes.rows import ProposalRow
from orchestrator.votes.sealed import modulus_of
from orchestrator.votes.secret import hand_in, sign_for

router = APIRouter(prefix="/api/v1/votes", tags=["votes"])
REFUSALS = refusals(ConflictError, InvalidInputError, NotAllowedError, NotFoundError)


def _clerk(request: Request) -> Clerk:
    clerk: Clerk = request.app.state.votes
    return clerk


def _person(principal: PrincipalDep) -> Principal:
    """A member decides; her machine does not, whatever its token opens elsewhere."""
    if principal.how == "device":
        raise NotAllowedError("a device has no voice: sign in, or use your own key")
    return principal


ClerkDep = Annotated[Clerk, Depends(_clerk)]
PersonDep = Annotated[Principal, Depends(_person)]


class ProposalIn(Strict):
    """What a member wants decided; `table` for a rule, `options` for a choice."""

    matter: str = Field(max_length=40)
    title: str = Field(max_length=TITLE_MAX)
    text: str = Field(max_length=TEXT_MAX)
    table: dict[str, Any] | None = None
    options: list[str] = Field(default_factory=list, max_length=OPTIONS_MAX)
    secret: bool = False


class ProposalOut(BaseModel):
    """A proposal; counts only once it is closed, so that nobody votes with the tide."""

    id: str
    matter: str
    title: str
    text: str
    table: dict[str, Any] | None
    instead_of: str | None
    options: list[str]
    secret_modulus: str | None  # of the key that signs secret ballots, hexadecimal
    revision: int
    rules_version: str
    opened_by: str
    opened_at: datetime
    closes_at: datetime
    state: str
    members: int
    voices: int
    result: dict[str, Any] | None
    record_sha256: str | None
    enacted: str | None


class BallotIn(Strict):
    """A ballot; its `id` is the sender's, so that sending it twice is once."""

    id: str = Field(max_length=64)
    revision: int
    choice: str | dict[str, int]
    reason: str = Field(default="", max_length=TEXT_MAX)


class BallotOut(BaseModel):
    """The receipt: with the salt, the hash in the log proves this very ballot."""

    proposal: str
    revision: int
    voter: str
    choice: str | dict[str, int]
    salt: str
    sha256: str


class BlindedIn(Strict):
    """A number that hides a ballot: `ballot number * r^65537 mod modulus`."""

    revision: int
    blinded: str = Field(max_length=512)


class SignedOut(BaseModel):
    """The signature of that number; times 1/r it is the ballot's."""

    signature: str


class SecretBallotIn(Strict):
    """A signed ballot, from whomever."""

    revision: int
    choice: str | dict[str, int]
    salt: str = Field(max_length=32)
    signature: str = Field(max_length=512)


class TakenOut(BaseModel):
    """The ballot's hash in the record, and the network's signature that it took it."""

    sha256: str
    taken: str


class TrustIn(Strict):
    """Who shall speak for the one who asks. `matter` "": in everything."""

    delegate_id: str = Field(max_length=64)
    matter: str = Field(default="", max_length=40)


@router.get("")
def list_proposals(session: ReaderDep, clock: ClockDep) -> list[ProposalOut]:
    """The last hundred: open ones first, closing first. Public."""
    return [_told(session, row, clock.now()) for row in proposals(session)]


@router.post("", status_code=201, responses=REFUSALS)
def make_proposal(
    wanted: ProposalIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> ProposalOut:
    """Open a poll. What could not be a rule is refused here, with what is wrong."""
    draft = Draft(
        matter=wanted.matter,
        title=wanted.title,
        text=wanted.text,
        table=None if wanted.table is None else canonical.dumps(wanted.table),
        options=tuple(wanted.options),
        is_secret=wanted.secret,
    )
    row = propose(
        session, draft, agent_id=principal.agent_id, clerk=clerk, now=clock.now()
    )
    return _told(session, row, clock.now())


@router.get("/tally.py")
def tally_program() -> Response:
    """The program that counted: run it on a record, on any computer."""
    source = (resources.files("orchestrator.votes") / "tally.py").read_bytes()
    return Response(source, media_type="text/x-python")


@router.get("/{proposal_id}", responses=refusals(NotFoundError))
def one_proposal(proposal_id: Id, session: ReaderDep, clock: ClockDep) -> ProposalOut:
    """A proposal with its result, once there is one. Public."""
    return _told(session, proposal_of(session, proposal_id), clock.now())


@router.get("/{proposal_id}/record", responses=refusals(NotFoundError))
def record(proposal_id: Id, session: ReaderDep) -> Response:
    """All that was counted, in the very bytes whose hash stands in the log. Public."""
    row = proposal_of(session, proposal_id)
    if row.record is None:
        raise NotFoundError("there is no record before the poll is closed")
    name = f"{row.id}.json"
    return Response(
        row.record,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/{proposal_id}/ballots", status_code=201, responses=REFUSALS)
def cast_ballot(
    *,
    proposal_id: Id,
    ballot: BallotIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> BallotOut:
    """Vote. A later ballot counts instead, or is refused, as the rules say."""
    row = cast(
        session,
        proposal_id,
        ballot_id=ballot.id,
        revision=ballot.revision,
        voter=principal.agent_id,
        choice=ballot.choice,
        reason=ballot.reason,
        clerk=clerk,
        now=clock.now(),
    )
    return BallotOut(
        proposal=row.proposal_id,
        revision=row.revision,
        voter=row.voter,
        choice=row.choice,
        salt=row.salt,
        sha256=row.sha256,
    )


@router.post("/{proposal_id}/signatures", responses=REFUSALS)
def sign_ballot(
    *,
    proposal_id: Id,
    wanted: BlindedIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> SignedOut:
    """Have a secret ballot signed without showing it: one for each member."""
    return SignedOut(
        signature=sign_for(
            session,
            proposal_id,
            revision=wanted.revision,
            voter=principal.agent_id,
            blinded=wanted.blinded,
            clerk=clerk,
            now=clock.now(),
        )
    )


@router.post("/{proposal_id}/box", status_code=201, responses=REFUSALS)
def hand_in_ballot(
    proposal_id: Id,
    ballot: SecretBallotIn,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> TakenOut:
    """Hand in a signed ballot. Nobody is asked who it is; send no key and no cookie."""
    sha256, taken = hand_in(
        session,
        proposal_id,
        revision=ballot.revision,
        choice=ballot.choice,
        salt=ballot.salt,
        signature=ballot.signature,
        clerk=clerk,
        now=clock.now(),
    )
    return TakenOut(sha256=sha256, taken=taken)


@router.put("/trust/mine", status_code=204, responses=REFUSALS)
def give_trust(
    trust: TrustIn, principal: PersonDep, session: SessionDep, clock: ClockDep
) -> None:
    """Let another member's ballot speak for the one who asks, until taken back."""
    delegation.delegate(
        session,
        principal.agent_id,
        trust.delegate_id,
        matter=trust.matter,
        now=clock.now(),
    )


@router.delete("/trust/mine", status_code=204)
def take_trust_back(
    principal: PersonDep, session: SessionDep, clock: ClockDep, matter: Id = ""
) -> None:
    """Speak for oneself again, at once."""
    delegation.take_back(session, principal.agent_id, matter=matter, now=clock.now())


def _told(session: Session, row: ProposalRow, now: datetime) -> ProposalOut:
    result = result_of(row)
    return ProposalOut(
        id=row.id,
        matter=row.matter,
        title=row.title,
        text=row.text,
        table=None if row.table is None else canonical.object_of(row.table.encode()),
        instead_of=row.instead_of,
        options=row.options,
        secret_modulus=modulus_of(session, row) if row.is_secret else None,
        revision=row.revision,
        rules_version=row.rules_version,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        state=row.state,
        members=len(row.roll),
        voices=voices(session, row, now) if result is None else result.voices,
        result=None if result is None else asdict(result),
        record_sha256=row.record_sha256,
        enacted=row.enacted,
    )
