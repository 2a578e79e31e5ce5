"""Random problems for the planners: tight, empty and impossible ones included."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from routing.joint.problem import (
    Courier,
    Fab,
    FrozenSlot,
    JointProblem,
    Machine,
    Mode,
    NextStop,
    Operator,
    Order,
    Profile,
    Promise,
    Ready,
    Setups,
    Shares,
    Stock,
    StopKind,
    Task,
    TravelMatrix,
    Weights,
)
from routing.measures import UNREACHABLE_M, UNREACHABLE_S

DAY_S = 28_800


@st.composite
def matrices(draw: st.DrawFn, count: int, profile: Profile) -> TravelMatrix:
    """Asymmetric, now and then without a way, without a triangle inequality."""
    seconds, metres = [], []
    for start in range(count):
        row_s, row_m = [], []
        for end in range(count):
            gone = start != end and draw(st.integers(0, 24)) == 0
            time_s = 0 if start == end else draw(st.integers(0, 1_500))
            row_s.append(UNREACHABLE_S if gone else time_s)
            row_m.append(UNREACHABLE_M if gone else time_s * 4)
        seconds.append(row_s)
        metres.append(row_m)
    return TravelMatrix(
        profile=profile,
        seconds=np.array(seconds, dtype=np.int64),
        metres=np.array(metres, dtype=np.int64),
        source="road",
    )


def times() -> st.SearchStrategy[int]:
    """Seconds around a working day, before its start included."""
    return st.integers(-600, DAY_S)


@st.composite
def joint_problems(draw: st.DrawFn) -> JointProblem:
    """A whole region: a few fabs, machines, couriers and orders in every state."""
    places = draw(st.integers(1, 5))
    now_s = draw(st.sampled_from([0, 0, 3_600]))
    fabs = tuple(
        Fab(
            id=f"fab{i}",
            place=draw(st.integers(0, places - 1)),
            pickup_service_s=draw(st.integers(0, 120)),
        )
        for i in range(draw(st.integers(0, 2)))
    )
    machines = tuple(
        draw(_machine(i, fabs)) for i in range(draw(st.integers(0, 4))) if fabs
    )
    couriers = [draw(_courier(i, places)) for i in range(draw(st.integers(0, 3)))]
    orders: list[Order] = []
    tasks: list[Task] = []
    for i in range(draw(st.integers(0, 6))):
        order, own = draw(
            _order(i, places=places, fabs=fabs, machines=machines, couriers=couriers)
        )
        orders.append(order)
        tasks += own
    unmade = {task.order for task in tasks}
    for number, courier in enumerate(couriers):
        couriers[number] = draw(_heading(courier, number, orders, unmade))
    profiles = {courier.profile for courier in couriers} | {Profile.BICYCLE}
    return JointProblem(
        fabs=fabs,
        machines=machines,
        orders=draw(_made_of_others(orders)),
        tasks=tuple(tasks),
        couriers=tuple(couriers),
        matrices={p: draw(matrices(places, p)) for p in sorted(profiles)},
        weights=draw(_weights()),
        now_s=now_s,
        operators=tuple(draw(_operators(fabs))),
        stocks=tuple(draw(_stocks(fabs))),
    )


@st.composite
def _made_of_others(draw: st.DrawFn, orders: list[Order]) -> tuple[Order, ...]:
    """Some orders bring what others are made from, in any state, trees of them too."""
    if not draw(st.booleans()):
        return tuple(orders)
    parts_of: dict[str, list[str]] = {}
    for number, order in enumerate(orders[1:], 1):
        if draw(st.booleans()):
            above = orders[draw(st.integers(0, number - 1))]
            parts_of.setdefault(above.id, []).append(order.id)
    found = [replace(o, parts=tuple(parts_of.get(o.id, ()))) for o in orders]
    return tuple(draw(st.permutations(found)))


@st.composite
def _operators(draw: st.DrawFn, fabs: tuple[Fab, ...]) -> list[Operator]:
    """Nobody in some labs; others with hours around the day, trained or not."""
    return [
        Operator(
            id=f"operator{number}",
            fab=draw(st.sampled_from(fabs)).id,
            hours=tuple(
                draw(st.lists(st.tuples(times(), times()), max_size=2))
                + draw(st.sampled_from([[], [(0, DAY_S)]]))
            ),
            trainings=draw(st.sampled_from([frozenset(), frozenset({"laser"})])),
        )
        for number in range(draw(st.integers(0, 2)))
        if fabs
    ]


@st.composite
def _stocks(draw: st.DrawFn, fabs: tuple[Fab, ...]) -> list[Stock]:
    """Some labs count some of what they have, and it may be nothing."""
    return [
        Stock(fab=fab.id, material=material, grams=draw(st.integers(0, 1_500)))
        for fab in fabs
        for material in ("PLA", "PETG")
        if draw(st.booleans())
    ]


def _setups() -> st.SearchStrategy[Setups | None]:
    """None, or changes that take their time, whatever the triangle says."""
    words = st.sampled_from(["white", "red"])
    return st.one_of(
        st.none(),
        st.none(),
        st.builds(
            Setups,
            seconds=st.dictionaries(
                st.tuples(words, words), st.integers(0, 3_600), max_size=3
            ),
            other_s=st.sampled_from([0, 600]),
            loaded=st.sampled_from([None, "white", "blue"]),
        ),
    )


@st.composite
def _weights(draw: st.DrawFn) -> Weights:
    """What members may vote for, and nobody in the problem perhaps."""
    shares = [
        Shares(
            over_permille=draw(st.sampled_from([0, 200])),
            declared={f"{kind}0": draw(st.integers(0, 3)), "gone": 2},
            earned_cents={f"{kind}1": draw(st.integers(0, 5_000))},
        )
        for kind in ("fab", "courier")
    ]
    return Weights(
        late_cents_per_minute=draw(st.integers(0, 20)),
        moved_promise_cents_per_minute=draw(st.integers(0, 20)),
        near_s=draw(st.sampled_from([0, 7_200])),
        co2_cents_per_kg=draw(st.sampled_from([0, 30])),
        labs=shares[0],
        couriers=shares[1],
    )


@st.composite
def _machine(draw: st.DrawFn, number: int, fabs: tuple[Fab, ...]) -> Machine:
    windows = draw(st.lists(st.tuples(times(), times()), max_size=2))
    whole = draw(st.booleans())
    return Machine(
        id=f"machine{number}",
        fab=draw(st.sampled_from(fabs)).id,
        open_windows=((0, DAY_S), *windows) if whole else tuple(windows),
        setups=draw(_setups()),
    )


@st.composite
def _courier(draw: st.DrawFn, number: int, places: int) -> Courier:
    shift = draw(st.one_of(st.just((0, DAY_S)), st.tuples(times(), times())))
    return Courier(
        id=f"courier{number}",
        place=draw(st.integers(0, places - 1)),
        shift=shift,
        capacity_pieces=draw(st.integers(0, 8)),
        capacity_grams=draw(st.sampled_from([500, 5_000])),
        profile=draw(st.sampled_from([Profile.BICYCLE, Profile.VAN])),
        cost_per_km_cents=draw(st.integers(0, 100)),
        cost_per_hour_cents=draw(st.integers(0, 2_000)),
    )


@st.composite
def _order(
    draw: st.DrawFn,
    number: int,
    *,
    places: int,
    fabs: tuple[Fab, ...],
    machines: tuple[Machine, ...],
    couriers: list[Courier],
) -> tuple[Order, list[Task]]:
    id_ = f"order{number}"
    state = draw(st.sampled_from(["new", "new", "new", "ready", "aboard", "odd"]))
    tasks: list[Task] = []
    ready, aboard = None, None
    if state == "new" and machines:
        tasks = draw(_tasks(id_, machines))
    elif state == "ready" and fabs:
        ready = Ready(fab=draw(st.sampled_from(fabs)).id, ready_s=draw(times()))
        if machines and draw(st.booleans()):
            tasks = draw(_tasks(id_, machines))
    elif state == "aboard" and couriers:
        aboard = draw(st.sampled_from(couriers)).id
    due_s = draw(times())
    promised = Promise(earliest_s=due_s - 900, planned_s=due_s, latest_s=due_s + 900)
    order = Order(
        id=id_,
        place=draw(st.integers(0, places - 1)),
        release_s=draw(st.sampled_from([0, 0, 1_800])),
        earliest_s=draw(st.sampled_from([0, 0, 7_200])),
        due_s=due_s,
        deadline_s=due_s + draw(st.integers(-600, DAY_S)),
        left_out_cents=draw(st.integers(0, 20_000)),
        pieces=draw(st.integers(0, 6)),
        grams=draw(st.integers(0, 2_000)),
        service_s=draw(st.integers(0, 120)),
        committed=draw(st.booleans()),
        ready=ready,
        aboard=aboard,
        previous_courier=draw(st.sampled_from([None, "courier0", "gone"])),
        previous_start_s=draw(st.sampled_from([None, 0, 7_200])),
        promised=draw(st.sampled_from([None, promised])),
        fetch_from_s=draw(st.sampled_from([0, 0, 5_000])),
    )
    return order, tasks


@st.composite
def _tasks(draw: st.DrawFn, order: str, machines: tuple[Machine, ...]) -> list[Task]:
    tasks: list[Task] = []
    count = draw(st.integers(1, 3))
    ids = [f"{order}.{i}" for i in range(count)]
    for i, id_ in enumerate(ids):
        after = draw(st.lists(st.sampled_from(ids[:i]), unique=True)) if i else []
        if draw(st.integers(0, 29)) == 0:
            after = [ids[-1]]  # a circle
        attended_s = draw(st.sampled_from([0, 0, 300]))
        training = draw(st.sampled_from(["", "laser"]))
        modes = tuple(
            Mode(
                machine=machine.id,
                duration_s=attended_s + draw(st.integers(0, 7_200)),
                cost_cents=draw(st.integers(0, 900)),
                attended_s=attended_s,
                training=training,
            )
            for machine in draw(st.lists(st.sampled_from(machines), max_size=4))
        )
        frozen = None
        if i == 0 and draw(st.integers(0, 3)) == 0:
            start_s = draw(times())
            frozen = FrozenSlot(
                machine=draw(st.sampled_from(machines)).id,
                start_s=start_s,
                end_s=start_s + draw(st.integers(0, 3_600)),
            )
        previous = draw(st.sampled_from([None, machines[0].id, "gone"]))
        tasks.append(
            Task(
                id=id_,
                order=order,
                modes=modes,
                after=tuple(after),
                frozen=frozen,
                previous_machine=previous,
                setup=draw(st.sampled_from(["white", "red"])),
                lag_s=draw(st.sampled_from([0, 0, 1_800, 10_000])),
                material=draw(st.sampled_from(["PLA", "PETG", "wood"])),
                grams=draw(st.sampled_from([0, 300, 700])),
            )
        )
    return tasks


@st.composite
def _route_before(draw: st.DrawFn, orders: list[Order]) -> tuple[NextStop, ...]:
    """Any stops of any orders: what a plan in force may say, and what it may not."""
    every = [NextStop(order=o.id, kind=kind) for o in orders for kind in StopKind]
    return tuple(draw(st.permutations(every))[: draw(st.integers(0, 8))])


@st.composite
def _heading(
    draw: st.DrawFn,
    courier: Courier,
    number: int,
    orders: list[Order],
    unmade: set[str],
) -> Courier:
    """Some couriers are already on their way to a stop that makes sense for them."""
    if not draw(st.booleans()):
        return courier
    stops = [
        NextStop(order=order.id, kind=StopKind.DROPOFF)
        for order in orders
        if order.aboard == courier.id
    ]
    stops += [
        NextStop(order=order.id, kind=StopKind.PICKUP)
        for index, order in enumerate(orders)
        if order.aboard is None
        and (order.ready is not None or order.id in unmade)
        and index % 3 == number  # so that no two couriers head for one order
    ]
    if not stops:
        return courier
    return Courier(
        id=courier.id,
        place=courier.place,
        shift=courier.shift,
        capacity_pieces=courier.capacity_pieces,
        capacity_grams=courier.capacity_grams,
        profile=courier.profile,
        cost_per_km_cents=courier.cost_per_km_cents,
        cost_per_hour_cents=courier.cost_per_hour_cents,
        next_stop=draw(st.sampled_from(stops)),
        previous=draw(_route_before(orders)),
    )
