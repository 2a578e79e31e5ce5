"""Who can make a design now, and why the others can not: labs, machines, prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.commons.weights import weights_at
from orchestrator.network.couriers import distance_m
from orchestrator.network.facilities import facilities
from orchestrator.network.machines import machines
from orchestrator.network.rows import DeviceLifeRow, FacilityRow, MachineRow
from orchestrator.orders.pricing import Fee, StepCost, Tariff, price
from orchestrator.planning.candidates import OTHER_PROCESS
from orchestrator.planning.picture import Picture
from orchestrator.planning.split import RANGES_MAX, cuts
from orchestrator.planning.usable import cannot_make, unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A machine that fits, or the reasons why it does not, in people's words."""

    machine: MachineRow
    facility: FacilityRow
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPieces:
    """What so many pieces cost at the cheapest lab, and how long its machines take."""

    pieces: int
    price_cents: int
    made_in_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Makers:
    """For one design. A lab that makes it now has a machine for every step.

    Where there is none, up to three labs may make it together, one after the other.
    `able`: machines of such labs. `later`: machines that fit, but not now.
    `near_misses`: machines of the right kind that can't. `takes_labs`: how many labs
    it takes; 0 where no labs can. `for_pieces`: empty where nobody makes it now.
    """

    able: tuple[Maker, ...]
    later: tuple[Maker, ...]
    near_misses: tuple[Maker, ...]
    labs: tuple[FacilityRow, ...]
    takes_labs: int
    for_pieces: tuple[ForPieces, ...]

    @property
    def price_from_cents(self) -> int | None:
        """Of the first number of pieces that was asked for: of one."""
        return self.for_pieces[0].price_cents if self.for_pieces else None


def workshop(session: Session, *, now: datetime) -> Picture:
    """All labs and machines at this moment, without any order."""
    return Picture(
        at=now,
        orders=(),
        tasks=(),
        stops=(),
        failed_at={},
        steps_of={},
        facilities={row.id: row for row in facilities(session)},
        machines=tuple(machines(session)),
        lives={row.device_id: row for row in session.scalars(select(DeviceLifeRow))},
        couriers=(),
        names={},
        places={},
        weights=weights_at(session, now),
    )


def steps_by_version(
    session: Session, version_ids: Sequence[str]
) -> dict[str, list[StepRow]]:
    """The steps of several versions at once, in order."""
    found: dict[str, list[StepRow]] = {name: [] for name in version_ids}
    for step in session.scalars(
        select(StepRow)
        .where(StepRow.version_id.in_(version_ids))
        .order_by(StepRow.version_id, StepRow.position)
    ):
        found[step.version_id].append(step)
    return found


def makers_of(
    picture: Picture,
    steps: Sequence[StepRow],
    fee: Fee,
    tariff: Tariff,
    pieces: Sequence[int] = (1,),
) -> Makers:
    """Hold each machine against each step of one design; price so many `pieces`."""
    troubles = {row.id: unusable(row, picture) for row in picture.machines}
    fitting: dict[str, list[list[MachineRow]]] = {}  # by lab: machines of each step
    able: dict[str, Maker] = {}
    later: dict[str, Maker] = {}
    misses: dict[str, Maker] = {}
    for index, step in enumerate(steps):
        for machine in picture.machines:
            facility = picture.facilities[machine.facility_id]
            lacks = cannot_make(step, machine)
            if lacks:
                if all(lack.code != OTHER_PROCESS for lack in lacks):
                    texts = tuple(lack.text for lack in lacks)
                    misses[machine.id] = _maker(machine, facility, texts)
                continue
            trouble = troubles[machine.id]
            if trouble is not None:
                later[machine.id] = _maker(machine, facility, (trouble.text,))
                continue
            of_lab = fitting.setdefault(facility.id, [[] for _ in steps])
            of_lab[index].append(machine)
            able[machine.id] = _maker(machine, facility, ())
    whole = {lab: each for lab, each in fitting.items() if all(each)}
    ranges = cuts(
        [[lab for lab in fitting if fitting[lab][i]] for i in range(len(steps))]
    )
    takes_labs = len(ranges) if len(ranges) <= RANGES_MAX else 0
    if takes_labs > 1:
        whole = _together(fitting, ranges)
    used = {row.id for each in whole.values() for of_step in each for row in of_step}
    labs = {able[name].facility.id for name in used}
    return Makers(
        able=_sorted(able[name] for name in used),
        later=_sorted(later.values()),
        near_misses=_sorted(
            one for name, one in misses.items() if name not in able | later
        ),
        labs=tuple(
            sorted((picture.facilities[lab] for lab in labs), key=lambda row: row.name)
        ),
        takes_labs=takes_labs,
        for_pieces=tuple(
            min(
                (_priced(each, steps, fee, tariff, number) for each in whole.values()),
                key=lambda one: one.price_cents,
            )
            for number in pieces
            if whole
        ),
    )


