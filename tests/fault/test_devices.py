"""Every fault of a job's life on a board ends in a true report, at seeded moments.

The judge is the board's own account: its step counters, its path, its position and what
it has switched on, never the host's word. `FABCOMMONS_SOAK=1` takes twenty moments of
each fault instead of one; `-s` shows the table.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fault.device_faults import CASES, Case
from tests.fault.device_runs import Run, run

MOMENTS = 20 if os.environ.get("FABCOMMONS_SOAK") else 1
COLUMNS = ("completed", "interrupted", "unknown")
UNSEEN = "unseen"  # altered on GRBL's line, and over between two looks at the board
WRONGS = (
    "false done",
    "false broken",
    "stall",
    "double start",
    "other",
    UNSEEN,
)


@pytest.fixture(scope="module")
def runs() -> Iterator[list[Run]]:
    """All runs of this file; the table is printed when they are over."""
    done: list[Run] = []
    yield done
    print_table(done)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case[0].name.replace(' ', '-')}-{case[1]}"
)
def test_report_is_true(case: Case, runs: list[Run]) -> None:
    mine = [run(case, moment, MOMENTS) for moment in range(MOMENTS)]
    runs += mine
    wrong = [one for one in mine if set(one.wrong) - {UNSEEN}]
    assert not wrong, "\n".join(str(one) for one in wrong)


# (fault, board, moment, of so many): each was reported wrongly or stalled once.
ONCE_WRONG = (
    ("flipped bit to the board", "grbl", 1, 10),
    ("bytes lost to the board", "grbl", 4, 10),
    ("missing line number", "marlin", 3, 20),
    ("missing line number", "marlin", 5, 20),
    ("frozen for a while", "marlin", 17, 20),
    ("garbage to the board", "grbl", 19, 20),
    ("several lost oks", "marlin", 3, 10),
    ("resend storm", "marlin", 0, 20),
    ("resend with time-out", "marlin", 1, 10),
    ("filament runout", "marlin", 10, 20),
)


@pytest.mark.parametrize(("name", "dialect", "moment", "moments"), ONCE_WRONG)
def test_once_wrong(name: str, dialect: str, moment: int, moments: int) -> None:
    case = next(case for case in CASES if (case[0].name, case[1]) == (name, dialect))
    assert run(case, moment, moments).wrong == ()


def print_table(runs: list[Run]) -> None:
    heads = ("runs", *COLUMNS, *WRONGS)
    print(f"\n{'fault':25}{'board':7}" + "".join(f"{head:>13}" for head in heads))
    for case in CASES:
        mine = [one for one in runs if one.case == case]
        ends = Counter(str(one.outcome.kind) for one in mine)
        wrongs = Counter(what.split(":")[0] for one in mine for what in one.wrong)
        counts = [len(mine), *(ends[end] for end in COLUMNS)]
        counts += [wrongs[wrong] for wrong in WRONGS]
        row = "".join(f"{count:13}" for count in counts)
        print(f"{case[0].name:25}{case[1]:7}{row}")
