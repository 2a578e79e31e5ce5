"""How far a size may be off, whichever standard names it, so that classes compare.

ISO 286-1 (IT grades, by its formula), ISO 2768-1 (f, m, c, v, by its table), or ± mm.
"""

import math
import re
from functools import lru_cache
from typing import Final

from routing.errors import InvalidProblemError

STEPS_MM: Final = (3, 6, 10, 18, 30, 50, 80, 120, 180, 250, 315, 400, 500)
IT_FACTORS: Final = (7, 10, 16, 25, 40, 64, 100, 160, 250, 400, 640, 1000, 1600, 2500)
IT_FIRST: Final = 5
GENERAL_STEPS_MM: Final = (3, 6, 30, 120, 400, 1000, 2000, 4000)
GENERAL_MM: Final = {  # half widths; None: the standard gives none for this size
    "f": (0.05, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, None),
    "m": (0.1, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0),
    "c": (0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 4.0),
    "v": (None, 0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 8.0),
}
_IT: Final = re.compile(r"(?:ISO 286[- ]*)?IT ?(\d{1,2})", re.IGNORECASE)
_GENERAL: Final = re.compile(r"ISO 2768[- ]*([FMCV])[HKL]?", re.IGNORECASE)
_PLUS_MINUS: Final = re.compile(r"(?:±|\+/-) ?(\d+(?:\.\d+)?)(?: ?mm)?")


@lru_cache(4096)
def width_mm(tolerance: str, nominal_mm: float) -> float | None:
    """Return the whole width at this size; None: the standard gives none there.

    Errors: InvalidProblemError for what is no tolerance.
    """
    word = " ".join(tolerance.split())
    if found := _PLUS_MINUS.fullmatch(word):
        return 2 * float(found[1])
    if found := _GENERAL.fullmatch(word):
        return _general_mm(found[1].lower(), nominal_mm)
    found = _IT.fullmatch(word)
    if found and IT_FIRST <= int(found[1]) < IT_FIRST + len(IT_FACTORS):
        return _grade_mm(int(found[1]), nominal_mm)
    raise InvalidProblemError(
        f"a tolerance is IT5 to IT18, ISO 2768-f, -m, -c or -v, or ±0.1, got {word!r}"
    )


def is_held(offered: str, required: str, size_mm: float) -> bool:
    """Whether the offered is as tight, at each size up to this one that has one asked."""
    nominals = [step for step in (*STEPS_MM, *GENERAL_STEPS_MM[5:]) if step < size_mm]
    for nominal_mm in [*nominals, size_mm]:
        asked = width_mm(required, nominal_mm)
        given = width_mm(offered, nominal_mm)
        if asked is not None and (given is None or given > asked * (1 + 1e-9)):
            return False
    return True


def _general_mm(letter: str, nominal_mm: float) -> float | None:
    for step, half_mm in zip(GENERAL_STEPS_MM, GENERAL_MM[letter], strict=True):
        if nominal_mm <= step:
            return None if half_mm is None else 2 * half_mm
    return None


def _grade_mm(grade: int, nominal_mm: float) -> float | None:
    """i = 0.45 D^(1/3) + 0.001 D in µm, D the geometric mean of the size's step."""
    lower = 1
    for step in STEPS_MM:
        if nominal_mm <= step:
            mean = math.sqrt(lower * step)
            unit_um = 0.45 * math.cbrt(mean) + 0.001 * mean
            return IT_FACTORS[grade - IT_FIRST] * unit_um / 1000
        lower = step
    return None
