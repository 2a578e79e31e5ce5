"""Our print estimate in a child process: a mesh of millions of triangles is no request."""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from orchestrator.catalogue.estimates.limited import ChildFailedError, run
from orchestrator.catalogue.estimates.printing import Print, estimate_print
from orchestrator.catalogue.estimates.profile import PrintProfile
from orchestrator.catalogue.files import stl


class NotEstimatedError(Exception):
    """The child gave no figures; the message says why."""


def print_of(path: Path, *, scale: float) -> Print:
    """Time and filament of an STL file. Takes seconds. Errors: NotEstimatedError."""
    asked = json.dumps({"path": str(path.resolve()), "scale": scale})
    command = [sys.executable, "-m", __name__]
    with tempfile.TemporaryDirectory() as folder:
        try:
            out, err = run(command, folder=Path(folder), asked=asked)
        except ChildFailedError as error:
            raise NotEstimatedError(str(error)) from error
    try:
        return Print(**json.loads(out))
    except (ValueError, TypeError) as error:
        raise NotEstimatedError(err.strip()[-200:] or "it said nothing") from error


def _answer() -> None:
    asked = json.load(sys.stdin)
    triangles, _notes = stl.triangles_of(Path(asked["path"]).read_bytes())
    told = estimate_print(triangles * asked["scale"], PrintProfile())
    json.dump(asdict(told), sys.stdout)


if __name__ == "__main__":
    _answer()
