"""A pool of routes met on several walks, and the cheapest choice among them.

Set partitioning by CP-SAT: every request in one chosen route or left out. The routes
themselves keep all rules, since a walk drove them; the couriers must be equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from routing.couriers.kernels.groups import Net, State
from routing.couriers.kernels.layout import Ints, Shorts
from routing.cpsat import run, solver_of
from routing.effort import Effort

PRICE_MAX = 2**40  # the price of the plan to be bettered, as CP-SAT sees it

type Routes = list[list[int]]
type Requests = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The cheapest route met for each set of requests: its price and its nodes."""

    net: Net
    routes: dict[Requests, tuple[float, Ints]] = field(default_factory=dict)

    def add(self, state: State, seen: dict[int, int]) -> None:
        """Take in the routes of a walk that are new; `seen`: version by courier."""
        for r, version in enumerate(state.version.tolist()):
            if not state.length[r] or seen.get(r) == version:
                continue
            seen[r] = version
            nodes = state.seq[r, 1 : state.length[r] + 1]
            requests = self.requests_of(nodes)
            fine = float(state.fine[r])
            if requests not in self.routes or fine < self.routes[requests][0]:
                self.routes[requests] = fine, nodes.astype(np.int64)

    def requests_of(self, nodes: Ints | Shorts | Sequence[int]) -> Requests:
        """Return whom a route carries."""
        return frozenset(self.net.owner[nodes].tolist())

    def choose(
        self, known: Routes, fine: float, *, seed: int, work: float, effort: Effort
    ) -> Routes | None:
        """Return as many routes as `known` has, in all cheaper if any are found.

        `known` costs `fine` and only has routes of the pool; `work`: at most so many
        deterministic seconds of CP-SAT. None: nothing was found in time.
        """
        usable = [(q, *route) for q, route in self.routes.items() if route[0] <= fine]
        hinted = {self.requests_of(nodes) for nodes in known if nodes}
        model = cp_model.CpModel()
        chosen = [model.new_bool_var("") for _ in usable]
        carriers: list[list[cp_model.IntVar]] = [[] for _ in self.net.pick]
        prices = [price for _, price, _ in usable]
        terms = list(chosen)
        for (requests, _, _), variable in zip(usable, chosen, strict=True):
            model.add_hint(variable, requests in hinted)
            for request in requests:
                carriers[request].append(variable)
        for request, variables in enumerate(carriers):
            out = float(self.net.out[request])
            if not self.net.must[request] and out <= fine:
                variables.append(model.new_bool_var(""))
                terms.append(variables[-1])
                prices.append(out)
            model.add_exactly_one(variables)
        model.add(sum(chosen) <= len(known))
        scale = min(1.0, PRICE_MAX / max(fine, 1.0))
        model.minimize(
            cp_model.LinearExpr.weighted_sum(terms, [round(p * scale) for p in prices])
        )
        solver = solver_of(seed=seed, work=work)
        # The linear relaxation is nearly whole here; probing costs more than it finds.
        solver.parameters.linearization_level = 2
        solver.parameters.add_lp_constraints_lazily = False
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        if not run(solver, model, effort):
            return None
        found = [
            nodes.tolist()
            for (_, _, nodes), variable in zip(usable, chosen, strict=True)
            if solver.boolean_value(variable)
        ]
        return found + [[] for _ in range(len(known) - len(found))]
