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
    """What one fleet took, in CPU time, since other work shares the cores."""

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
    started = time.process_time()
    index = indexed(machines)
    index_s = time.process_time() - started
    took_ms, matches = [], 0
    for requirement in asked:
        started = time.process_time()
        matches += find(index, requirement).count
        took_ms.append((time.process_time() - started) * 1_000)
    wrong = sum(
        {int(place) for place in able(index, requirement)}
        != {
            place
            for place, one in enumerate(index.capabilities)
            if any(not eligible(way, one) for way, _ in variants(requirement))
        }
        for requirement in asked[:SAMPLE]
    )
    parts = [(labs, len(asked), seed, core) for core in range(CORES)]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        shares = list(pool.map(_share, parts))
    found = sum(count for count, _ in shares)
    assert found == matches  # a fast other answer is not a result
    return Timed(
        labs=labs,
        machines=len(machines),
        index_s=index_s,
        query_ms=tuple(took_ms),
        all_s=max(used_s for _, used_s in shares),
        matches=matches,
        wrong=wrong,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _share(part: tuple[int, int, int, int]) -> tuple[int, float]:
    """One core's part of all designs beside all labs: matches, and CPU s since birth."""
    labs, designs, seed, core = part
    index = indexed(fleet(labs, seed))
    count = sum(
        find(index, requirement).count
        for requirement in requirements(designs, seed)[core::CORES]
    )
    return count, time.process_time()
