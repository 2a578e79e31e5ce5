"""What can I make here, and who can make this: over HTTP, open to everybody."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from orchestrator.catalogue.designs import steps_of, version_of
from orchestrator.catalogue.search import find_designs
from orchestrator.foundation.api import ReaderDep, refusals
from orchestrator.foundation.errors import NotFoundError
from orchestrator.network.facilities import Access, facility_of, labs_open_to
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makeable import makeable_here, who_makes

router = APIRouter()

DESIGNS_MAX = 1_000
Id = Annotated[str, Field(max_length=64)]
Language = Literal["en", "fr", "de", "es"]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class StepMadeOut(BaseModel):
    """A step: the machines that can; else the one that lacks the least, and what."""

    step: str
    machines: list[str]
    near: str
    reasons: list[str]


class MakeableOut(BaseModel):
    """A design beside a lab. `lacking`: of how many steps it has no machine."""

    version_id: str
    facility_id: str
    lacking: int
    steps: list[StepMadeOut]


class MakersOut(BaseModel):
    """Labs that make a step of it, those that lack the least first.

    `whole`: how many make all of it; `count`: how many make any step.
    """

    whole: int
    count: int
    labs: list[MakeableOut]


@router.get("/facilities/{facility_id}/makeable", responses=refusals(NotFoundError))
def what_can_be_made(
    facility_id: Id,
    session: ReaderDep,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 100,
    language: Language = "en",
) -> list[MakeableOut]:
    """Of the newest 1,000 that have `q`: those of which it makes a step, whole ones first."""
    facility_of(session, facility_id)
    versions = find_designs(session, text=q, limit=DESIGNS_MAX)
    names = [row.id for row in versions]
    found = makeable_here(session, facility_id, names, language=language)
    return [
        MakeableOut.model_validate(one, from_attributes=True) for one in found[:limit]
    ]


@router.get("/versions/{version_id}/makers", responses=refusals(NotFoundError))
def who_can_make(
    *,
    version_id: Id,
    request: Request,
    session: ReaderDep,
    limit: Limit = 50,
    language: Language = "en",
    open_to: Annotated[list[Access], Query(max_length=7)] = [],  # noqa: B006 - FastAPI copies it
) -> MakersOut:
    """Labs that can make it or a part of it, be they free now or not.

    `open_to`: only labs of these kinds of access, where people come and work themselves.
    """
    version_of(session, version_id)
    fleet: Fleet = request.app.state.planning.fleet
    found = who_makes(
        fleet.index(session, labs_open_to(session, open_to) if open_to else None),
        steps_of(session, version_id),
        limit=limit,
        language=language,
    )
    return MakersOut.model_validate(found, from_attributes=True)