def _together(
    fitting: Mapping[str, Sequence[Sequence[MachineRow]]],
    ranges: Sequence[tuple[int, int]],
) -> dict[str, list[list[MachineRow]]]:
    """Of each step the machines of labs that make its whole range, as of one lab."""
    of_steps: list[list[MachineRow]] = []
    for start, end in ranges:
        labs = [each for each in fitting.values() if all(each[start:end])]
        of_steps += [[row for lab in labs for row in lab[i]] for i in range(start, end)]
    return {"": of_steps}


def near(picture: Picture, name: str, km: int) -> Picture | None:
    """The labs within `km` of one whose name or address has `name`; None: no such lab."""
    word = name.casefold()
    centres = [
        (lab.lat, lab.lon)
        for lab in picture.facilities.values()
        if word in f"{lab.name} {lab.address}".casefold()
    ]
    if not centres:
        return None
    around = {
        key: lab
        for key, lab in picture.facilities.items()
        if any(distance_m(at, (lab.lat, lab.lon)) <= km * 1_000 for at in centres)
    }
    return replace(
        picture,
        facilities=around,
        machines=tuple(row for row in picture.machines if row.facility_id in around),
    )


def makes(machine: MachineRow, steps: Sequence[StepRow]) -> bool:
    """Whether this machine can make one of the steps, as it is loaded now."""
    return any(not cannot_make(step, machine) for step in steps)


def _priced(
    machines_of: Sequence[Sequence[MachineRow]],
    steps: Sequence[StepRow],
    fee: Fee,
    tariff: Tariff,
    pieces: int,
) -> ForPieces:
    """At one lab, nobody carrying it: the runs of a step are spread over its machines.

    A step begins when the one before is over.
    """
    costs: list[StepCost] = []
    made_in_s = 0
    for step, of_step in zip(steps, machines_of, strict=True):
        runs = ceil(pieces / step.pieces_per_run)
        rates = sorted(row.hourly_cents for row in of_step)[:runs]
        made_in_s += ceil(runs / len(rates)) * (step.setup_s + step.run_s)
        costs.append(
            StepCost(
                runs=runs,
                setup_s=step.setup_s,
                run_s=step.run_s,
                labour_s=step.labour_s,
                hourly_cents=round(sum(rates) / len(rates)),
                material=step.material,
                material_g=step.material_g * pieces,
            )
        )
    total = price(costs, (), fee, pieces, tariff).total_cents
    return ForPieces(pieces=pieces, price_cents=total, made_in_s=made_in_s)


def _maker(
    machine: MachineRow, facility: FacilityRow, reasons: tuple[str, ...]
) -> Maker:
    return Maker(machine=machine, facility=facility, reasons=reasons)


def _sorted(found: Iterable[Maker]) -> tuple[Maker, ...]:
    return tuple(sorted(found, key=lambda one: (one.facility.name, one.machine.name)))
