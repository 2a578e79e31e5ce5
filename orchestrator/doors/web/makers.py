"""Who makes a design now, and why others do not: labs, machines, prices, as pages show it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.doors.web.order_parts import Instead
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.parts import pieces_of
from orchestrator.orders.pricing import Fee, StepCost, Tariff, price
from orchestrator.planning.makers import Shops
from orchestrator.planning.paces import Paces
from orchestrator.planning.split import Share, shared_out

type Fitting = Mapping[str, Sequence[Sequence[MachineRow]]]  # by lab, of each step


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

    Where there is none, several may make it together, each some of its steps.
    `able`: machines of such labs. `later`: machines that fit, but not now. `ever`:
    whether labs make it, be they free now or not. `takes_labs`: how many labs it takes;
    0 where no labs can. `instead`: what is made of a substitute now. `for_pieces`: empty where nobody makes it now.
    """

    able: tuple[Maker, ...]
    later: tuple[Maker, ...]
    labs: tuple[FacilityRow, ...]
    ever: bool
    takes_labs: int
    instead: tuple[Instead, ...]
    for_pieces: tuple[ForPieces, ...]

    @property
    def price_from_cents(self) -> int | None:
        """Of the first number of pieces that was asked for: of one."""
        return self.for_pieces[0].price_cents if self.for_pieces else None


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
    shops: Shops,
    steps: Sequence[StepRow],
    fee: Fee,
    tariff: Tariff,
    pieces: Sequence[int] = (1,),
) -> Makers:
    """Who makes one design of the labs that are asked; price so many `pieces`."""
    found = [shops.makers(step) for step in steps]
    now = _by_lab([of_step.now for of_step in found])
    waiting = {name: why for of_step in found for name, why in of_step.later.items()}
    ever = _by_lab(
        [
            (*of_step.now, *(shops.rows[name] for name in of_step.later))
            for of_step in found
        ]
    )
    whole: Fitting = {lab: each for lab, each in now.items() if all(each)}
    shares = _shares(now, steps)
    if len(shares) > 1:
        whole = _together(now, shares)
    used = {
        row.id: row for each in whole.values() for of_step in each for row in of_step
    }
    labs = {
        row.facility_id: shops.picture.facilities[row.facility_id]
        for row in used.values()
    }
    made = [
        as_made(step, {step.id: one.material} if one.material != step.material else {})
        for step, one in zip(steps, found, strict=True)
    ]
    priced = partial(
        _priced, steps=made, fee=fee, tariff=tariff, paces=shops.picture.paces
    )
    return Makers(
        able=_sorted(shops, dict.fromkeys(used, ())),
        later=_sorted(
            shops, {name: (why,) for name, why in waiting.items() if name not in used}
        ),
        labs=tuple(sorted(labs.values(), key=lambda row: row.name)),
        ever=bool(_shares(ever, steps)),
        takes_labs=len(shares),
        instead=tuple(
            Instead(step=step.name, material=one.material, first=step.material)
            for step, one in zip(steps, found, strict=True)
            if one.material != step.material and whole
        ),
        for_pieces=tuple(
            _cheapest(whole, priced, number) for number in pieces if whole
        ),
    )


def near_misses(
    shops: Shops, steps: Sequence[StepRow], makers: Makers
) -> tuple[Maker, ...]:
    """Machines of the right kind that can't make any step, with what each lacks."""
    fit = {one.machine.id for one in (*makers.able, *makers.later)}
    reasons: dict[str, tuple[str, ...]] = {}
    for step in steps:
        for row, texts in shops.misses(step, fit):
            reasons.setdefault(row.id, texts)
    return _sorted(shops, reasons)


def _by_lab(machines_of: Sequence[Iterable[MachineRow]]) -> Fitting:
    found: dict[str, list[list[MachineRow]]] = {}
    for number, rows in enumerate(machines_of):
        for row in rows:
            of_lab = found.setdefault(row.facility_id, [[] for _ in machines_of])
            of_lab[number].append(row)
    return found


def _shares(fitting: Fitting, steps: Sequence[StepRow]) -> list[Share]:
    """The steps that each lab makes; none where that takes too many."""
    able = [[lab for lab in fitting if fitting[lab][i]] for i in range(len(steps))]
    return shared_out(able, [step.after for step in steps])


def _together(
    fitting: Fitting, shares: Iterable[Share]
) -> dict[str, list[list[MachineRow]]]:
    """Of each step the machines of labs that make its whole share, as of one lab."""
    found: dict[int, list[MachineRow]] = {}
    for share in shares:
        labs = [each for each in fitting.values() if all(each[i] for i in share.steps)]
        found |= {i: [row for lab in labs for row in lab[i]] for i in share.steps}
    return {"": [found[i] for i in sorted(found)]}


def _cheapest(
    whole: Fitting, priced: Callable[..., ForPieces], pieces: int
) -> ForPieces:
    """At the lab that makes so many for least."""
    found = (priced(each, pieces=pieces) for each in whole.values())
    return min(found, key=lambda one: one.price_cents)


def _priced(
    machines_of: Sequence[Sequence[MachineRow]],
    steps: Sequence[StepRow],
    fee: Fee,
    tariff: Tariff,
    *,
    pieces: int,
    paces: Paces,
) -> ForPieces:
    """At one lab, nobody carrying it: the runs of a step are spread over its machines.

    A step begins once those before it are over and its machines are free.
    """
    costs: list[StepCost] = []
    ends_s: dict[int, int] = {}  # by position
    free_s: dict[str, int] = {}  # by machine
    for step, of_step in zip(steps, machines_of, strict=True):
        runs = ceil(pieces_of(step, pieces) / step.pieces_per_run)
        used = sorted(of_step, key=lambda row: (row.hourly_cents, row.id))[:runs]
        rates = [row.hourly_cents for row in used]
        starts_s = max(
            (
                *(ends_s[one] for one in step.after),
                *(free_s.get(row.id, 0) for row in used),
            ),
            default=0,
        )
        setup_s, run_s = paces.shared_s(step, [row.id for row in used])
        takes_s = ceil(runs / len(used)) * (setup_s + run_s)
        ends_s[step.position] = starts_s + takes_s
        free_s |= {row.id: starts_s + takes_s for row in used}
        costs.append(
            StepCost(
                runs=runs,
                setup_s=setup_s,
                run_s=run_s,
                labour_s=step.labour_s,
                hourly_cents=round(sum(rates) / len(rates)),
                material=step.material,
                material_g=step.material_g * pieces_of(step, pieces),
            )
        )
    total = price(costs, (), fee, pieces, tariff).total_cents
    return ForPieces(
        pieces=pieces, price_cents=total, made_in_s=max(ends_s.values(), default=0)
    )


def _sorted(shops: Shops, reasons: Mapping[str, tuple[str, ...]]) -> tuple[Maker, ...]:
    """Machines with their labs, by the names of both."""
    found = [
        Maker(
            machine=row,
            facility=shops.picture.facilities[row.facility_id],
            reasons=texts,
        )
        for row, texts in ((shops.rows[name], texts) for name, texts in reasons.items())
    ]
    return tuple(sorted(found, key=lambda one: (one.facility.name, one.machine.name)))
