"""What a lab can make of the catalogue, and which labs can make a design.

Both ask what machines can do at all: whether one is free now, is the plan's business.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.machines import machines
from orchestrator.planning.offers import capability_of, requirement_of
from routing.matching.index import Index, indexed
from routing.matching.partial import covers, machines_of, nearest
from routing.matching.problem import Capability, Requirement

LABS_SHOWN = 50
LANGUAGES = ("en", "fr", "de", "es")  # in which reasons are told
READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMade:
    """A step in one lab: the machines that can; else which lacks the least, and what."""

    step: str
    machines: tuple[str, ...]
    near: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Makeable:
    """A design beside a lab, by its steps in order."""

    version_id: str
    facility_id: str
    steps: tuple[StepMade, ...]

    @property
    def lacking(self) -> int:
        """How many steps no machine there makes."""
        return sum(not step.machines for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Makers:
    """Labs that make a step of a design, those that lack the least first.

    `whole`: how many lack nothing; `count`: how many make any step.
    """

    labs: tuple[Makeable, ...]
    whole: int
    count: int


def makeable_here(
    session: Session,
    facility_id: str,
    version_ids: Sequence[str],
    *,
    language: str = "en",
) -> list[Makeable]:
    """Of these designs those of which the lab makes a step, the whole ones first."""
    rows = machines(session, facility_id=facility_id)
    index = indexed([capability_of(row) for row in rows])
    steps_of = _steps(session, version_ids)
    found = []
    for name in version_ids:
        steps = steps_of.get(name, [])
        asked = [requirement_of(step) for step in steps]
        for cover in covers(asked, index):  # of one lab: itself, or nothing
            told = _told(
                zip(steps, asked, cover.able, strict=True),
                index.capabilities,
                language,
            )
            found.append(Makeable(version_id=name, facility_id=facility_id, steps=told))
    return sorted(found, key=lambda one: one.lacking)


def who_makes(
    index: Index,
    steps: Sequence[StepRow],
    *,
    limit: int = LABS_SHOWN,
    language: str = "en",
) -> Makers:
    """The labs that make the most of it, over all machines of the index."""
    asked = [requirement_of(step) for step in steps]
    found = covers(asked, index)
    owned = machines_of(index, {cover.facility for cover in found[:limit]})
    return Makers(
        labs=tuple(
            Makeable(
                version_id=steps[0].version_id,
                facility_id=cover.facility,
                steps=_told(
                    zip(steps, asked, cover.able, strict=True),
                    owned[cover.facility],
                    language,
                ),
            )
            for cover in found[:limit]
        ),
        whole=sum(not cover.lacking for cover in found),
        count=len(found),
    )


def _steps(session: Session, version_ids: Sequence[str]) -> dict[str, list[StepRow]]:
    steps_of: dict[str, list[StepRow]] = {}
    for start in range(0, len(version_ids), READ_AT_ONCE):
        some = version_ids[start : start + READ_AT_ONCE]
        for step in session.scalars(
            select(StepRow)
            .where(StepRow.version_id.in_(some))
            .order_by(StepRow.version_id, StepRow.position)
        ):
            steps_of.setdefault(step.version_id, []).append(step)
    return steps_of


def _told(
    steps: Iterable[tuple[StepRow, Requirement, Sequence[Capability]]],
    machines: Sequence[Capability],
    language: str,
) -> tuple[StepMade, ...]:
    """Each step with the machines of one lab that can, or what the nearest lacks."""
    return tuple(
        StepMade(step=step.name, machines=tuple(one.name for one in able_ones))
        if able_ones
        else _lacked(step.name, requirement, machines, language)
        for step, requirement, able_ones in steps
    )


def _lacked(
    step: str, requirement: Requirement, machines: Sequence[Capability], language: str
) -> StepMade:
    found = nearest(requirement, machines, language)
    machine, lacks = found or (None, ())
    return StepMade(
        step=step,
        machines=(),
        near=machine.name if machine else "",
        reasons=tuple(lack.text for lack in lacks),
    )
