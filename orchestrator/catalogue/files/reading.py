"""What a reader is given and gives: one file in, what was found and pictures out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orchestrator.catalogue.found import Note, What

type Floats = NDArray[np.float64]


class UnreadableError(Exception):
    """The file can't be read; the message says why, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file to read, and how its designer called it: never used as a path.

    `into`: the empty folder where an archive's entries go, or the triangles of a model's
    parts; None: they are only told.
    """

    name: str
    path: Path
    into: Path | None = None

    @property
    def content(self) -> bytes:
        """All of it; its size was limited before."""
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One file, read. `picture` is PNG or SVG; `view` is what the 3D view loads."""

    format: str
    what: What
    notes: tuple[Note, ...] = ()
    picture: bytes = b""
    view: bytes = b""
