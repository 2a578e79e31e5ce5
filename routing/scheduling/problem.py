"""What a flexible job shop is here: tasks, the machines that can do them, calendars."""

from collections.abc import Mapping
from dataclasses import dataclass, field

type Window = tuple[int, int]  # (opens_s, closes_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setups:
    """How long a machine is made ready for a task, by what it was set for before.

    What it is set for is any word: a material, a colour. `seconds`: by (before, after);
    a pair that is not named takes `other_s`, nothing if both are the same. `loaded`:
    what it is set for at first; None: the first task needs no set-up.
    """

    seconds: Mapping[tuple[str, str], int] = field(default_factory=dict)
    other_s: int = 0
    loaded: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """What fits on a machine in one run."""

    area_mm2: int
    height_mm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a task lays on a bed; those of one family may lie there together.

    They share a run, begun and ended together, if they ask for the same set-up, take as
    long and are attended in the same way, and as long as the sum of their areas and each
    height fit. Each has its own price and material.
    """

    family: str
    area_mm2: int
    height_mm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One resource that does one task at a time, or a batch of them on its bed.

    A task lies inside one opening, its set-up directly before it in the same one; a
    task that takes no time needs none and changes none. Openings may overlap and come
    in any order; one that closes before it opens is no opening. `name` is used in
    sentences.
    """

    id: str
    fab: str
    open_windows: tuple[Window, ...]
    name: str = ""
    setups: Setups | None = None
    bed: Bed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A person who is in the fab at these hours, and what they are trained for.

    Several machines may be attended by one person at once.
    """

    id: str
    fab: str
    hours: tuple[Window, ...]
    trainings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a fab has of a material: `grams` now, more from each delivery (at_s, grams) on.

    Of a material that no stock of a fab names there is always enough.
    """

    fab: str
    material: str
    grams: int
    deliveries: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One way to do a task: on this machine, this long, at this price.

    Its set-up and its first `attended_s` need operators of the fab who are there and
    know `training` ("": anybody does), all the time though not the same ones; 0: the
    machine needs nobody, not even to be set up. The rest runs unattended while the
    machine is open.
    """

    machine: str
    duration_s: int
    cost_cents: int = 0
    attended_s: int = 0
    training: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSlot:
    """A task that has started (or may not move): it stays exactly here."""

    machine: str
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One operation of an order that is not done yet.

    `after`: ids of tasks of the same order that must end first; tasks that are
    already done are left out of it. `frozen` wins over `modes`. `previous_machine`:
    where the plan in force has it; another machine then costs. `setup`: what a machine
    that knows set-ups must be set for. `lag_s`: the work by hand after its end, done
    while an operator is in its fab (at any time where that has none); it holds no
    machine, but what follows begins, and the job is given out, after it. It takes its `grams` of `material` from the stock
    of its fab when it starts; a frozen one that began before now has taken them.
    """

    id: str
    order: str
    modes: tuple[Mode, ...] = ()
    after: tuple[str, ...] = ()
    frozen: FrozenSlot | None = None
    previous_machine: str | None = None
    setup: str = ""
    lag_s: int = 0
    material: str = ""
    grams: int = 0
    batch: Batch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """From one fab to another in `seconds`, for `cents` each time a task waits for it."""

    from_fab: str
    to_fab: str
    seconds: int
    cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All tasks of one order, and what its delivery is worth.

    It is made in one fab. Where transfers join fabs, a task may follow one that was
    done elsewhere, once that was given out and brought; its last tasks (those that none
    waits for) are still done in one.

    `tail_s` and `fab_cost_cents`, by fab: time and price from the end of the last
    task, work by hand included, to the hand-over; a fab that has operators gives it out only while one is there. A
    fab absent from `tail_s` is none for its last tasks. `deadline_s` is hard unless `must`; `must`
    also keeps the job in the plan whenever there is room.
    """

    id: str
    tasks: tuple[Task, ...]
    release_s: int
    due_s: int
    deadline_s: int
    left_out_cents: int
    tail_s: Mapping[str, int]
    fab_cost_cents: Mapping[str, int] = field(default_factory=dict)
    must: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What lateness, change and set-ups cost, in cents.

    `makespan_cents_per_minute`: from now to the end of the last task of a kept job.
    """

    late_cents_per_minute: int
    very_late_cents_per_minute: int
    moved_machine_cents: int
    makespan_cents_per_minute: int = 0
    setup_cents_per_minute: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingProblem:
    """Machines, jobs and prices; nothing new starts before `now_s`."""

    machines: tuple[Machine, ...]
    jobs: tuple[Job, ...]
    prices: Prices
    now_s: int = 0
    operators: tuple[Operator, ...] = ()
    stocks: tuple[Stock, ...] = ()
    transfers: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSlot:
    """Where and when one task is done. `frozen`: it was so before this plan."""

    task: str
    order: str
    machine: str
    start_s: int
    end_s: int
    frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A slot for each task of each job kept; `left_out` the ids of the others.

    `cost_fine` in 1/18000 cent (measures.FINE_PER_CENT); no schedule of this problem
    costs less than `bound_fine`. Frozen tasks of jobs left out keep their slots.
    """

    slots: tuple[TaskSlot, ...]
    left_out: tuple[str, ...]
    cost_fine: int
    bound_fine: int
