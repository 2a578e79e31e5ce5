"""Members: who is let in, as what, and the code with which they come."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import StewardDep, StewardDeskDep
from orchestrator.doors.web.geography import VEHICLES
from orchestrator.doors.web.licence_table import FORM_WORDS
from orchestrator.doors.web.navigation import ROLE_WORDS, Role
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.place_new import NO_NUMBER, degrees_of
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.members.agents import (
    AgentKind,
    LegalForm,
    agents_named,
    roles_of,
)
from orchestrator.members.invitations import open_invitations
from orchestrator.members.logins import who_can_sign_in
from orchestrator.network.facilities import facilities
from orchestrator.network.joining import (
    JOINING_ROLES,
    LetIn,
    Newcomer,
    invite_again,
    let_in,
)

router = APIRouter()

HOME: Final = "/stewards/members"
SHOWN_MAX: Final = 100
DOES: Final[Mapping[str, str]] = {
    "shop": N_("Orders what is made"),
    "designer": N_("Publishes designs"),
    "courier": N_("Carries what is made; say below with what, and from where"),
    "operator": N_("Works in a lab; say below in which"),
    "member": N_("Votes"),
}

Typed = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The form as it was sent."""

    name: str = ""
    kind: AgentKind = "person"
    legal_form: LegalForm = "individual"
    roles: tuple[str, ...] = ()
    profile: str = "bicycle"
    lat: str = ""
    lon: str = ""
    facility_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One line of the list."""

    id: str
    name: str
    roles: tuple[str, ...]
    signs_in: bool
    is_invited: bool


def _draft(
    *,
    name: Typed = "",
    kind: Annotated[AgentKind, Form()] = "person",
    legal_form: Annotated[LegalForm, Form()] = "individual",
    roles: Annotated[list[str] | None, Form(max_length=8)] = None,
    profile: Typed = "bicycle",
    lat: Typed = "",
    lon: Typed = "",
    facility_id: Typed = "",
) -> Draft:
    return Draft(
        name=name,
        kind=kind,
        legal_form=legal_form,
        roles=tuple(roles or ()),
        profile=profile,
        lat=lat,
        lon=lon,
        facility_id=facility_id,
    )


@router.get(HOME)
def members_page(
    request: Request,
    _steward: StewardDep,
    session: ReaderDep,
    clock: ClockDep,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Who is a member, and the form for one more."""
    return _page(request, session, clock, q=q)


@router.post(HOME)
def let_somebody_in(
    *,
    draft: Annotated[Draft, Depends(_draft)],
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
    clock: ClockDep,
) -> Response:
    """A new member; the page shows their code, this once."""
    try:
        with session.begin_nested():  # whole or not at all; the page reads on
            told = let_in(session, desk, _newcomer(draft))
    except (InvalidInputError, NotFoundError) as refusal:
        field = refusal.field if refusal.field in asdict(draft) else "name"
        wrong = {field or "name": sentence(str(refusal))}
        return _page(request, session, clock, typed=draft, wrong=wrong)
    return _page(request, session, clock, told=told)


@router.post(f"{HOME}/{{agent_id}}/invite")
def invite_member_again(
    agent_id: Id,
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
    clock: ClockDep,
) -> Response:
    """A new code, for who lost theirs and cannot sign in yet."""
    told = invite_again(session, desk, agent_id)
    return _page(request, session, clock, told=told)


def _newcomer(draft: Draft) -> Newcomer:
    is_courier = "courier" in draft.roles
    return Newcomer(
        name=draft.name,
        kind=draft.kind,
        legal_form=draft.legal_form,
        roles=draft.roles,
        profile=draft.profile,
        lat=_degrees(draft.lat) if is_courier else None,
        lon=_degrees(draft.lon) if is_courier else None,
        facility_id=draft.facility_id,
    )


def _degrees(typed: str) -> float:
    found = degrees_of(typed)
    if found is None:
        raise InvalidInputError(NO_NUMBER, field="lat")
    return found


def _page(
    request: Request,
    session: Session,
    clock: ClockDep,
    *,
    q: str = "",
    typed: Draft | None = None,
    wrong: Mapping[str, str] | None = None,
    told: LetIn | None = None,
) -> Response:
    response = render(
        request,
        "members.html",
        page=Page(title="Members", with_map=True),
        status=422 if wrong else 200,
        members=_members(session, clock, q),
        shown_max=SHOWN_MAX,
        q=q,
        typed=typed or Draft(),
        wrong=wrong or {},
        told=told,
        welcome_url=f"{request.base_url}welcome",
        roles=[(one, ROLE_WORDS[Role(one)], DOES[one]) for one in JOINING_ROLES],
        role_words={role.value: words for role, words in ROLE_WORDS.items()},
        forms=FORM_WORDS,
        profiles=VEHICLES,
        labs=facilities(session),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _members(session: Session, clock: ClockDep, q: str) -> list[Member]:
    rows = agents_named(session, q.strip(), limit=SHOWN_MAX)
    able = who_can_sign_in(session, [row.id for row in rows])
    invited = {one.agent_id for one in open_invitations(session, now=clock.now())}
    return [
        Member(
            id=row.id,
            name=row.name,
            roles=tuple(sorted({one.role for one in roles_of(session, row.id)})),
            signs_in=row.id in able,
            is_invited=row.id in invited,
        )
        for row in rows
    ]
