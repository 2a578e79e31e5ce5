"""Names and places as people write them: any script, no control characters."""

import math
import re

from orchestrator.foundation.errors import InvalidInputError

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def checked_text(text: str, *, field: str, length_max: int) -> str:
    """`text` without the blanks around it. Errors: InvalidInputError."""
    stripped = text.strip()
    if not 1 <= len(stripped) <= length_max or _UNSTORABLE.search(stripped):
        raise InvalidInputError(
            f"{field} has 1 to {length_max} characters and no control character",
            field=field,
        )
    return stripped


def checked_position(lat: float, lon: float) -> tuple[float, float]:
    """The position when it is on this earth. Errors: InvalidInputError."""
    for name, value, limit in (("lat", lat, 90), ("lon", lon, 180)):
        if not math.isfinite(value) or abs(value) > limit:
            raise InvalidInputError(
                f"{name} must be in -{limit}..{limit}, got {value}", field=name
            )
    return lat, lon
