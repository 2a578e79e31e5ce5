"""Reads flexible job shops in the common .fjs form, and what is best known of them."""

import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scheduling.instance import Instance, Ways

# Bounds and makespans by ScheduleOpt/benchmarks (flexible-jobshop/solutions/bks.json).
BEST_KNOWN = Path(__file__).with_name("best_known.csv")


class UnreadableError(Exception):
    """Not an instance of a known form; the message says what was expected."""


def find(paths: list[Path]) -> list[Path]:
    """Return the instance files among files and in folders, in order of their name."""
    files: set[Path] = set()
    for path in paths:
        files |= {*path.rglob("*.fjs")} if path.is_dir() else {path}
    return sorted(files, key=lambda file: (file.parent.name, file.name))


def read(path: Path) -> Instance:
    """Read one file. Errors: UnreadableError.

    Head: jobs, machines, perhaps the mean count of ways. A job per line: operations,
    then for each the count of ways and pairs of machine (from 1) and duration.
    """
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    try:
        machines, jobs = _jobs(lines)
    except (ValueError, IndexError, StopIteration) as error:
        raise UnreadableError(f"{path}: no flexible job shop: {error}") from error
    return Instance(name=path.stem, family=_family(path), machines=machines, jobs=jobs)


def best_known(name: str) -> tuple[int, int] | None:
    """Return the best known (bound, makespan) of an instance, None if not listed."""
    with BEST_KNOWN.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["instance"] == name:
                return int(row["bound"]), int(row["makespan"])
    return None


def _jobs(lines: list[list[str]]) -> tuple[int, tuple[tuple[Ways, ...], ...]]:
    count, machines = int(lines[0][0]), int(lines[0][1])
    jobs = tuple([_job([*map(int, line)]) for line in lines[1 : count + 1]])
    if len(jobs) != count:
        raise ValueError(f"expected {count} jobs, got {len(jobs)}")
    used = {machine for job in jobs for ways in job for machine, _ in ways}
    if not used <= set(range(machines)):
        raise ValueError(f"machines {sorted(used)}, expected 0 to {machines - 1}")
    return machines, jobs


# Lists, not generators: inside those a missing cell would end as a RuntimeError.
def _job(numbers: list[int]) -> tuple[Ways, ...]:
    cells = iter(numbers)
    operations = tuple([_ways(cells) for _ in range(next(cells))])
    if next(cells, None) is not None:
        raise ValueError("a job's line is longer than its operations")
    return operations


def _ways(cells: Iterator[int]) -> Ways:
    return tuple([(next(cells) - 1, next(cells)) for _ in range(next(cells))])


def _family(path: Path) -> str:
    kind = path.stem.partition("-")[0]
    return f"Hurink {kind}" if kind.endswith("data") else path.parent.name
