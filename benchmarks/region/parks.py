"""The machine parks of real fab labs, and what each machine does by its name."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from benchmarks.data import data_folder


class Process(StrEnum):
    """What a machine does."""

    PRINT = "print"
    LASER = "laser"
    MILL = "mill"
    VINYL = "vinyl"


WORDS = {
    Process.PRINT: r"3d.?print|ultimaker|prusa|makerbot|zortrax|formlabs|form 2|fdm"
    r"|creality|reprap|replicator|leapfrog|anet|\bcr.?10",
    Process.LASER: r"laser|epilog|trotec|speedy",
    Process.MILL: r"mill|cnc|shopbot|modela|router|mdx|srm",
    Process.VINYL: r"vinyl|plotter|cutter|camm|silhouette|g[sx]-24|cameo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """One lab's machines that make something: (name, process)."""

    lab: str
    machines: tuple[tuple[str, Process], ...]


@cache
def parks() -> tuple[Park, ...]:
    """Return the labs of the collection whose machines do two processes or more.

    A machine of which no word of its name, brand or tags says what it does, and a
    scanner, is passed over (a fifth of all).
    """
    file = data_folder("okw") / "fablabs_with_machines.json"
    found = []
    for lab in json.loads(file.read_text()):
        machines = tuple(
            (str(machine["name"]), process)
            for machine in lab["machines"]
            if (process := _process(machine)) is not None
        )
        if len({process for _, process in machines}) >= 2:
            found.append(Park(lab=lab["slug"], machines=machines))
    return tuple(found)


def _process(machine: dict[str, object]) -> Process | None:
    words = f"{machine['name']} {machine['brand']} {machine['tags']}".lower()
    if "scan" in words:
        return None
    return next((p for p, word in WORDS.items() if re.search(word, words)), None)
