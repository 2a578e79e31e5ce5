"""One fleet, asked by all designs: one after the other, and on all cores."""

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.matching.fleet import fleet, requirements
from routing.matching.eligible import eligible
from routing.matching.index import able, find, indexed, variants
from routing.matching.problem import Requirement

CORES = 2
SAMPLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one fleet took."""

    labs: int
    machines: int
    index_s: float
    query_ms: tuple[float, ...]
    all_s: float
    matches: int
    wrong: int
    peak_mb: float


def timed(labs: int, asked: Sequence[Requirement], seed: int) -> Timed:
    """Return what the index, each query and all of them took, and how many are wrong."""
    machines = fleet(labs, seed)
    started = time.perf_counter()
    index = indexed(machines)
    index_s = time.perf_counter() - started
    took_ms, matches = [], 0
    for requirement in asked:
        started = time.perf_counter()
        matches += find(index, requirement).count
        took_ms.append((time.perf_counter() - started) * 1_000)
    wrong = sum(
        {int(place) for place in able(index, requirement)}
        != {
            place
            for place, one in enumerate(index.capabilities)
            if any(not eligible(way, one) for way, _ in variants(requirement))
        }
        for requirement in asked[:SAMPLE]
    )
    started = time.perf_counter()
    parts = [(labs, len(asked), seed, core) for core in range(CORES)]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        found = sum(pool.map(_share, parts))
    all_s = time.perf_counter() - started
    assert found == matches  # a fast other answer is not a result
    return Timed(
        labs=labs,
        machines=len(machines),
        index_s=index_s,
        query_ms=tuple(took_ms),
        all_s=all_s,
        matches=matches,
        wrong=wrong,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _share(part: tuple[int, int, int, int]) -> int:
    """One core's part of all designs beside all labs."""
    labs, designs, seed, core = part
    index = indexed(fleet(labs, seed))
    return sum(
        find(index, requirement).count
        for requirement in requirements(designs, seed)[core::CORES]
    )
