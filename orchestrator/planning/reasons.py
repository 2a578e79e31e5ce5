"""A reason as a sentence, and a kept one in the reader's language.

Plans, quotes and orders keep reasons in English. Each is known again by its exact words
with gaps for what is told in them, be it planning's own or the matcher's; a sentence
that is none of these is shown as it came.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from string import Formatter
from typing import Final, NewType

from orchestrator.planning.left_out_words import LEFT_OUT
from orchestrator.planning.reason_words import OR, REASONS
from routing.matching.access import access_called
from routing.matching.processes import called
from routing.matching.words import KINDS, NOTHING, SENTENCES

# A sentence that can be told in every language: nothing else may stand as a reason.
Words = NewType("Words", str)

TOLD_KEPT: Final = 4096
BETWEEN: Final = "; "
_OURS: Final = "planning "  # before the key: the matcher has some of the same
_OUR_WORDS: Final = {
    _OURS + key: words for table in (REASONS, LEFT_OUT) for key, words in table.items()
}
type _Tell = Callable[[str, str], str]  # what stands in a gap, in a language


def reason(key: str, **facts: object) -> Words:
    """The reason in English, as it is kept. Errors: KeyError for one that is not there."""
    return Words(REASONS[key]["en"].format(**facts))


def of_matcher(text: str) -> Words:
    """What the matcher said in English."""
    return Words(text)


@lru_cache(TOLD_KEPT)
def told_in(text: str, language: str) -> str:
    """A kept reason in that language; begun large and ended by a stop if it was so."""
    if language == "en":
        return text
    bare = text.removesuffix(".")
    told = _told(bare, language)
    if told is None:
        return text
    return told if bare == text else f"{told[:1].upper()}{told[1:]}."


def is_known(text: str) -> bool:
    """Whether it can be told in every language."""
    return _found(text) is not None


def _told(text: str, language: str) -> str | None:
    found = _found(text)
    if found is None:
        return None
    key, facts = found
    told = {name: _fact(key, name, fact, language) for name, fact in facts.items()}
    return _sentence(key, language).format(**told)


def _found(text: str) -> tuple[str, dict[str, str]] | None:
    """The key of the sentence, and what stands in its gaps."""
    for key, pattern in _patterns():
        if (found := pattern.fullmatch(text)) is not None:
            return key, found.groupdict()
    return None


def _sentence(key: str, language: str) -> str:
    if (words := _OUR_WORDS.get(key)) is not None:
        return words.get(language, words["en"])
    return SENTENCES.get(language, SENTENCES["en"])[key]


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those that hold others first, then those with the most words of their own."""
    words = {key: _sentence(key, "en") for key in (*_OUR_WORDS, *SENTENCES["en"])}
    by_words = sorted(words, key=lambda key: -len(re.sub(r"{\w+}", "", words[key])))
    by_words.sort(key=lambda key: not any(gap in words[key] for gap in _HOLD_OTHERS))
    by_words.sort(key=lambda key: "{remedy}" not in words[key])
    return tuple((key, re.compile(_pattern(words[key]))) for key in by_words)


def _pattern(sentence: str) -> str:
    parts = [
        re.escape(plain) + (f"(?P<{gap}>{_FORMS.get(gap, '.+?')})" if gap else "")
        for plain, gap, _, _ in Formatter().parse(sentence)
    ]
    first = sentence[0]  # large where the sentence stands by itself
    begun = f"[{first}{first.upper()}]" if first.isalpha() else ""
    return begun + "".join(parts)[bool(begun) :]


def _fact(key: str, gap: str, fact: str, language: str) -> str:
    if fact == NOTHING["en"]:
        return NOTHING[language]
    if (tell := _GAPS.get(gap)) is not None:
        return tell(fact, language)
    name_of = _NAMES.get(key)
    if name_of is None or gap not in {"required", "offered"}:
        return fact
    return ", ".join(name_of(one, language) for one in fact.split(", "))


def _all_of(text: str, language: str) -> str:
    return BETWEEN.join(told_in(one, language) for one in text.split(BETWEEN))


def _either(text: str, language: str) -> str:
    return OR[language].join(called(one, language) for one in text.split(OR["en"]))


def _kind(name: str, language: str) -> str:
    words = next((one for one in KINDS.values() if one["en"] == name), None)
    return words[language] if words else name


_NUMBER: Final = r"\d+"
_FORMS: Final = {"count": _NUMBER, "run": _NUMBER, "part": _NUMBER}
_HOLD_OTHERS: Final = ("{left}", "{reasons}", "{when}", "{who}", "{there}")
_GAPS: Final[Mapping[str, _Tell]] = {
    "reasons": _all_of,
    **dict.fromkeys(("left", "remedy", "when", "who", "there"), told_in),
    "process": called,
    "processes": _either,
}
_NAMES: Final[Mapping[str, _Tell]] = {  # by key of the matcher
    "process": called,
    "access": access_called,
    "machine-kind": _kind,
    "machine-kind-unknown": _kind,
}
