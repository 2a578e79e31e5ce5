"""What people ask of a catalogue, and what a plain scan of all designs answers."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from benchmarks.catalogue.network import LICENCES, Design
from orchestrator.catalogue.search import SIZES_MM
from orchestrator.doors.web.around import KM_USUAL
from orchestrator.doors.web.listing import PAGE_SIZE, Wanted
from orchestrator.network.couriers import distance_m
from orchestrator.planning.offers import requirement_of
from routing.matching.eligible import eligible
from routing.matching.problem import Capability

WORD: Final = re.compile(r"[^\W_]+")
KM: Final = ("5", "25", "100")

type Spot = tuple[float, float]
type Places = dict[str, tuple[str, Spot]]  # by lab: its name, and where it is


def questions(
    designs: Sequence[Design], places: Places, count: int, seed: int
) -> dict[str, list[Wanted]]:
    """So many of each kind, drawn from what there is."""
    draw = Random(seed)

    def words(number: int) -> str:
        text = draw.choice(designs)
        found = [
            word
            for word in WORD.findall(f"{text.title} {text.summary}")
            if len(word) > 2
        ]
        return " ".join(draw.sample(found, min(number, len(found))))

    def filters() -> dict[str, str]:
        one = draw.choice(designs)
        all_of = {
            "process": one.step.process,
            "material": one.step.material,
            "licence": draw.choice(LICENCES),
            "size": str(draw.choice(SIZES_MM)),
        }
        names = draw.sample([*all_of], draw.randint(1, len(all_of)))
        return {name: all_of[name] for name in names}

    def near() -> dict[str, str]:
        name, _ = draw.choice(list(places.values()))
        return {"near": name, "km": draw.choice(KM)}

    kinds: dict[str, Callable[[], Wanted]] = {
        "nothing": Wanted,
        "a word": lambda: Wanted(q=words(1)),
        "two words": lambda: Wanted(q=words(2)),
        "the beginning of a word": lambda: Wanted(q=words(1)[:4]),
        "filters": lambda: Wanted(**filters()),
        "a word and filters": lambda: Wanted(q=words(1), **filters()),
        "labs near make it": lambda: Wanted(**near()),
        "labs near make it now": lambda: Wanted(**near(), can="now"),
        "a word, labs near make it": lambda: Wanted(q=words(1), **near()),
        "filters, labs near make it": lambda: Wanted(**filters(), **near()),
    }
    return {kind: [ask() for _ in range(count)] for kind, ask in kinds.items()}


def scanned(
    wanted: Wanted,
    designs: Sequence[Design],
    words_of: dict[str, frozenset[str]],
    machines: Sequence[Capability],
    places: Places,
) -> list[str]:
    """The first page, by looking at each design, the newest first, and each machine.

    `words_of`: those of each text, so that the scan of 100,000 ends some day.
    """
    near = None
    if wanted.near:
        spots = [
            spot
            for name, spot in places.values()
            if wanted.near.casefold() in name.casefold()
        ]
        reach_m = int(wanted.km or KM_USUAL) * 1_000
        labs = {
            lab
            for lab, (_, spot) in places.items()
            if any(distance_m(spot, other) <= reach_m for other in spots)
        }
        near = [one for one in machines if one.facility in labs]
    found = []
    for one in reversed(designs):
        if _passes(wanted, one, words_of) and (near is None or _is_made(one, near)):
            found.append(one.id)
            if len(found) == PAGE_SIZE:
                break
    return found


def words_of_texts(designs: Sequence[Design]) -> dict[str, frozenset[str]]:
    """The words of each text that occurs."""
    texts = {text for one in designs for text in (one.title, one.summary)}
    return {text: frozenset(_words(text)) for text in texts}


def _words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    yield from WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _passes(wanted: Wanted, one: Design, words_of: dict[str, frozenset[str]]) -> bool:
    step = one.step
    if wanted.process not in {"", step.process}:
        return False
    if wanted.material not in {"", step.material}:
        return False
    if wanted.licence not in {"", one.licence}:
        return False
    longest_mm = max(step.box_x_mm, step.box_y_mm, step.box_z_mm)
    if wanted.size and not 0 < longest_mm <= int(wanted.size):
        return False
    own = (words_of[one.title], words_of[one.summary])
    rest = frozenset(
        _words(f"A designer {one.licence} {step.name} {step.process} {step.material}")
    )
    return all(
        any(_has(word, words) for words in (*own, rest)) for word in _words(wanted.q)
    )


def _has(word: str, words: frozenset[str]) -> bool:
    if len(word) < 3:
        return word in words
    return any(other.startswith(word) for other in words)


def _is_made(one: Design, machines: Sequence[Capability]) -> bool:
    asked = requirement_of(one.step)
    return any(not eligible(asked, machine) for machine in machines)
