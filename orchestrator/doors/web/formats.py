"""How times, money, distances and shares are written on pages."""

import re
from datetime import datetime, timedelta, tzinfo

WEEK = timedelta(days=6)
MINUTE_S = 60
HOUR_S = 3_600
STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\dZ")  # as foundation.clock.stamp


def short_time(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """`14:20` today, `Tue 14:20` within six days, `12 Mar 14:20` else, in `zone`.

    Errors: ValueError for a moment without a time zone.
    """
    there, here = _in_zone(moment, zone), _in_zone(now, zone)
    clock = f"{there:%H:%M}"
    if there.date() == here.date():
        return clock
    if abs(there.date() - here.date()) <= WEEK:
        return f"{there:%a} {clock}"
    year = f" {there:%Y}" if there.year != here.year else ""
    return f"{there.day} {there:%b}{year} {clock}"


def time_range(start: datetime, end: datetime, now: datetime, zone: tzinfo) -> str:
    """`15:10-15:40`, with the day before it when that is not today."""
    begins, ends = _in_zone(start, zone), _in_zone(end, zone)
    if begins.date() == ends.date():
        return f"{short_time(start, now, zone)}-{ends:%H:%M}"
    return f"{short_time(start, now, zone)}-{short_time(end, now, zone)}"


def stamps_there(text: str, now: datetime, zone: tzinfo) -> str:
    """`text`, each moment that its sentences tell in UTC said as `short_time`."""

    def there(found: re.Match[str]) -> str:
        try:
            moment = datetime.fromisoformat(found[0])
        except ValueError:  # somebody's own words, which only look like one
            return found[0]
        return short_time(moment, now, zone)

    return STAMP.sub(there, text)


def money(cents: int, currency: str) -> str:
    """`14.20 EUR`; thousands parted by a space."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole:,}.{part:02d} {currency}".replace(",", "\u202f")


def distance(metres: float) -> str:
    """`800 m` below a kilometre, `3.2 km` below a hundred, `140 km` above."""
    if metres < 995:
        return f"{round(metres / 10) * 10} m"
    km = metres / 1_000
    return f"{km:.1f} km" if km < 99.95 else f"{km:.0f} km"


def weight(grams: float) -> str:
    """`0.5 g`, `350 g`, `1.25 kg`."""
    if abs(grams) >= 1_000:
        return f"{grams / 1_000:.2f}".rstrip("0").rstrip(".") + " kg"
    return f"{grams:.1f}".removesuffix(".0") + " g"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `3 h 12 min`, `2 d 4 h`, rounded to its last unit."""
    if seconds < 0:
        raise ValueError(f"a duration must be >= 0 s, got {seconds}")
    if seconds < 59.5:
        return f"{round(seconds)} s"
    minutes = round(seconds / MINUTE_S)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def percent(ratio: float) -> str:
    """`62 %`, never rounded up to `100 %` before the end is reached."""
    whole = round(ratio * 100)
    return f"{99 if whole == 100 and ratio < 1 else whole} %"


def code_groups(code: str) -> str:
    """A code as people read it aloud: 3 and 4 for seven, else groups of 3 or of 4."""
    if len(code) == 7:
        return f"{code[:3]} {code[3:]}"
    size = 3 if len(code) % 3 == 0 or len(code) < 8 else 4
    return " ".join(code[at : at + size] for at in range(0, len(code), size))


def read_code(text: str) -> str:
    """A code as typed, made plain: upper case, no gaps, O read as 0, 1 and I as L.

    Codes have neither 1 nor I, but they have L.
    """
    plain = "".join(letter for letter in text.upper() if letter.isalnum())
    return plain.translate(str.maketrans("OI1", "0LL"))


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a time on a page needs a zone, got {moment!r}")
    return moment.astimezone(zone)
