"""Which labs a page asks: all of a small network, else those near a named place."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.network.nearby import labs_nearby
from orchestrator.network.rows import FacilityRow

KMS: Final = (5, 25, 100)
KM_USUAL: Final = 25
LABS_ASKED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The labs that are asked. None are: `is_far`, or no lab is called so.

    `is_far`: there are too many for one page, and no place was named. `proposed`: what
    may be meant by a name that no lab has.
    """

    labs: frozenset[str] = frozenset()
    is_far: bool = False
    is_unknown: bool = False
    proposed: Collection[str] = ()


def around(session: Session, name: str, km: int) -> Around:
    """The labs within `km` of the named one, at most LABS_ASKED; without a name, all."""
    if name:
        near = labs_nearby(session, name, km)
        return Around(
            labs=frozenset(near.labs[:LABS_ASKED]),
            is_unknown=not near.labs,
            proposed=near.proposed,
        )
    ids = session.scalars(select(FacilityRow.id).limit(LABS_ASKED + 1)).all()
    is_far = len(ids) > LABS_ASKED
    return Around(labs=frozenset(() if is_far else ids), is_far=is_far)
