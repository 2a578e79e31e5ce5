"""Which machines of some labs make a step now: the one answer of list, page and price.

What machines can do at all the index of all machines tells, as it tells labs and
programs; whether one may begin now, its row does, as for a plan.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made, materials_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import MachineRow
from orchestrator.planning.fleet import Fleet, OfLabs
from orchestrator.planning.offers import capability_of, requirement_of
from orchestrator.planning.picture import Picture, look_at_labs, with_machines
from orchestrator.planning.reasons import Words
from orchestrator.planning.usable import low_on_material, unusable
from routing.matching.eligible import eligible
from routing.matching.index import able, indexed
from routing.matching.problem import Requirement

MISSES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMakers:
    """Of one step: machines that make it `now`, of what, and why others later."""

    material: str
    now: tuple[MachineRow, ...]
    later: Mapping[str, Words]


@dataclass(slots=True, kw_only=True)
class Shops:
    """Labs that are asked, with their machines; `troubles`: found once for each."""

    offers: OfLabs
    picture: Picture
    rows: dict[str, MachineRow] = field(init=False)
    troubles: dict[str, Words | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {row.id: row for row in self.picture.machines}

    def read(self, session: Session, steps: Iterable[StepRow]) -> None:
        """Read the machines that may make one of these steps, if they are not yet."""
        index = self.offers.index
        names = {
            index.capabilities[place].machine
            for step in steps
            for place in able(index, requirement_of(step))
        }
        self.picture = with_machines(session, self.picture, names - self.rows.keys())
        self.rows = {row.id: row for row in self.picture.machines}

    def makers(self, step: StepRow) -> StepMakers:
        """Who makes it, and who could if nothing were in the way.

        Of what the design says first, or where nobody can now, of what it allows.
        """
        materials = materials_of(step)
        later: dict[str, Words] = {}
        for material in materials:
            made = as_made(step, {step.id: material}) if materials[1:] else step
            now, waiting = self._asked(made)
            later = waiting | later
            if now:
                return StepMakers(material=material, now=now, later=later)
        return StepMakers(material=step.material, now=(), later=later)

    def _asked(self, step: StepRow) -> tuple[tuple[MachineRow, ...], dict[str, Words]]:
        now: list[MachineRow] = []
        later: dict[str, Words] = {}
        for place in able(self.offers.index, requirement_of(step)):
            row = self.rows.get(self.offers.index.capabilities[place].machine)
            if row is None:  # taken out of service since the index was read
                continue
            why = self._trouble(row) or low_on_material(step, row)
            if why:
                later[row.id] = why
            else:
                now.append(row)
        return tuple(now), later

    def misses(
        self, step: StepRow, without: Collection[str]
    ) -> Iterator[tuple[MachineRow, tuple[str, ...]]]:
        """Machines of the step's process that can't make it, with every reason."""
        asked = requirement_of(step)
        places = able(self.offers.index, Requirement(process=step.process))
        near = [self.offers.index.capabilities[place] for place in places]
        for one in [one for one in near if one.machine not in without][:MISSES_SHOWN]:
            lacks = eligible(asked, one)
            if lacks and one.machine in self.rows:
                yield self.rows[one.machine], tuple(lack.text for lack in lacks)

    def _trouble(self, row: MachineRow) -> Words | None:
        if row.id not in self.troubles:
            found = unusable(row, self.picture)
            self.troubles[row.id] = found.text if found else None
        return self.troubles[row.id]


def shops_of(
    session: Session,
    fleet: Fleet,
    labs: Collection[str],
    *,
    now: datetime,
    of: Sequence[StepRow] | None = None,
) -> Shops:
    """These labs as they are now.

    `of`: only machines that may make one of these steps; more are added by `read`.
    """
    machine_ids = None if of is None else ()
    shops = Shops(
        offers=fleet.of_labs(session, frozenset(labs)),
        picture=look_at_labs(session, labs, now=now, machine_ids=machine_ids),
    )
    if of:
        shops.read(session, of)
    return shops


def makes_any(machine: MachineRow, steps: Sequence[StepRow]) -> bool:
    """Whether this machine makes one of the steps, be it free now or not."""
    index = indexed([capability_of(machine)])
    return any(able(index, requirement_of(step)).size for step in steps)
