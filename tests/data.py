"""Where real data lies, if it does: the tests that read it are skipped without."""

import os
from pathlib import Path

BESIDE = Path(__file__).parents[2] / "shared" / "data"
DATA = Path(os.environ.get("FABCOMMONS_DATA", BESIDE))
