"""What every benchmark on the regions of real extracts is asked."""

import argparse
from collections.abc import Sequence

from benchmarks.region.ground import EXTRACTS


def arguments(room: str, *, sizes: Sequence[int]) -> argparse.ArgumentParser:
    """Return a parser of regions, sizes in orders, the first seed, and how to tell it."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{room}")
    parser.add_argument("--regions", nargs="+", choices=EXTRACTS, default=[*EXTRACTS])
    parser.add_argument("--sizes", nargs="+", type=int, default=[*sizes])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser
