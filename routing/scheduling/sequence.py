"""Which task follows which on a machine that knows set-ups: a circuit through them."""

from dataclasses import dataclass

from ortools.sat.python import cp_model

from routing.scheduling.options import Calendars, Options
from routing.scheduling.problem import Machine, Mode, SchedulingProblem, Setups
from routing.scheduling.setups import setup_s
from routing.scheduling.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A task on the machine; `mode` and `chosen` are None where it is frozen there."""

    task: str
    setup: str
    start: cp_model.LinearExprT
    end: cp_model.LinearExprT
    mode: Mode | None
    chosen: cp_model.IntVar | None


def add_setups(
    model: cp_model.CpModel,
    problem: SchedulingProblem,
    options: Options,
    variables: Variables,
) -> None:
    """Leave time for every set-up; note its seconds with the literal that asks for it."""
    of_machine = _nodes(problem, variables)
    for machine in problem.machines:
        nodes = of_machine[machine.id]
        if machine.setups is not None and _is_needed(machine.setups, nodes):
            _add_circuit(model, machine, nodes, options.calendars, variables)


def _nodes(problem: SchedulingProblem, variables: Variables) -> dict[str, list[_Node]]:
    """By machine with set-ups: its frozen tasks in sequence, then all that may come."""
    found: dict[str, list[_Node]] = {machine.id: [] for machine in problem.machines}
    tasks = [task for job in problem.jobs for task in job.tasks]
    frozen = [
        (
            task.frozen.start_s,
            task.frozen.end_s,
            task.id,
            task.frozen.machine,
            task.setup,
        )
        for task in tasks
        if task.frozen is not None and task.frozen.end_s > task.frozen.start_s
    ]
    for start_s, end_s, id_, machine, setup in sorted(frozen):
        found[machine].append(
            _Node(
                task=id_,
                setup=setup,
                start=start_s,
                end=end_s,
                mode=None,
                chosen=None,
            )
        )
    for task in tasks:
        own = variables.tasks.get(task.id)
        if own is None:
            continue
        for _, mode, literal in own.chosen:
            if mode.duration_s:
                found[mode.machine].append(
                    _Node(
                        task=task.id,
                        setup=task.setup,
                        start=own.start,
                        end=own.end,
                        mode=mode,
                        chosen=variables.owns.get((task.id, mode), literal),
                    )
                )
    return found


def _is_needed(setups: Setups, nodes: list[_Node]) -> bool:
    words = {node.setup for node in nodes}
    befores = words | ({setups.loaded} if setups.loaded is not None else set())
    return any(setup_s(setups, b, a) for b in befores for a in words)


def _add_circuit(
    model: cp_model.CpModel,
    machine: Machine,
    nodes: list[_Node],
    calendars: Calendars,
    variables: Variables,
) -> None:
    setups = machine.setups
    loaded = None if setups is None else setups.loaded
    arcs: list[cp_model.ArcT] = [(0, 0, model.new_bool_var(f"{machine.id} rests"))]
    if nodes[0].chosen is None:
        arcs.pop()  # somebody is there
    # Frozen tasks may overlap; their sequence among themselves is given.
    frozen = [number for number, node in enumerate(nodes) if node.chosen is None]
    for number, node in enumerate(nodes):
        if node.chosen is not None:
            arcs.append((number + 1, number + 1, ~node.chosen))
        if node.chosen is not None or number == 0:
            needed_s = setup_s(setups, loaded, node.setup)
            first = model.new_bool_var(f"first {node.task} on {machine.id}")
            arcs.append((0, number + 1, first))
            variables.setups.append((first, needed_s))
            variables.follows[machine.id, None, node.task].append(first)
            _while_it_may(model, node, calendars, needed_s, first)
        if node.chosen is not None or number == len(frozen) - 1:
            last = model.new_bool_var(f"last {node.task} on {machine.id}")
            arcs.append((number + 1, 0, last))
    for i, before in enumerate(nodes):
        for k, after in enumerate(nodes):
            both_frozen = before.chosen is None and after.chosen is None
            if before.task == after.task or (both_frozen and k != i + 1):
                continue
            needed_s = setup_s(setups, before.setup, after.setup)
            follows = model.new_bool_var(f"{before.task}, {after.task} on {machine.id}")
            arcs.append((i + 1, k + 1, follows))
            variables.setups.append((follows, needed_s))
            variables.follows[machine.id, before.task, after.task].append(follows)
            if not both_frozen:
                model.add(after.start >= before.end + needed_s).only_enforce_if(follows)
                _while_it_may(model, after, calendars, needed_s, follows)
    model.add_circuit(arcs)


def _while_it_may(
    model: cp_model.CpModel,
    node: _Node,
    calendars: Calendars,
    needed_s: int,
    is_so: cp_model.IntVar,
) -> None:
    """The set-up lies in the opening of its task; a frozen one is as it is."""
    if node.mode is None or not needed_s:
        return
    starts = calendars.starts(node.mode, needed_s)
    if not starts:
        model.add(is_so == 0)
        return
    domain = cp_model.Domain.from_intervals(starts)
    model.add_linear_expression_in_domain(node.start, domain).only_enforce_if(is_so)
