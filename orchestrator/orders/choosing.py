"""Which licence does what a designer wants: three questions, one answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Made(StrEnum):
    """What is published."""

    THING = "thing"  # drawings and files of an object
    TEXT = "text"  # a manual, a picture, a pattern
    PROGRAM = "program"


class Sellers(StrEnum):
    """Who may make and sell it."""

    ANYBODY = "anybody"
    SHARERS = "sharers"  # who shares gains among those who work
    NOBODY = "nobody"


class Changes(StrEnum):
    """What has to be shared under the same licence."""

    WHOLE = "whole"  # whatever is built with it
    PART = "part"  # changes to it, not what it is built into
    FREE = "free"  # nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A designer's three answers."""

    made: Made = Made.THING
    sellers: Sellers = Sellers.SHARERS
    changes: Changes = Changes.WHOLE


_OPEN: Final[Mapping[tuple[Made, Changes], str]] = {
    (Made.THING, Changes.WHOLE): "CERN-OHL-S-2.0",
    (Made.THING, Changes.PART): "CERN-OHL-W-2.0",
    (Made.THING, Changes.FREE): "CERN-OHL-P-2.0",
    (Made.TEXT, Changes.WHOLE): "CC-BY-SA-4.0",
    (Made.TEXT, Changes.PART): "CC-BY-SA-4.0",
    (Made.TEXT, Changes.FREE): "CC-BY-4.0",
    (Made.PROGRAM, Changes.WHOLE): "GPL-3.0-or-later",
    (Made.PROGRAM, Changes.PART): "MPL-2.0",
    (Made.PROGRAM, Changes.FREE): "MIT",
}


def licence_for(wish: Wish) -> str:
    """An SPDX id that the gate knows.

    Where no licence does all that is wished, who may sell comes first: the Peer
    Production License always shares changes.
    """
    if wish.sellers is Sellers.SHARERS:
        return "LicenseRef-PPL"
    if wish.sellers is Sellers.NOBODY:
        shared = wish.changes is not Changes.FREE
        return "CC-BY-NC-SA-4.0" if shared else "CC-BY-NC-4.0"
    return _OPEN[wish.made, wish.changes]
