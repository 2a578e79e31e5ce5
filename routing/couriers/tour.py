"""One vehicle's stops, remembered with what they cost and what could be inserted."""

from dataclasses import dataclass, field

from routing.couriers.model import Model, Step, Stops, advance, first_step, step_fine


@dataclass(slots=True)
class Effort:
    """How many places for a shipment have been tried: the clock of a search."""

    tried: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Tour:
    """A feasible sequence of stops of one vehicle, `fine` its price.

    `steps` (k + 1,): the state before each stop and at the end. `insertions`
    remembers, by shipment, the best place for it; `looked_up_to` that there is none
    which makes the tour less than so much dearer.
    """

    vehicle: int
    stops: Stops
    steps: tuple[Step, ...]
    fine: int
    effort: "Effort"
    insertions: dict[int, "Insertion"] = field(default_factory=dict)
    looked_up_to: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """A shipment put into a tour: the new stops and how much dearer they are."""

    extra_fine: int
    stops: Stops


class Tours:
    """Every tour ever thought of, made once; the pool that partition.py chooses from."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.effort = Effort()
        self._known: dict[tuple[int, Stops], Tour | None] = {}

    def get(self, vehicle: int, stops: Stops) -> Tour | None:
        """Return the vehicle's tour of these stops, None if it is not feasible."""
        key = (vehicle, stops)
        if key not in self._known:
            self._known[key] = _tour(self.model, self.effort, vehicle, stops)
        return self._known[key]

    def all(self) -> tuple[Tour, ...]:
        """Return all feasible tours, oldest first."""
        return tuple(tour for tour in self._known.values() if tour is not None)


def _tour(model: Model, effort: Effort, vehicle: int, stops: Stops) -> Tour | None:
    step: Step | None = first_step(model.vehicles[vehicle])
    steps = []
    for stop in stops:
        if step is None:
            return None
        steps.append(step)
        step = advance(model, vehicle, step, stop)
    if step is None:
        return None
    steps.append(step)
    return Tour(
        vehicle=vehicle,
        effort=effort,
        stops=stops,
        steps=tuple(steps),
        fine=step_fine(model.vehicles[vehicle], step),
    )
