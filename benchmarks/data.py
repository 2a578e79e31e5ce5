"""Where the real instances lie, and what to say where they do not."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def data_folder(*parts: str) -> Path:
    """Return a folder of the data; exits 2 with a remedy if it is not there."""
    base = Path(os.environ.get("FABCOMMONS_DATA", ROOT.parent / "shared" / "data"))
    folder = base.joinpath(*parts)
    if not folder.exists():
        sys.exit(f"{folder} is not there: name the data by FABCOMMONS_DATA")
    return folder
