"""A problem for routing beside the picture it was read from, and what its numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from orchestrator.planning.picture import Picture
from orchestrator.planning.reasons import Words
from orchestrator.planning.usable import Rejection
from routing.joint.problem import JointProblem

WANTED: Final = "wanted"  # the id, in a problem, of an order that nobody placed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An order as somebody would like to place it, or a part of one.

    Where it takes several labs each has one of its own: `lab_id` is where it must be
    made, if that is said; `to_lab_id` where a part is brought; `goes_into` the id of
    what is made from it; `steps` its own; `made_of`, by step, the substitute.
    """

    design_version_id: str
    quantity: int
    place_id: str
    wished_at: datetime
    latest_at: datetime
    id: str = WANTED
    steps: tuple[int, ...] | None = None
    lab_id: str | None = None
    to_lab_id: str | None = None
    goes_into: str | None = None
    made_of: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A problem, and how its numbers read as rows and times.

    `rejections` by order: machines and couriers that cannot serve it. `hints` by
    order: code and text where planning knows better than routing why it can't be made.
    `aside` by order: why it is not in the problem. `goals` by part: the lab where it is
    brought from now on, because that of before can't go on with it.
    """

    picture: Picture
    problem: JointProblem
    place_of_facility: Mapping[str, int]
    rejections: Mapping[str, tuple[Rejection, ...]]
    hints: Mapping[str, tuple[str, Words]]
    aside: Mapping[str, str]
    goals: Mapping[str, str]

    def time_of(self, seconds: int) -> datetime:
        """The moment that the problem calls `seconds`."""
        return self.picture.at + timedelta(seconds=seconds)
