"""What can I make here? And who can make this? For everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from orchestrator.catalogue.designs import steps_of, version_of
from orchestrator.catalogue.search import find_designs
from orchestrator.doors.web.access import DESIGNS_CHANGED, AskerDep, topic_of
from orchestrator.doors.web.access_words import ACCESS_WORDS, access_options
from orchestrator.doors.web.live import MACHINES_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.labs import works_at
from orchestrator.doors.web.words import language_of
from orchestrator.foundation.api import Id, ReaderDep
from orchestrator.network.facilities import (
    access_told,
    facilities,
    facility_of,
    labs_open_to,
)
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.makeable import Makeable, StepMade, makeable_here, who_makes

router = APIRouter()

DESIGNS_MAX: Final = 1_000
SHOWN_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A design on a lab's page, or a lab on a design's."""

    url: str
    title: str
    note: str
    steps: Sequence[StepMade]
    access: str = ""  # who may come there, to be translated

    @property
    def machines(self) -> str:
        """Those that make it, each once."""
        names = [name for step in self.steps for name in step.machines]
        return ", ".join(dict.fromkeys(names))

    @property
    def lacks(self) -> Sequence[StepMade]:
        """The steps that have no machine there."""
        return [step for step in self.steps if not step.machines]


@router.get("/labs/{facility_id}/makes")
def makes_page(
    facility_id: Id,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Designs that this lab's machines can make, and what lacks for others."""
    lab = facility_of(session, facility_id)
    versions = {
        row.id: row for row in find_designs(session, text=q.strip(), limit=DESIGNS_MAX)
    }
    language = language_of(request)
    found = makeable_here(session, facility_id, tuple(versions), language=language)

    def shown(of: Makeable) -> Beside:
        version = versions[of.version_id]
        return Beside(
            url=f"/designs/{version.id}",
            title=version.title,
            note=version.summary,
            steps=of.steps,
        )

    whole = sorted(
        (shown(one) for one in found if not one.lacking), key=lambda one: one.title
    )
    partly = [shown(one) for one in found if one.lacking]
    return render(
        request,
        "lab_makes.html",
        page=Page(
            title=f"What can be made in {lab.name}?",
            topics=(topic_of("lab", facility_id), DESIGNS_CHANGED),
        ),
        facility=lab,
        q=q,
        whole=whole[:SHOWN_MAX],
        whole_count=len(whole),
        partly=partly[:SHOWN_MAX],
        partly_count=len(partly),
        is_mine=works_at(asker.principal, facility_id),
        language=language,
    )


@router.get("/designs/{version_id}/makers")
def makers_page(
    version_id: Id,
    request: Request,
    session: ReaderDep,
    open_to: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """All labs that can make it, be they free or not, and what lacks in others.

    `open_to`: only labs of this kind of access; of another word: all.
    """
    version = version_of(session, version_id)
    planning: PlanningSettings = request.app.state.planning
    language = language_of(request)
    kind = access_told(open_to)
    index = planning.fleet.index(
        session, None if kind is None else labs_open_to(session, (kind,))
    )
    found = who_makes(index, steps_of(session, version_id), language=language)
    labs = {row.id: row for row in facilities(session)}
    shown = [
        Beside(
            url=f"/labs/{one.facility_id}",
            title=labs[one.facility_id].name,
            note=labs[one.facility_id].address,
            access=ACCESS_WORDS.get(labs[one.facility_id].access, ""),
            steps=one.steps,
        )
        for one in found.labs
    ]
    return render(
        request,
        "design_makers.html",
        page=Page(title=f"Who can make {version.title}?", topics=(MACHINES_CHANGED,)),
        version=version,
        open_to=kind or "",
        access_options=access_options(),
        whole=[one for one in shown if not one.lacks],
        partly=[one for one in shown if one.lacks],
        whole_count=found.whole,
        partly_count=found.count - found.whole,
        language=language,
    )
