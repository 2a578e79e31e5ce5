"""What is known of common machines of fablabs, so that a lab need not look it up.

`models.csv` holds a model a line, each with its source: sizes in mm as the maker states
them, one power only where the model is sold with one, a tool only where it has one width.
What a maker does not state (how thick a laser cuts) is left for the lab to say.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("models.csv")
FOUND_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `values`: by field of abilities.py, as that room keeps them."""

    maker: str
    name: str
    kind: str
    source: str
    values: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Maker and name, without saying a word twice."""
        is_told = self.name.casefold().startswith(self.maker.casefold())
        return self.name if is_told else f"{self.maker} {self.name}"


@cache
def models() -> tuple[Model, ...]:
    """All models, by title."""
    with FILE.open(encoding="utf-8", newline="") as file:
        found = [_model(row) for row in csv.DictReader(file)]
    return tuple(sorted(found, key=lambda one: one.title.casefold()))


def model_titled(title: str) -> Model | None:
    """Return the model of exactly this title."""
    return next((one for one in models() if one.title == title), None)


def model_in(text: str) -> Model | None:
    """Return the model whose whole title stands in the text, the longest title's."""
    bare = _bare(text)
    found = [one for one in models() if _bare(one.title) in bare]
    return max(found, key=lambda one: len(one.title), default=None)


def find_models(text: str, *, limit: int = FOUND_MAX) -> Sequence[Model]:
    """Return the models whose title has all the words, the shortest title first.

    Words may be begun only, so that "prusa mk4" and "ender3" find theirs.
    """
    wanted = re.findall(r"[^\W_]+\+?", text.casefold())
    if not wanted:
        return ()
    found = [
        one
        for one in models()
        if all(_bare(word) in _bare(one.title) for word in wanted)
    ]
    return sorted(found, key=lambda one: (len(one.title), one.title))[:limit]


def _bare(text: str) -> str:
    return re.sub(r"[^\w+]|_", "", text.casefold())


def _model(row: Mapping[str, str]) -> Model:
    values: dict[str, Any] = {
        "processes": row["processes"].split(";"),
        "envelope_mm": _sizes(row["box_mm"]),
        "sheet_mm": _sizes(row["sheet_mm"]),
        "materials": row["materials"].split(";"),
        "tool_mm": _number(row["tool_mm"]),
        "power_w": _number(row["power_w"]),
    }
    return Model(
        maker=row["maker"],
        name=row["model"],
        kind=row["kind"],
        source=row["source"],
        values={field: value for field, value in values.items() if value},
    )


def _sizes(text: str) -> list[float]:
    return [float(size) for size in text.split("x") if size]


def _number(text: str) -> float | None:
    return float(text) if text else None
