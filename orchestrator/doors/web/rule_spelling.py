"""How values of a rule's table are typed and read on a form: money, shares, times, lists."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from orchestrator.doors.web.words import N_
from orchestrator.foundation.canonical import Json

MILLION: Final = 1_000_000
PLACES_MAX: Final = 4  # of a decimal; what needs more is told as a fraction
SPAN_S: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_SPAN: Final = re.compile(
    r"(?:(\d{1,5})\s*d(?:ays?)?)?\s*(?:(\d{1,7})\s*h(?:ours?)?)?\s*"
    r"(?:(\d{1,8})\s*min(?:utes?)?)?\s*(?:(\d{1,9})\s*s(?:econds?)?)?"
)
_NUMBER: Final = re.compile(r"(\d{1,15})(?:[.,](\d{1,9}))?")
_FRACTION: Final = re.compile(r"(\d{1,9})/([1-9]\d{0,8})")


class UnreadableError(ValueError):
    """What was typed is not what the field asks for; says what it asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One kind of field. `read(spell(value))` means what `value` means.

    `options`: (value, words) to choose from; `many`: several of them, or several lines.
    """

    spell: Callable[[Json], str]
    read: Callable[[str], Json]
    unit: str = ""
    help: str = ""
    options: Sequence[tuple[str, str]] = ()
    many: bool = False

    def shown(self, value: Json) -> str:
        """The value as a sentence has it."""
        text = self.spell(value)
        if self.options:
            words = dict(self.options)
            return ", ".join(words.get(one, one) for one in text.split("\n"))
        joined = ", ".join(text.split("\n")) if self.many else text
        is_bare = not joined or "/" in joined or not self.unit
        return joined if is_bare else f"{joined} {self.unit}"


def decimal_of(number: Fraction) -> str:
    """`0.02`, or `1/3` where no short decimal says it."""
    scaled = number * 10**PLACES_MAX
    if scaled.denominator != 1:
        return str(number)
    return f"{Decimal(scaled.numerator) / 10**PLACES_MAX:f}"


def fraction_of(typed: str) -> Fraction:
    """`12`, `0.5`, `0,5` or `1/3`. Errors: UnreadableError."""
    text = typed.strip()
    if found := _FRACTION.fullmatch(text):
        return Fraction(int(found[1]), int(found[2]))
    if found := _NUMBER.fullmatch(text):
        return Fraction(f"{found[1]}.{found[2] or 0}")
    raise UnreadableError("A number such as 12, 0.5 or 1/3.")


def span_of(typed: str) -> int:
    """`7 d`, `36 h` or `1 h 30 min` in seconds. Errors: UnreadableError."""
    found = _SPAN.fullmatch(typed.strip())
    if found is None or not any(found.groups()):
        raise UnreadableError("A time such as 7 d, 36 h or 1 h 30 min.")
    return sum(
        int(count or 0) * length
        for count, length in zip(found.groups(), SPAN_S.values(), strict=True)
    )


def _spelled_span(value: Json) -> str:
    left, told = _whole(value), []
    for name, length in SPAN_S.items():
        count, left = divmod(left, length)
        if count:
            told.append(f"{count} {name}")
    return " ".join(told) or "0 s"


def _whole(value: Json) -> int:
    return value if isinstance(value, int) else 0


def _read_whole(typed: str) -> Json:
    if not typed.strip().isdecimal() or len(typed) > 16:
        raise UnreadableError("A whole number.")
    return int(typed)


def _scaled(scale: int, unit: str) -> Spelling:
    """A whole number that people know as `scale` times smaller."""

    def read(typed: str) -> Json:
        number = fraction_of(typed.replace("%", "")) * scale
        if number.denominator != 1:
            raise UnreadableError(
                f"At most {len(str(scale)) - 1} digits after the point."
            )
        return number.numerator

    return Spelling(
        spell=lambda value: decimal_of(Fraction(_whole(value), scale)),
        read=read,
        unit=unit,
    )


def money_in(currency: str, per: str = "") -> Spelling:
    """Minor units, typed as `12.50`."""
    inner = _scaled(100, f"{currency} {per}".strip())
    return Spelling(
        spell=lambda value: f"{_whole(value) // 100}.{_whole(value) % 100:02}",
        read=inner.read,
        unit=inner.unit,
    )


def _spelled_share(value: Json) -> str:
    share = Fraction(str(value))
    return decimal_of(share * 100) if "/" not in decimal_of(share * 100) else str(share)


def _read_share(typed: str) -> Json:
    text = typed.replace("%", "").strip()
    share = fraction_of(text)
    return str(share if "/" in text else share / 100)


def one_of(options: Sequence[tuple[str, str]]) -> Spelling:
    """A choice."""
    return Spelling(spell=str, read=lambda typed: typed, options=options)


def some_of(options: Sequence[tuple[str, str]]) -> Spelling:
    """Several of these."""
    return Spelling(spell=_joined, read=_read_lines, options=options, many=True)


def _joined(value: Json) -> str:
    return "\n".join(map(str, value if isinstance(value, list) else []))


def _read_lines(typed: str) -> Json:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def rows_of(columns: Sequence[tuple[str, Spelling]], help: str) -> Spelling:  # noqa: A002 - as the field has it
    """A list of small objects, one a line, parted by bars."""

    def spell(value: Json) -> str:
        rows = value if isinstance(value, list) else []
        return "\n".join(
            " | ".join(
                how.spell(row[name]).replace("\n", ", ") for name, how in columns
            )
            for row in rows
            if isinstance(row, dict)
        )

    def read(typed: str) -> Json:
        found: list[Json] = []
        for number, line in enumerate(filter(str.strip, typed.splitlines()), 1):
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != len(columns):
                raise UnreadableError(f"Line {number} has {len(columns)} parts. {help}")
            found.append(
                {
                    name: how.read(cell.replace(", ", "\n") if how.many else cell)
                    for (name, how), cell in zip(columns, cells, strict=True)
                }
            )
        return found

    return Spelling(spell=spell, read=read, many=True, help=help)


def priced(how: Spelling, help: str) -> Spelling:  # noqa: A002 - as the field has it
    """Named amounts, one a line: `PLA: 22.00`."""

    def spell(value: Json) -> str:
        told = value if isinstance(value, dict) else {}
        return "\n".join(f"{name}: {how.spell(cents)}" for name, cents in told.items())

    def read(typed: str) -> Json:
        found: dict[str, Json] = {}
        for line in filter(str.strip, typed.splitlines()):
            name, colon, amount = line.rpartition(":")
            if not colon or not name.strip() or name.strip() in found:
                raise UnreadableError(f"Not readable: {line.strip()[:40]}. {help}")
            found[name.strip()] = how.read(amount)
        return found

    return Spelling(spell=spell, read=read, many=True, help=help, unit=how.unit)


def _spelled_after(value: Json) -> str:
    if isinstance(value, dict):
        for name, told in value.items():
            share = _spelled_share(told)
            if name == "kept_with_decay":
                return f"keep {share}{'' if '/' in share else ' %'}"
            return f"less by {decimal_of(Fraction(str(told)))}"
    return "used up"


def _read_after(typed: str) -> Json:
    text = " ".join(typed.split()).lower()
    if text == "used up":
        return "used-up"
    if text.startswith("keep "):
        return {"kept_with_decay": _read_share(text.removeprefix("keep "))}
    if text.startswith("less by "):
        cents = fraction_of(text.removeprefix("less by "))
        return {"reduced_by_cents_per_point": str(cents)}
    raise UnreadableError(AFTER.help)


TEXT: Final = Spelling(spell=str, read=str.strip)
WHOLE: Final = Spelling(spell=str, read=_read_whole)
LINES: Final = Spelling(
    spell=_joined, read=_read_lines, many=True, help=N_("One a line.")
)
SHARE: Final = Spelling(spell=_spelled_share, read=_read_share, unit="%")
POINTS: Final = Spelling(
    spell=lambda value: decimal_of(Fraction(str(value))),
    read=lambda typed: str(fraction_of(typed)),
    unit=N_("points"),
)
PERMILLE: Final = _scaled(10, "%")
PPM: Final = _scaled(MILLION // 100, "%")
SPAN: Final = Spelling(
    spell=_spelled_span, read=span_of, help=N_("As 7 d, 36 h or 1 h 30 min.")
)
AFTER: Final = Spelling(
    spell=_spelled_after,
    read=_read_after,
    help=N_(
        "Used up; keep 50 % (for ever, less each time); or less by 10 (cents a point)."
    ),
)
YES_NO: Final = Spelling(
    spell=lambda value: "yes" if value is True else "no",
    read=lambda typed: typed == "yes",
    options=(("yes", N_("yes")), ("no", N_("no"))),
)
