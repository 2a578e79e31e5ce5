"""Which bodies of a design are bought ready: proposed with a reason, for its designer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.catalogue.bodies import Body, bodies_of
from orchestrator.catalogue.found import Found
from orchestrator.catalogue.quantities import Counted, Told, counted
from orchestrator.catalogue.standards import designation_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One body, and whether it is proposed to be bought rather than made.

    `why`: "sold", a list says who sells it; "standard", its name is a standard part's;
    "made", a list says that it is made; "perhaps", a standard part's designation is
    among other words of its name, which may be that of a holder for it; "" otherwise.
    `told`: the line, or the designation. `sold_by`: as the list says. `is_one_of_many`:
    a part of a model.
    """

    key: str
    subject: str
    called: str
    is_bought: bool
    why: str = ""
    told: str = ""
    sold_by: str = ""
    is_one_of_many: bool = False


def readies_of(founds: Sequence[Found], told: Sequence[Told] = ()) -> tuple[Ready, ...]:
    """All bodies; `told`: what the manifest says of quantities."""
    return ready_in(founds, counted(founds, told))


def ready_in(founds: Sequence[Found], found: Counted) -> tuple[Ready, ...]:
    """All bodies, held against the lines about them."""
    return tuple(
        _ready(body, found.lines_of[body.subject]) for body in bodies_of(founds)
    )


def _ready(body: Body, lines: Sequence[Told]) -> Ready:
    """What a list says goes before the name."""
    is_bought, why, told, sold_by = False, "", "", ""
    sold = next((line for line in lines if line.is_sold), None)
    made = next((line for line in lines if line.is_made), None)
    designations = [
        each
        for name in (*body.names, *(name for line in lines for name in line.names))
        if (each := designation_in(_without_ending(name))) is not None
    ]
    whole = next((each for each in designations if each.is_whole), None)
    if made is not None:
        why, told = "made", made.where
    elif sold is not None:
        is_bought, why, told, sold_by = True, "sold", sold.where, sold.sold_by
    elif whole is not None:
        is_bought, why, told = True, "standard", whole.text
    elif designations:
        why, told = "perhaps", designations[0].text
    return Ready(
        key=body.key,
        subject=body.subject,
        called=body.called,
        is_bought=is_bought,
        why=why,
        told=told,
        sold_by=sold_by,
        is_one_of_many=body.number is not None,
    )


def _without_ending(name: str) -> str:
    """'608ZZ.step' as '608ZZ'; 'M3x0.5' stays."""
    path = PurePosixPath(name)
    return path.stem if path.suffix[1:].isalpha() else name
