"""Every fault of a job's life on a board ends in a true report, at seeded moments.

The judge is the board's own account: its step counters, its path, its position and what
it has switched on, never the host's word. `FABCOMMONS_SOAK=1` takes twenty moments of
each fault instead of one. Of the chip in simavr a few are enough otherwise. `-s` shows
the table.
"""

import os

import pytest

from firmware_bridge.facts import OutcomeKind
from tests.fault import device_runs, node_runs
from tests.fault.account import UNSEEN, Account
from tests.fault.device_faults import CASES, Case
from tests.fault.device_runs import Run

IS_SOAK = bool(os.environ.get("FABCOMMONS_SOAK"))
MOMENTS = 20 if IS_SOAK else 1
CHIPS_BRIEFLY = ("lost ok", "frozen for a while", "reset", "power cut", "unplugged")
HERE = [
    (fault, dialect)
    for fault, dialect in CASES
    if IS_SOAK or dialect != "fabnode" or fault.name in CHIPS_BRIEFLY
]


def run(case: Case, moment: int, moments: int) -> Run:
    runs = node_runs if case[1] == "fabnode" else device_runs
    return runs.run(case, moment, moments)


@pytest.mark.parametrize(
    "case", HERE, ids=lambda case: f"{case[0].name.replace(' ', '-')}-{case[1]}"
)
def test_report_is_true(case: Case, account: Account) -> None:
    mine = [run(case, moment, MOMENTS) for moment in range(MOMENTS)]
    for one in mine:
        account.add(one.case[0].name, one.case[1], str(one.outcome.kind), one.wrong)
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
    ("power cut", "fabnode", 0, 20),
)


@pytest.mark.parametrize(("name", "dialect", "moment", "moments"), ONCE_WRONG)
def test_once_wrong(name: str, dialect: str, moment: int, moments: int) -> None:
    case = next(case for case in CASES if (case[0].name, case[1]) == (name, dialect))
    assert run(case, moment, moments).wrong == ()


# Relative lines. Lost whole, or obeyed without their number: one gap for both.
@pytest.mark.parametrize(
    ("name", "moment", "end"),
    [
        ("lost line", 11, OutcomeKind.COMPLETED),
        ("resend storm", 3, OutcomeKind.COMPLETED),
        ("missing line number", 5, OutcomeKind.UNKNOWN),
    ],
)
def test_the_place_tells_what_was_done_twice(
    name: str, moment: int, end: OutcomeKind
) -> None:
    case = next(case for case in CASES if (case[0].name, case[1]) == (name, "marlin"))
    told = run(case, moment, 20)
    assert (told.outcome.kind, told.wrong) == (end, ())
