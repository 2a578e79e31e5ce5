"""Does the catalogue answer at once at 100,000 designs? `python -m benchmarks.catalogue`.

Real titles and summaries, mixed, with what real manifests ask, among real labs repeated
to 3,000: a page of the list as people ask for it, by words, by filters and by what labs
near a place can make, on SQLite and on PostgreSQL. A sample of the pages is checked
against a plain scan of all designs.
"""

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.catalogue.asked import Places, questions, scanned, words_of_texts
from benchmarks.catalogue.network import AT, Design, designs, fill
from benchmarks.ledger.cluster import durable
from benchmarks.matching.fleet import fleet, places
from benchmarks.report import Goal, Report
from orchestrator.doors.web.listing import Reader, Wanted, listed
from orchestrator.foundation import migrate
from orchestrator.foundation.database import Sessions, engine_of, readers, writers
from orchestrator.planning.fleet import Fleet
from routing.matching.problem import Capability

DESIGNS = 100_000
LABS = 3_000
ASKED = 200
CHECKED = 5
PAGE_GOAL_MS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Pages of one kind of question on one database."""

    database: str
    kind: str
    took_ms: tuple[float, ...]
    found: float  # designs a page, mean
    wrong: int

    @property
    def p99_ms(self) -> float:
        """Of all but the slowest in a hundred."""
        return sorted(self.took_ms)[int(0.99 * (len(self.took_ms) - 1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What was put in, to be scanned."""

    designs: Sequence[Design]
    machines: Sequence[Capability]
    places: Places
    asked: dict[str, list[Wanted]]


def main() -> int:
    """Run what is asked for and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--designs", type=int, default=DESIGNS)
    parser.add_argument("--labs", type=int, default=LABS)
    parser.add_argument("--asked", type=int, default=ASKED, help="pages of each kind")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), action="append")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    wanted = parser.parse_args()
    all_designs = designs(wanted.designs, wanted.seed)
    where = {lab: (place.name, place.spot) for lab, place in places(wanted.labs)}
    whole = Whole(
        designs=all_designs,
        machines=fleet(wanted.labs, wanted.seed),
        places=where,
        asked=questions(all_designs, where, wanted.asked, wanted.seed),
    )
    runs: list[Timed] = []
    with tempfile.TemporaryDirectory() as folder, durable() as postgresql:
        urls = {
            "SQLite": f"sqlite:///{Path(folder) / 'app.db'}",
            "PostgreSQL": postgresql,
        }
        for name in wanted.database or urls:
            with _filled(urls[name], whole, wanted.labs, wanted.seed) as sessions:
                runs += _timed(name, sessions, whole, Path(folder))
    report = Report(
        name="Catalogue",
        rows=[_row(run) for run in runs],
        goals=_goals(runs),
        notes=[
            f"{wanted.designs} designs, {wanted.labs} labs with {len(whole.machines)} "
            f"machines; {wanted.asked} pages of each kind, each from opening the session "
            "to the 24 designs with their makers and prices, without the HTML; CPU time of "
            "the node and of the database's server, so that other work on the machine "
            "does not count (but a CPU second is worth less on a busy machine). Wrong: of the first "
            f"{CHECKED} of each kind, pages that differ from a plain scan of all designs "
            "and, where labs near must make it, of their machines one by one. Titles and "
            "summaries (their first 1,000 characters) are real and drawn apart; labs "
            "stand where the real ones do, several in one spot, and are open all week."
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


@contextmanager
def _filled(url: str, whole: Whole, labs: int, seed: int) -> Iterator[Sessions]:
    engine = engine_of(url)
    migrate.upgrade(engine)
    with writers(engine).begin() as session:
        fill(session, whole.designs, labs, seed)
    with writers(engine).begin() as session:
        session.execute(text("analyze"))
    yield readers(engine)
    engine.dispose()


def _timed(
    database: str, sessions: Sessions, whole: Whole, files: Path
) -> Iterator[Timed]:
    reader = Reader(fleet=Fleet(), files=files, now=AT)
    words_of = words_of_texts(whole.designs)
    with sessions() as session:
        reader.fleet.index(session)
        server = _server(session)
    gc.collect()
    gc.freeze()  # the designs held here to be scanned are none of the node's
    for kind, asked in whole.asked.items():
        took_ms, pages = [], []
        for wanted in asked:
            started_s, asked_s = time.process_time(), _database_s(server)
            with sessions() as session:
                page = listed(session, wanted, reader)
            took_s = time.process_time() - started_s
            took_ms.append((took_s + _database_s(server) - asked_s) * 1_000)
            pages.append(page)
        wrong = sum(
            not _is_right(
                [one.version.id for one in page.found],
                page.after,
                scanned(wanted, whole.designs, words_of, whole.machines, whole.places),
            )
            for wanted, page in list(zip(asked, pages, strict=True))[:CHECKED]
        )
        yield Timed(
            database=database,
            kind=kind,
            took_ms=tuple(took_ms),
            found=statistics.mean(len(page.found) for page in pages),
            wrong=wrong,
        )


def _server(session: Session) -> Path | None:
    """Where Linux counts the CPU time of this session's server; None: it has none."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    pid = session.scalar(text("select pg_backend_pid()"))
    return Path(f"/proc/{pid}/schedstat")


def _database_s(server: Path | None) -> float:
    """The CPU time that the database's server took so far."""
    return int(server.read_text().split()[0]) / 1e9 if server else 0.0


def _is_right(found: Sequence[str], after: str | None, scan: Sequence[str]) -> bool:
    """A page may end early where it says how it goes on; what it has is the newest."""
    newest = sorted(found, reverse=True)
    if after is None or len(newest) == len(scan):
        return newest == list(scan)
    return newest == [one for one in scan if one >= after]


def _row(run: Timed) -> dict[str, object]:
    return {
        "database": run.database,
        "asked for": run.kind,
        "median ms": statistics.median(run.took_ms),
        "p99 ms": run.p99_ms,
        "slowest ms": max(run.took_ms),
        "designs a page": run.found,
        "wrong": run.wrong,
    }


def _goals(runs: Sequence[Timed]) -> list[Goal]:
    slow = [
        Goal(
            name=f"a page on {run.database}, {run.kind}: p99",
            value=run.p99_ms,
            unit="ms",
            at_most=PAGE_GOAL_MS,
        )
        for run in runs
    ]
    return [
        Goal(name="wrong pages", value=sum(run.wrong for run in runs), at_most=0),
        *slow,
    ]


if __name__ == "__main__":
    raise SystemExit(main())
