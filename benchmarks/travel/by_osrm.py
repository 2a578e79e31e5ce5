"""OSRM as the peer: its graph is built and asked by its own programs and profile."""

import shutil
import subprocess
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import osrm
from numpy.typing import NDArray

from routing.travel.matrix import Place, Profile

WHEEL = Path(osrm.__file__).parent
PROFILES = WHEEL / "share" / "profiles"
ITS_NAME = {Profile.BICYCLE: "bicycle", Profile.VAN: "car"}


def build(extract: Path, folder: Path, ride: Profile) -> Path:
    """Extract and contract; the graph's name. Errors: subprocess.CalledProcessError."""
    profile = PROFILES / f"{ITS_NAME[ride]}.lua"
    own = folder / "map.osm.pbf"
    shutil.copyfile(extract, own)
    graph = folder / "map.osrm"
    for program, *arguments in (
        ("osrm-extract", "-t", "1", "-p", str(profile), str(own)),
        ("osrm-contract", "-t", "1", str(graph)),
    ):
        command = [str(WHEEL / "bin" / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return graph


def size_bytes(graph: Path) -> int:
    """The files of a graph together."""
    return sum(path.stat().st_size for path in graph.parent.glob(f"{graph.name}.*"))


class Engine:
    """One loaded graph."""

    def __init__(self, graph: Path) -> None:
        self._engine = osrm.OSRM(
            storage_config=str(graph),
            algorithm="CH",
            use_shared_memory=False,
            max_locations_distance_table=-1,
        )

    def hints(self, places: Sequence[Place]) -> list[str]:
        """What OSRM wants to be told to find the places' roads at once."""
        answer = self._ask(places, sources=[0], destinations=list(range(len(places))))
        return [found["hint"] for found in answer["destinations"]]

    def table(
        self, places: Sequence[Place], **how: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Seconds and metres as arrays; NaN where there is no way."""
        answer = self._ask(places, **how)
        return _read(answer["durations"]), _read(answer["distances"])

    def row_and_column(self, places: Sequence[Place], hints: list[str]) -> None:
        """From and to the last of the places, as arrays."""
        everyone, last = list(range(len(places))), [len(places) - 1]
        self.table(places, hints=hints, sources=last, destinations=everyone)
        self.table(places, hints=hints, sources=everyone, destinations=last)

    def _ask(self, places: Sequence[Place], **how: Any) -> Any:
        return self._engine.Table(
            osrm.TableParameters(
                coordinates=[(p.longitude_deg, p.latitude_deg) for p in places],
                annotations=["duration", "distance"],
                **how,
            )
        )


def _read(rows: Any) -> NDArray[np.float64]:
    missing = float("nan")
    return np.array(
        [
            array("d", [missing if cell is None else cell for cell in row])
            for row in rows
        ]
    )
