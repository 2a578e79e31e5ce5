"""OR-Tools' routing library: parallel cheapest insertion, guided local search."""

import time

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.couriers.instance import Answer, Instance, Integers, Tour

WALL_FACTOR = 20  # the CPU clock ends the search, the wall only a hang


def solve(
    instance: Instance, numbers: Integers, *, fleet_first: bool, cpu_s: float, seed: int
) -> Answer:
    """Fixed cost per vehicle; guided local search hardly asks for the seed."""
    begun_s = time.process_time()
    owners = [n for n, group in enumerate(instance.groups) for _ in range(group.count)]
    depots = [instance.groups[number].depot for number in owners]
    manager = pywrapcp.RoutingIndexManager(
        len(numbers.travel), len(owners), depots, depots
    )
    model = pywrapcp.RoutingModel(manager)
    model.solver().ReSeed(seed)
    _dimensions(instance, numbers, manager, model, owners)
    if fleet_first:
        model.SetFixedCostOfAllVehicles(numbers.vehicle_cost)
    found_s: list[float] = []
    model.AddAtSolutionCallback(
        lambda: found_s.append(time.process_time()) if not found_s else None
    )
    until_s = begun_s + cpu_s
    model.AddSearchMonitor(
        model.solver().CustomLimit(lambda: time.process_time() >= until_s)
    )
    plan = model.SolveWithParameters(_parameters(cpu_s))
    spent_s = time.process_time() - begun_s
    if plan is None:
        raise RuntimeError("no plan was found in time")
    return Answer(
        tours=tuple(
            Tour(group=number, nodes=_nodes(manager, model, plan, vehicle))
            for vehicle, number in enumerate(owners)
            if model.IsVehicleUsed(plan, vehicle)
        ),
        cpu_s=spent_s,
        first_plan_s=found_s[0] - begun_s if found_s else None,
    )


def warm() -> None:
    """Nothing is compiled here."""


def _parameters(cpu_s: float) -> object:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = (
        routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    )
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    parameters.time_limit.FromMilliseconds(round(WALL_FACTOR * cpu_s * 1_000))
    return parameters


def _dimensions(
    instance: Instance,
    numbers: Integers,
    manager: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    owners: list[int],
) -> None:
    travel = model.RegisterTransitMatrix(numbers.travel.tolist())
    model.SetArcCostEvaluatorOfAllVehicles(travel)
    spent = (numbers.travel + numbers.service[:, None]).tolist()
    horizon = int(numbers.closes.max())
    model.AddDimension(
        model.RegisterTransitMatrix(spent), horizon, horizon, False, "time"
    )
    clock = model.GetDimensionOrDie("time")
    for node in _served(instance):
        low, high = int(numbers.opens[node]), int(numbers.closes[node])
        clock.CumulVar(manager.NodeToIndex(node)).SetRange(low, high)
    for vehicle, number in enumerate(owners):
        depot = instance.groups[number].depot
        low, high = int(numbers.opens[depot]), int(numbers.closes[depot])
        clock.CumulVar(model.Start(vehicle)).SetRange(low, high)
        clock.CumulVar(model.End(vehicle)).SetRange(low, high)
        bound = numbers.route_max[number]
        if bound is not None:
            clock.SetSpanUpperBoundForVehicle(bound, vehicle)
    change = (
        [abs(int(d)) for d in instance.demand] if instance.drops else instance.demand
    )
    load = model.RegisterUnaryTransitVector([int(units) for units in change])
    capacities = [instance.groups[number].capacity for number in owners]
    model.AddDimensionWithVehicleCapacity(load, 0, capacities, True, "load")
    for pickup, delivery in instance.pairs:
        start, end = manager.NodeToIndex(pickup), manager.NodeToIndex(delivery)
        model.AddPickupAndDelivery(start, end)
        model.solver().Add(model.VehicleVar(start) == model.VehicleVar(end))
        model.solver().Add(clock.CumulVar(start) <= clock.CumulVar(end))


def _served(instance: Instance) -> list[int]:
    return [*instance.drops, *(node for pair in instance.pairs for node in pair)]


def _nodes(
    manager: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    plan: pywrapcp.Assignment,
    vehicle: int,
) -> tuple[int, ...]:
    nodes = []
    index = plan.Value(model.NextVar(model.Start(vehicle)))
    while not model.IsEnd(index):
        nodes.append(manager.IndexToNode(index))
        index = plan.Value(model.NextVar(index))
    return tuple(nodes)
