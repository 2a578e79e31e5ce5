"""How far a size may be off, whichever standard names it, so that classes compare.

ISO 286-1 (grades by its table, IT1 to IT18 up to 3,150 mm; a class such as H7 is as wide
as its grade), ISO 2768-1 (f, m, c, v, by its table), or ± mm.
"""

import re
from functools import lru_cache
from typing import Final

from routing.errors import InvalidProblemError

GRADES: Final = """
3     0.8 1.2  2  3   4   6  10  14  25  40   60  100  140  250  400  600  1000  1400
6     1   1.5 2.5 4   5   8  12  18  30  48   75  120  180  300  480  750  1200  1800
10    1   1.5 2.5 4   6   9  15  22  36  58   90  150  220  360  580  900  1500  2200
18    1.2 2    3  5   8  11  18  27  43  70  110  180  270  430  700 1100  1800  2700
30    1.5 2.5  4  6   9  13  21  33  52  84  130  210  330  520  840 1300  2100  3300
50    1.5 2.5  4  7  11  16  25  39  62 100  160  250  390  620 1000 1600  2500  3900
80    2   3    5  8  13  19  30  46  74 120  190  300  460  740 1200 1900  3000  4600
120   2.5 4    6 10  15  22  35  54  87 140  220  350  540  870 1400 2200  3500  5400
180   3.5 5    8 12  18  25  40  63 100 160  250  400  630 1000 1600 2500  4000  6300
250   4.5 7   10 14  20  29  46  72 115 185  290  460  720 1150 1850 2900  4600  7200
315   6   8   12 16  23  32  52  81 130 210  320  520  810 1300 2100 3200  5200  8100
400   7   9   13 18  25  36  57  89 140 230  360  570  890 1400 2300 3600  5700  8900
500   8   10  15 20  27  40  63  97 155 250  400  630  970 1550 2500 4000  6300  9700
630   9   11  16 22  32  44  70 110 175 280  440  700 1100 1750 2800 4400  7000 11000
800   10  13  18 25  36  50  80 125 200 320  500  800 1250 2000 3200 5000  8000 12500
1000  11  15  21 28  40  56  90 140 230 360  560  900 1400 2300 3600 5600  9000 14000
1250  13  18  24 33  47  66 105 165 260 420  660 1050 1650 2600 4200 6600 10500 16500
1600  15  21  29 39  55  78 125 195 310 500  780 1250 1950 3100 5000 7800 12500 19500
2000  18  25  35 46  65  92 150 230 370 600  920 1500 2300 3700 6000 9200 15000 23000
2500  22  30  41 55  78 110 175 280 440 700 1100 1750 2800 4400 7000 11000 17500 28000
3150  26  36  50 68  96 135 210 330 540 860 1350 2100 3300 5400 8600 13500 21000 33000
"""
GRADE_UM: Final = tuple(  # (up to mm, whole width in µm of IT1 to IT18)
    (float(step), tuple(map(float, widths)))
    for step, *widths in (line.split() for line in GRADES.strip().splitlines())
)
GENERAL_STEPS_MM: Final = (3, 6, 30, 120, 400, 1000, 2000, 4000)
GENERAL_MM: Final = {  # half widths; None: the standard gives none for this size
    "f": (0.05, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, None),
    "m": (0.1, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0),
    "c": (0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 4.0),
    "v": (None, 0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 8.0),
}
CALLED: Final = {"fine": "f", "medium": "m", "coarse": "c", "very coarse": "v"}
STEPS_MM: Final = sorted({step for step, _ in GRADE_UM} | {*GENERAL_STEPS_MM})
_IT: Final = re.compile(
    r"(?:(?:DIN )?(?:EN )?ISO 286(?:-1)?[- ]*)?(?:IT ?|[A-Z]{1,2})(\d{1,2})",
    re.IGNORECASE,
)
_GENERAL: Final = re.compile(
    r"(?:DIN )?(?:EN )?(?:ISO ?)?2768(?:-1)?[- ]*"
    r"(?:([FMCV])(?: ?[HKL])?|(fine|medium|coarse|very coarse))",
    re.IGNORECASE,
)
_PLUS_MINUS: Final = re.compile(r"(?:±|\+/?-) ?(\d*\.?\d+)(?: ?mm)?")


@lru_cache(4096)
def width_mm(tolerance: str, nominal_mm: float) -> float | None:
    """Return the whole width at this size; None: the standard gives none there.

    Errors: InvalidProblemError for what is no tolerance.
    """
    word = " ".join(tolerance.split())
    if found := _PLUS_MINUS.fullmatch(word):
        return 2 * float(found[1])
    if found := _GENERAL.fullmatch(word):
        return _general_mm(found[1] or CALLED[found[2].lower()], nominal_mm)
    found = _IT.fullmatch(word)
    if found and 1 <= int(found[1]) <= len(GRADE_UM[0][1]):
        return _grade_mm(int(found[1]), nominal_mm)
    raise InvalidProblemError(
        "a tolerance is IT1 to IT18 or a class such as H7 (ISO 286), ISO 2768-f, -m, -c "
        f"or -v, or ±0.1, got {word[:80]!r}"
    )


def is_held(
    offered: str, required: str, *, up_to_mm: float, at_mm: float | None = None
) -> bool:
    """Whether the offered is as tight where it counts: at one size, or at all up to one.

    Of all sizes up to one, those for which the required standard gives no width ask
    nothing; where it gives none at the one size, nothing is known to be held.
    """
    if at_mm is not None:
        return _is_tight(offered, required, at_mm)
    sizes = [*(step for step in STEPS_MM if step < up_to_mm), up_to_mm]
    return all(
        width_mm(required, size_mm) is None or _is_tight(offered, required, size_mm)
        for size_mm in sizes
    )


def _is_tight(offered: str, required: str, size_mm: float) -> bool:
    asked, given = width_mm(required, size_mm), width_mm(offered, size_mm)
    return asked is not None and given is not None and given <= asked * (1 + 1e-9)


def _general_mm(letter: str, nominal_mm: float) -> float | None:
    for step, half_mm in zip(GENERAL_STEPS_MM, GENERAL_MM[letter.lower()], strict=True):
        if nominal_mm <= step:
            return None if half_mm is None else 2 * half_mm
    return None


def _grade_mm(grade: int, nominal_mm: float) -> float | None:
    for step, widths_um in GRADE_UM:
        if nominal_mm <= step:
            return widths_um[grade - 1] / 1000
    return None
