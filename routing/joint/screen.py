"""What can't be done whatever the others do: told before anything is planned."""

from routing.joint.materials import lacking, left_of, needs_of
from routing.joint.problem import Fab, JointProblem, Order, Reason, Task
from routing.joint.reach import can_carry, fab_of_order, is_heading_for, is_on_shift
from routing.joint.translate import scheduling_problem
from routing.measures import UNREACHABLE_S
from routing.reason import minutes
from routing.scheduling.options import Options
from routing.scheduling.precedence import in_order
from routing.scheduling.why_never import why_never


def refusal(
    problem: JointProblem, order: Order, tasks: tuple[Task, ...], options: Options
) -> Reason | None:
    """Return why the order can't be done at all, None if it may be tried.

    A promised order is made even if nobody can bring it yet.
    """
    if order.aboard is None:
        reason = _making(problem, order, tasks, options)
        if reason is not None:
            return reason
        if order.committed:
            return None
        return _window(order) or _carrying(problem, order)
    return None


def _window(order: Order) -> Reason | None:
    if order.earliest_s <= order.deadline_s:
        return None
    return Reason(
        code="window-closed",
        text=f"the receiver opens {minutes(order.earliest_s - order.deadline_s)} after "
        "the latest hand-over",
        remedy="a later latest time",
    )


def _making(
    problem: JointProblem, order: Order, tasks: tuple[Task, ...], options: Options
) -> Reason | None:
    if not tasks:
        return None if order.ready is not None else _nothing()
    if in_order(tasks) is None:
        return Reason(
            code="task-circle",
            text="its tasks wait for each other",
            remedy="mend the order of steps in the design's process plan",
        )
    for task in tasks:
        if task.frozen is None and not task.modes:
            return Reason(
                code="no-machine",
                text=f"no machine of the network can do task {task.id}",
                remedy="a machine that can, or a design that asks for less",
            )
    tied = fab_of_order(problem, order)
    if tied is not None and len(tied) > 1:
        return Reason(
            code="split-fabs",
            text=f"its pieces lie in {len(tied)} fabs: {', '.join(sorted(tied))}",
            remedy="bring them together, or make it again in one fab",
        )
    fabs = options.fabs.get(order.id, ())
    if fabs:
        return lacking(problem, fabs, needs_of(tasks), left_of(problem))
    return _no_fab(problem, order, tasks, options)


def _no_fab(
    problem: JointProblem, order: Order, tasks: tuple[Task, ...], options: Options
) -> Reason:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    tied = fab_of_order(problem, order)
    able = {fab.id for fab in problem.fabs if tied is None or fab.id in tied}
    for task in tasks:
        if task.frozen is None:
            able &= {fab_of[mode.machine] for mode in task.modes}
    if not able:
        return Reason(
            code="split-fabs",
            text=f"no single fab has machines for all {len(tasks)} tasks",
            remedy="one fab with all the machines it needs",
        )
    carrying = None if order.committed else _carrying(problem, order)
    if carrying is not None:
        return carrying
    job = scheduling_problem(problem, (order,), {}).jobs[0]
    for task in tasks:
        never = why_never(options, job, task)
        if never is not None and never.code in {
            "nobody-trained",
            "operators-away",
            "by-hand",
        }:
            return never
    shortest_s = min(
        (mode.duration_s for task in tasks for mode in task.modes), default=0
    )
    longest_s = max(
        (
            closes - opens
            for windows in options.free.values()
            for opens, closes in windows
        ),
        default=0,
    )
    return Reason(
        code="machines-closed",
        text=f"no machine that can is open long enough: a task takes "
        f"{minutes(shortest_s)} or more, the longest free opening of any machine is "
        f"{minutes(longest_s)}",
        remedy="longer opening hours",
    )


def _carrying(problem: JointProblem, order: Order) -> Reason | None:
    if not any(
        is_on_shift(problem, courier) or is_heading_for(courier, order)
        for courier in problem.couriers
    ):
        return Reason(
            code="no-courier",
            text=f"none of {len(problem.couriers)} couriers has a shift ahead",
            remedy="a courier on shift",
        )
    able = [courier for courier in problem.couriers if can_carry(courier, order)]
    if not able:
        most = max(courier.capacity_pieces for courier in problem.couriers)
        return Reason(
            code="too-big",
            text=f"{order.pieces} pieces of {order.grams} g in all are more than any "
            f"courier can carry (at most {most} pieces)",
            remedy="a smaller order, or a courier with more room",
        )
    fabs = {fab.id: fab for fab in problem.fabs}
    tied = fab_of_order(problem, order)
    starts: list[Fab] = [fabs[id_] for id_ in tied] if tied else list(fabs.values())
    for courier in able:
        seconds = problem.matrices[courier.profile].seconds
        if any(seconds[fab.place, order.place] < UNREACHABLE_S for fab in starts):
            return None
    return Reason(
        code="unreachable",
        text="there is no way from a fab to its place for any courier who could "
        "carry it",
        remedy="a place nearer to a road, or a courier who travels otherwise",
    )


def _nothing() -> Reason:
    return Reason(
        code="nothing-to-do",
        text="it has no task left, and it is neither ready anywhere nor aboard",
        remedy="say where its pieces are",
    )
