"""SPDX licence expressions: what is one, and which choices of licences it offers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from orchestrator.foundation.errors import InvalidInputError

LENGTH_MAX = 200
DEPTH_MAX = 8
CHOICES_MAX = 16
_TOKEN = re.compile(r"[()]|[^\s()]+")
_PRIVATE = re.compile(r"LicenseRef-[A-Za-z0-9.-]{1,64}", re.IGNORECASE)
# licences of the trade that SPDX has no id for, as they are spelled here
OWN = {
    "licenseref-ppl": "LicenseRef-PPL",
    "licenseref-copyfair": "LicenseRef-CopyFair",
}


class InvalidLicenceError(InvalidInputError):
    """Not an SPDX expression of known licences."""

    code = "invalid-licence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way to satisfy an expression: all of these licences at once."""

    licences: frozenset[str]


def checked(expression: str, *, field: str = "license") -> str:
    """The canonical spelling of `expression`. Errors: InvalidLicenceError.

    Ids are those of the SPDX list, or `LicenseRef-` and letters, digits, '.', '-'.
    """
    if len(expression) > LENGTH_MAX or expression.count("(") > DEPTH_MAX:
        raise InvalidLicenceError(
            f"a licence expression has at most {LENGTH_MAX} characters "
            f"and {DEPTH_MAX} brackets",
            field=field,
        )
    try:
        canonical = str(canonicalize_license_expression(expression))
    except InvalidLicenseExpression as error:
        raise InvalidLicenceError(
            f"{expression!r} is no SPDX expression: write for example CERN-OHL-S-2.0, "
            "CC-BY-SA-4.0 or LicenseRef-PPL",
            field=field,
        ) from error
    spelled = " ".join(_spelled(word) for word in _TOKEN.findall(canonical))
    result = spelled.replace("( ", "(").replace(" )", ")")
    choices(result, field=field)
    return result


def is_licence(text: str) -> bool:
    """Whether it is an expression of known licences, spelled as we spell it."""
    try:
        return checked(text) == text
    except InvalidLicenceError:
        return False


def choices(expression: str, *, field: str = "license") -> tuple[Choice, ...]:
    """The ways to satisfy a checked expression: of OR one side, of AND both.

    `WITH` exceptions and a trailing '+' only widen what is allowed, so the bare
    licence stands for them. Errors: InvalidLicenceError beyond 16 choices.
    """
    tokens = _Tokens(_TOKEN.findall(expression))
    found = _either(tokens)
    if tokens.peek() is not None or not found:
        raise InvalidLicenceError(
            f"{expression[:LENGTH_MAX]!r} does not end as an SPDX expression",
            field=field,
        )
    if len(found) > CHOICES_MAX:
        raise InvalidLicenceError(
            f"an expression may offer at most {CHOICES_MAX} choices, got {len(found)}",
            field=field,
        )
    return tuple(Choice(licences=licences) for licences in found)


def understood(text: str, *, field: str = "license") -> str:
    """The expression that a manifest's loose spelling can only mean.

    Real manifests hold 'LicenseRef-CC BY-SA-4.0' for CC-BY-SA-4.0: the prefix of a
    private licence before a public one, blanks for hyphens. A private licence that
    nobody knows stays as it is. Errors: InvalidLicenceError, with the field.
    """
    text = text.strip()
    hyphenated = re.sub(r"\s+", "-", text)
    if not _PRIVATE.fullmatch(hyphenated):
        return checked(text, field=field)
    if hyphenated.lower() not in OWN:
        try:
            return checked(hyphenated[len("LicenseRef-") :])
        except InvalidLicenceError:
            pass  # no public licence has this name: it is private indeed
    return checked(hyphenated, field=field)


def _spelled(word: str) -> str:
    return OWN.get(word.lower(), word)


class _Tokens:
    """The words of an expression, read from the left."""

    def __init__(self, words: list[str]) -> None:
        self._words: Iterator[str] = iter(words)
        self._next = next(self._words, None)

    def peek(self) -> str | None:
        return self._next

    def take(self) -> str:
        word = self._next
        if word is None:
            raise InvalidLicenceError("a licence expression ends too early")
        self._next = next(self._words, None)
        return word


def _either(tokens: _Tokens) -> list[frozenset[str]]:
    found = _both(tokens)
    while tokens.peek() == "OR":
        tokens.take()
        found += [side for side in _both(tokens) if side not in found]
    return found


def _both(tokens: _Tokens) -> list[frozenset[str]]:
    found = _one(tokens)
    while tokens.peek() == "AND":
        tokens.take()
        right = _one(tokens)
        found = list(dict.fromkeys(a | b for a in found for b in right))
    return found


def _one(tokens: _Tokens) -> list[frozenset[str]]:
    word = tokens.take()
    if word == "(":
        found = _either(tokens)
        if tokens.take() != ")":
            raise InvalidLicenceError("a bracket of a licence expression stays open")
        return found
    if word in {")", "AND", "OR", "WITH"}:
        raise InvalidLicenceError(f"a licence was expected where {word!r} stands")
    if tokens.peek() == "WITH":
        tokens.take()
        tokens.take()
    return [frozenset({word.rstrip("+")})]
