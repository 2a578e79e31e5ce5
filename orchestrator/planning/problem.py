"""Rows become the one problem that routing knows, with a reason for what is left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation.errors import NotFoundError
from orchestrator.network.rows import MachineRow
from orchestrator.orders.parts import own_steps
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.again import Run, modes_left
from orchestrator.planning.bonds import (
    HORIZON,
    LabPrices,
    goal_spot,
    lab_prices,
    new_goals,
    only_in,
    open_in_time,
    open_parts,
    tied_to,
    why_not_planned,
    why_not_there,
)
from orchestrator.planning.by_hand import Lags, is_in_hand
from orchestrator.planning.candidates import (
    Candidates,
    candidates,
    nobody,
    rejections_of,
)
from orchestrator.planning.frames import Frame, Wanted
from orchestrator.planning.frozen import frozen_tasks, taken
from orchestrator.planning.material import (
    grams_of,
    labs_short,
    material_names,
    stocks_left,
)
from orchestrator.planning.picture import COMING_BACK, SET_ASIDE, Picture
from orchestrator.planning.promised import promised_window
from orchestrator.planning.reasons import Words, reason
from orchestrator.planning.riders import riders
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.staffing import operators, setups_of, word_of
from orchestrator.planning.tasks import first_tasks, live, planned_start, waits_for
from orchestrator.planning.travel import RegionMap, matrix, place_at
from orchestrator.planning.usable import courier_rejection, unusable, usable_spans
from orchestrator.planning.wanted import (
    HANDOVER_S,
    LEFT_OUT_CENTS,
    grams_carried,
    tasks_of,
    wanted_order,
)
from orchestrator.planning.weighing import weights_for
from routing.joint.problem import (
    Fab,
    JointProblem,
    Machine,
    Mode,
    Order,
    Profile,
    Ready,
    Task,
)
from routing.scheduling.calendars import without
from routing.travel.matrix import Place

RETRY_AFTER: Final = timedelta(minutes=30)  # of a stop where nobody was
ATTEMPT_MAX: Final = 6

type Before = tuple[tuple[str, ...], StepRow]  # tasks, and what is then done


def frame(
    picture: Picture,
    ground: RegionMap,
    *,
    wanted: Sequence[Wanted] = (),
    hold_s: int = 0,
    aside: Mapping[str, str] = MappingProxyType({}),
) -> Frame:
    """State the problem. Planned tasks that start within `hold_s` stay where they are.

    `aside`: orders that only keep the machines where their jobs are. `wanted`: a part
    before what is made from it. Errors: NotFoundError if one names a place or a design
    that does not exist.
    """
    before = {o.id: "" for o in picture.orders if o.reason_code == SET_ASIDE}
    builder = _Builder(picture, ground, hold_s=hold_s)
    builder.aside = {**before, **aside}
    builder.goals = new_goals(picture, builder.prices)
    # nothing to plan until it lies at the lab again, or is mended
    planned = [
        order
        for order in picture.orders
        if order.reason_code != COMING_BACK and order.id not in builder.aside
    ]
    builder.planned = {order.id for order in planned}
    orders, tasks = [], []
    for order in planned:
        orders.append(builder.order(order))
        tasks += builder.tasks(order)
    for one in wanted:
        asked = wanted_order(
            one, picture, wanted, place=builder.place, seconds=builder.seconds
        )
        orders.append(asked)
        tasks += builder.wanted_tasks(one)
    return builder.frame(orders, tasks)


class _Builder:
    """Collects places and rejections while the parts of one problem are made."""

    def __init__(self, picture: Picture, ground: RegionMap, *, hold_s: int) -> None:
        self.picture, self.ground = picture, ground
        self.stocks = stocks_left(picture)
        self.frozen = frozen_tasks(picture, self.stocks, hold_s=hold_s)
        self.until_at = picture.at + HORIZON
        self.places: list[Place] = []
        self.place_of_facility = {
            id_: self.place(facility.lat, facility.lon)
            for id_, facility in sorted(picture.facilities.items())
        }
        self.unusable = {
            machine.id: rejection
            for machine in picture.machines
            if (rejection := unusable(machine, picture))
        }
        self.tasks_of: dict[str, list[TaskRow]] = {}
        for task in picture.tasks:
            self.tasks_of.setdefault(task.order_id, []).append(task)
        self.carrier_of = {stop.order_id: stop.courier_id for stop in picture.stops}
        self.hints: dict[str, tuple[str, Words]] = {}
        self.aside: Mapping[str, str] = {}
        self.planned: set[str] = set()
        self.goals: Mapping[str, str] = {}  # by part: where it is brought instead
        self.materials = material_names(picture)
        self.asked: dict[tuple[str, str], Candidates] = {}  # by step and material
        self.steps_asked: dict[str, dict[str, Candidates]] = {}  # by order
        self.facility_of = {
            machine.id: machine.facility_id for machine in picture.machines
        }
        self.lags = Lags(picture, self.facility_of)

    def order(self, order: OrderRow) -> Order:
        """An order that was placed: promised, so never dropped."""
        place = goal_spot(order, self.picture, self.goals)
        aboard = order.courier_id if order.state == "on-the-way" else None
        promised = promised_window(order, self.seconds)
        begins_at = planned_start(self.tasks_of.get(order.id, []))
        return Order(
            id=order.id,
            name=f"order {order.number}",
            place=self.place(place.lat, place.lon),
            due_s=self.seconds(order.promised_from_at),
            deadline_s=max(promised.latest_s, self.seconds(order.latest_at)),
            earliest_s=self._earliest_s(order.id),
            promised=promised,
            left_out_cents=LEFT_OUT_CENTS,
            pieces=order.quantity,
            grams=grams_carried(order, self.picture, self.picture.parts),
            service_s=HANDOVER_S,
            committed=True,
            ready=None if aboard else self._ready(order),
            aboard=aboard,
            previous_courier=self.carrier_of.get(order.id),
            previous_start_s=None if begins_at is None else self.seconds(begins_at),
            parts=tuple(
                part.id for part in self._parts(order) if part.id in self.planned
            ),
        )

    def tasks(self, order: OrderRow) -> list[Task]:
        """What is left to make of a placed order."""
        steps = own_steps(order, self.picture.steps_of[order.design_version_id])
        known = self.tasks_of.get(order.id, [])
        rows = live(known or first_tasks(order, steps))
        rows += [row for row in known if is_in_hand(row, self.picture.at)]
        step_of = {step.id: step for step in steps}
        runs = {row.id: self._run(order, row, step_of[row.step_id]) for row in rows}
        free = {name: run for name, run in runs.items() if name not in self.frozen}
        modes = modes_left(free, self._labs(order, rows), self.facility_of)
        lacking = [part for part in self._parts(order) if part.id not in self.planned]
        if lacking:
            self.hints[order.id] = why_not_planned(lacking[0])
            modes = {}
        left: dict[int, list[str]] = {}
        for row in rows:
            left.setdefault(step_of[row.step_id].position, []).append(row.id)
        waits = waits_for(steps, left)
        return [
            self._task(order, row, modes.get(row.id, ()), (waits[step.position], step))
            for step in steps
            for row in rows
            if row.step_id == step.id
        ]

    def wanted_tasks(self, wanted: Wanted) -> list[Task]:
        """All runs of an order that nobody placed yet."""
        steps = self.picture.steps_of.get(wanted.design_version_id)
        if not steps:
            raise NotFoundError(
                f"no design version {wanted.design_version_id} that can be made",
                field="design_version_id",
            )
        return tasks_of(
            wanted,
            steps,
            modes_of=lambda step: only_in(
                self._modes(wanted.id, step),
                self.facility_of,
                wanted.lab_id,
                wanted.to_lab_id,
            ),
            material_of=self._material,
            lags=self.lags,
        )

    def frame(self, orders: Sequence[Order], tasks: Sequence[Task]) -> Frame:
        """Everything together; matrices for the profiles that somebody rides."""
        couriers = riders(
            self.picture,
            self.ground,
            orders,
            until_at=self.until_at,
            place=self.place,
        )
        places, cell = tuple(self.places), self.picture.cell
        problem = JointProblem(
            fabs=tuple(
                Fab(
                    id=id_,
                    place=place,
                    pickup_service_s=HANDOVER_S,
                    name=self.picture.facilities[id_].name,
                )
                for id_, place in self.place_of_facility.items()
            ),
            machines=tuple(self._machine(row) for row in self.picture.machines),
            orders=tuple(orders),
            tasks=tuple(tasks),
            couriers=couriers,
            matrices={
                profile: matrix(self.ground, places, profile, cell=cell)
                for profile in sorted({courier.profile for courier in couriers})
                or (Profile.BICYCLE,)
            },
            weights=weights_for(self.picture.weights),
            operators=operators(self.picture, until_at=self.until_at),
            stocks=self.stocks,
        )
        return Frame(
            picture=self.picture,
            problem=problem,
            place_of_facility=self.place_of_facility,
            rejections=rejections_of(
                orders,
                self.steps_asked,
                short=labs_short(tasks, self.stocks, self.picture),
                away=sum(
                    courier_rejection(row, self.picture) is not None
                    for row in self.picture.couriers
                ),
            ),
            hints=self.hints,
            aside=self.aside,
            goals=self.goals,
        )

    def prices(self, order: OrderRow) -> LabPrices:
        """By lab that can make what is left of the order in time, its least price."""
        steps = own_steps(order, self.picture.steps_of[order.design_version_id])
        rows = live(self.tasks_of.get(order.id) or first_tasks(order, steps))
        runs = Counter(row.step_id for row in rows)
        asked = [
            (open_in_time(self._modes(order.id, step), self.picture, order), count)
            for step in steps
            if (count := runs[step.id])
        ]
        return lab_prices(asked, self.facility_of)

    def _parts(self, order: OrderRow) -> list[OrderRow]:
        """The parts that this order still waits for; none once it is begun."""
        rows = live(self.tasks_of.get(order.id, []))
        if any(row.id in self.frozen for row in rows):
            return []
        return open_parts(order, self.picture)

    def _task(
        self, order: OrderRow, row: TaskRow, modes: tuple[Mode, ...], before: Before
    ) -> Task:
        frozen, is_free = self.frozen.get(row.id), row.state == "planned"
        machines = [frozen.machine] if frozen else [mode.machine for mode in modes]
        return Task(
            id=row.id,
            order=row.order_id,
            modes=modes,
            after=before[0],
            setup=word_of(before[1]),
            frozen=frozen,
            previous_machine=row.machine_id,
            lag_s=0
            if row.state == "done"
            else self.lags.of(before[1], order.quantity, row.run, machines),
            material=self._material(before[1]),
            grams=grams_of(before[1], row.pieces) if is_free else 0,
        )

    def _material(self, step: StepRow) -> str:
        return self.materials.get(step.material.casefold(), step.material)

    def _labs(self, order: OrderRow, rows: Sequence[TaskRow]) -> frozenset[str]:
        """Where the order may be made: where it was begun, else anywhere."""
        begun = [self.frozen[row.id].machine for row in rows if row.id in self.frozen]
        ready = self._ready(order)
        labs = {self.facility_of[name] for name in begun} | {ready.fab if ready else ""}
        return frozenset(labs - {""} or self.place_of_facility)

    def _run(self, order: OrderRow, row: TaskRow, step: StepRow) -> Run:
        """A run that went wrong too often waits for a person: nobody is offered it."""
        asked = self._modes(order.id, step)
        lab = tied_to(order, self.picture, self.goals)
        goal = self.goals.get(order.id, order.to_facility_id)
        modes = only_in(asked, self.facility_of, lab, goal)
        if asked and not modes:
            self.hints[order.id] = why_not_there(step, self.picture, lab)
        failed = [
            other
            for other in self.tasks_of.get(order.id, [])
            if (other.step_id, other.run) == (row.step_id, row.run)
            and other.state == "failed"
        ]
        if len(failed) >= ATTEMPT_MAX:
            self.hints[order.id] = (
                "keeps-failing",
                reason(
                    "keeps-failing", run=row.run + 1, step=step.name, count=ATTEMPT_MAX
                ),
            )
            modes = ()
        wrong = {other.machine_id for other in failed if other.machine_id}
        return Run(modes=modes, wrong=frozenset(wrong))

    def _modes(self, order_id: str, step: StepRow) -> tuple[Mode, ...]:
        key = step.id, step.material
        asked = self.asked.get(key)
        if asked is None:
            asked = self.asked[key] = candidates(step, self.picture, self.unusable)
        self.steps_asked.setdefault(order_id, {})[step.id] = asked
        if not asked.modes:
            self.hints[order_id] = ("no-machine", nobody(asked))
        return asked.modes

    def _machine(self, row: MachineRow) -> Machine:
        spans = usable_spans(row, self.picture, until_at=self.until_at)
        if row.id in self.unusable:
            spans = []
        windows = [(self.seconds(start), self.seconds(end)) for start, end in spans]
        return Machine(
            id=row.id,
            fab=row.facility_id,
            name=row.name,
            open_windows=without(
                windows, taken(row.id, self.picture, self.frozen, self.aside)
            ),
            setups=setups_of(row),
        )

    def _ready(self, order: OrderRow) -> Ready | None:
        """Where what is already made lies; the rest must be made there too."""
        known = self.tasks_of.get(order.id, [])
        good = (row for row in known if row.state == "done" and row.pieces_good)
        machine = next((row.machine_id for row in good), None)
        if machine is None:
            return None
        return Ready(fab=self.facility_of[machine], ready_s=0)

    def _earliest_s(self, order_id: str) -> int:
        failed_at = self.picture.failed_at.get(order_id)
        return 0 if failed_at is None else max(0, self.seconds(failed_at + RETRY_AFTER))

    def place(self, lat: float, lon: float) -> int:
        place = place_at(lat, lon)
        if place not in self.places:
            self.places.append(place)
        return self.places.index(place)

    def seconds(self, at: datetime) -> int:
        return round((at - self.picture.at).total_seconds())
