"""Time and material of what is made: our estimates beside programs that plan it.

python -m benchmarks.estimates [print | laser | mill | board]... [--json] [--write]
[--only WORD]; without a kind all of them. `make peers` installs whom they ask.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any, Final

from benchmarks.estimates import boards, lasers, mills, prints
from benchmarks.peers import PeerFailedError
from benchmarks.report import Goal, Report

_KINDS: Final = {"print": prints, "laser": lasers, "mill": mills, "board": boards}
_NAMES: Final = {
    "print": "Estimates",
    "laser": "Estimates of laser cutting",
    "mill": "Estimates of milling",
    "board": "Estimates of circuit boards",
}
_GOAL_PERCENT: Final = 15.0


def report(kind: str, rows: Sequence[dict[str, Any]]) -> Report:
    """The table, and the mean absolute error of each set against the goal."""
    goals = [
        Goal(
            name=f"{what}, {len(own)} pieces {which}: mean absolute error",
            value=mean(abs(row[f"{what} error %"]) for row in own),
            unit="%",
            at_most=_GOAL_PERCENT,
        )
        for which in ("held out", "tuned on")
        if (own := [row for row in rows if row["set"] == which])
        for what in ("time", "filament")
        if f"{what} error %" in own[0]
    ]
    return Report(name=_NAMES[kind], rows=rows, goals=goals, notes=[_KINDS[kind].NOTE])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 1 where a goal is missed, 2 where nobody answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*_KINDS, []])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="pieces with this in their name")
    asked = parser.parse_args(arguments)
    code = 0
    for kind in asked.kinds or _KINDS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows = list(_KINDS[kind].rows(asked.only, Path(folder)))
            except PeerFailedError as error:
                print(f"{kind}: {error}", file=sys.stderr)
                code = 2
                continue
        told = report(kind, rows).finish(as_json=asked.json, write=asked.write)
        code = max(code, told)
    return code


if __name__ == "__main__":
    sys.exit(main())
