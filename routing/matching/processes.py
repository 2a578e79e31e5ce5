"""Which process is a kind of which: the tree behind every capability question.

*Is a*, never *is like*: laser cutting is no vinyl cutting, FDM is no SLA. A process is
called by its code, a URI or one of its names, written out whole; case, accents, blanks
and dashes do not matter, likeness never counts.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from routing.matching.vocabulary import LANGUAGES, TABLE

WIKIPEDIA: Final = "https://en.wikipedia.org/wiki/"
WIKIDATA: Final = "http://www.wikidata.org/entity/"
NAMES_KEPT: Final = 4096
_URI: Final = re.compile(
    r"https?://(?:en\.(?:m\.)?wikipedia\.org/wiki|(?:www\.)?wikidata\.org/(?:wiki|entity))"
    r"/([^#?\s]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One line of the vocabulary; `names[language]`, the usual one first."""

    code: str
    parents: tuple[str, ...]
    uris: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]


def _lines() -> Iterator[Process]:
    for line in filter(str.strip, TABLE.splitlines()):
        code, parents, articles, item, *named = (
            cell.strip() for cell in line.split("|")
        )
        uris = [WIKIPEDIA + title for title in _listed(articles)]
        uris += [WIKIDATA + number for number in _listed(item)]
        yield Process(
            code=code,
            parents=_listed(parents),
            uris=tuple(uris),
            names=dict(zip(LANGUAGES, map(_listed, named), strict=True)),
        )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(",") if name.strip())


def folded(name: str) -> str:
    """Return a name without what tells no names apart: case, accents, dashes, blanks.

    Directories of labs write names as tags of a web address: "%233D_printing".
    """
    plain = unquote(name).replace("’", "'").casefold()
    parts = unicodedata.normalize("NFKD", plain.strip().removeprefix("#"))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(re.sub(r"[-_‐‑–\s]+", " ", bare).split())


def _uri_key(uri: str) -> str:
    """The article or item that a Wikipedia or Wikidata URI names, or nothing."""
    found = _URI.fullmatch(uri.strip())
    return f"uri {unquote(found[1]).casefold()}" if found else ""


def _codes() -> dict[str, str]:
    """Every key that calls a process, with its code."""
    codes: dict[str, str] = {}
    for process in PROCESSES.values():
        names = [name for every in process.names.values() for name in every]
        keys = [folded(name) for name in (process.code, *names)]
        for key in [*keys, *map(_uri_key, process.uris)]:
            if codes.setdefault(key, process.code) != process.code:
                raise ValueError(f"{key!r} is {codes[key]} and {process.code}")
    return codes


PROCESSES: Final[Mapping[str, Process]] = {one.code: one for one in _lines()}
_CODE_OF: Final[Mapping[str, str]] = _codes()


@lru_cache(NAMES_KEPT)
def process_named(name: str) -> str | None:
    """Return the code of what is called so, by code, URI or name; None: nobody knows."""
    return _CODE_OF.get(_uri_key(name) or folded(name))


@lru_cache(NAMES_KEPT)
def canonical(process: str) -> str:
    """Return the code; of what the vocabulary lacks: upper case, dashes, no blanks."""
    known = process_named(process)
    return known or process.strip().upper().replace("_", "-").replace(" ", "-")


@lru_cache(NAMES_KEPT)
def kinds_of(process: str) -> tuple[str, ...]:
    """Return all that a process is: itself, its parents, and so on up to the roots."""
    kinds = {canonical(process): None}
    waiting = list(kinds)
    while waiting:
        known = PROCESSES.get(waiting.pop())
        new = [code for code in known.parents if code not in kinds] if known else []
        kinds.update(dict.fromkeys(new))
        waiting += new
    return tuple(kinds)


def is_a(offered: str, required: str) -> bool:
    """Whether offering `offered` is offering `required`: itself or a kind of it."""
    return canonical(required) in kinds_of(offered)


def called(process: str, language: str = "en") -> str:
    """Return what people call a process, in their language where it has a name there."""
    known = PROCESSES.get(canonical(process))
    if known is None:
        return process
    names = known.names.get(language) or known.names["en"]
    return names[0]
