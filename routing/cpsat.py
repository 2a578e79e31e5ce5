"""One run of CP-SAT: repeatable by a count of work, or stopped by the caller's clock."""

import threading

from ortools.sat.python import cp_model

from routing.effort import Effort

LOOK_EVERY_S = 0.01


def solver_of(*, seed: int, work: float) -> cp_model.CpSolver:
    """Return a solver of one worker that ends after `work` deterministic seconds."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = work
    return solver


def run(solver: cp_model.CpSolver, model: cp_model.CpModel, effort: Effort) -> bool:
    """Return whether a solution was found before the effort's clock ran out.

    CP-SAT itself knows the wall clock only; CPU time on a shared machine is another.
    """
    if effort.is_counted:
        return _has_solution(solver.solve(model))
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(LOOK_EVERY_S):
            if effort.left_s() <= 0:
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return _has_solution(solver.solve(model))
    finally:
        is_done.set()
        watcher.join()


def _has_solution(status: cp_model.CpSolverStatus) -> bool:
    return status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
