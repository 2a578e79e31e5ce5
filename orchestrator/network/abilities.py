"""What a lab says of a machine beside what its device agent tells: value, source, age.

A machine's own word and a lab's stand side by side; which counts is planning's business.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.quantities import amount_of
from orchestrator.network.machines import machine_of
from orchestrator.network.rows import MachineRow
from orchestrator.network.text import checked_text

type Source = Literal["measured", "maker", "declared"]

SIZE_MAX_MM: Final = 100_000.0
LIST_MAX: Final = 32
WORD_MAX: Final = 80
WHERE_MAX: Final = 200
SIZES: Final = {"envelope_mm": (3, 3), "sheet_mm": (2, 3)}  # how many numbers
AMOUNTS: Final = {"tool_mm": "mm", "power_w": "W"}
LISTS: Final = ("processes", "materials", "certificates")
COUNT: Final = "pieces_max"
TOLERANCE: Final = "tolerance"
FIELDS: Final = (*LISTS, *SIZES, *AMOUNTS, TOLERANCE, COUNT)
_TOLERANCE: Final = re.compile(r"IT(?:[1-9]|1[0-8])|ISO 2768-[fmcv]|± ?\d+(?:\.\d+)?")
_BETWEEN: Final = re.compile(r"\s*[x×*;,]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One value that a lab said. `where`: in which document or of which model."""

    value: Any
    source: Source
    where: str
    at: datetime
    by: str


def abilities_of(machine: MachineRow) -> dict[str, Ability]:
    """What its lab says of the machine, by field."""
    return {
        field: Ability(**(told | {"at": datetime.fromisoformat(told["at"])}))
        for field, told in machine.said.items()
    }


def say_abilities(
    session: Session,
    machine_id: str,
    values: Mapping[str, Any],
    *,
    source: Source,
    where: str = "",
    by: str,
    now: datetime,
) -> bool:
    """Put these fields; one that is None is no longer said. Whether that was news.

    A value that is said already keeps its source and age. Errors: NotFoundError;
    InvalidInputError with the field.
    """
    machine = machine_of(session, machine_id)
    place = checked_text(where, field="where", length_max=WHERE_MAX) if where else ""
    said = dict(machine.said)
    for field, value in values.items():
        checked = checked_ability(field, value)
        known = said.get(field)
        if checked is None:
            said.pop(field, None)
        elif known is None or (known["value"], known["source"]) != (checked, source):
            said[field] = {
                "value": checked,
                "source": source,
                "where": place,
                "at": now.isoformat(),
                "by": by,
            }
    if said == machine.said:
        return False
    machine.said, machine.said_at = said, now
    session.flush()
    announce(session, f"machine/{machine.id}", f"lab/{machine.facility_id}")
    return True


def checked_ability(field: str, value: Any) -> Any:
    """The value as it is kept, from JSON or as written; None: nothing is said.

    Errors: InvalidInputError with the field.
    """
    if field not in FIELDS:
        raise InvalidInputError(
            f"there is no {field[:40]!r}: say one of {', '.join(FIELDS)}", field="field"
        )
    if value is None or value in ("", [], ()):
        return None
    if field in LISTS:
        return _words(field, value)
    if field in SIZES:
        return _sizes(field, value)
    if field in AMOUNTS:
        return _amount(field, value, AMOUNTS[field])
    if field == COUNT:
        return _count(value)
    text = " ".join(str(value).split())
    if not _TOLERANCE.fullmatch(text):
        raise InvalidInputError(
            "a tolerance is IT1 to IT18, ISO 2768-f, -m, -c or -v, or ±0.1",
            field=field,
        )
    return text


def _words(field: str, value: Any) -> list[str]:
    words = value.split(",") if isinstance(value, str) else list(value)
    told = [str(word).strip() for word in words]
    checked = [
        checked_text(word, field=field, length_max=WORD_MAX) for word in told if word
    ]
    if len(checked) > LIST_MAX:
        raise InvalidInputError(f"at most {LIST_MAX} {field}", field=field)
    return list(dict.fromkeys(checked))


def _sizes(field: str, value: Any) -> list[float]:
    written = value.strip().removesuffix("mm") if isinstance(value, str) else value
    parts = _BETWEEN.split(written.strip()) if isinstance(written, str) else value
    low, high = SIZES[field]
    if not isinstance(parts, list | tuple) or not low <= len(parts) <= high:
        form = "600 x 400, or 600 x 400 x 6" if low == 2 else "250 x 210 x 210"
        raise InvalidInputError(f"write the sizes in mm as {form}", field=field)
    return [_amount(field, part, "mm") for part in parts]


def _amount(field: str, value: Any, unit: str) -> float:
    """A bare number is of this unit; 'in', 'cm' or 'kW' may be written."""
    text = str(value).strip()
    is_bare = re.fullmatch(r"[0-9.]+", text) is not None
    number = amount_of(f"{text} {unit}" if is_bare else text, unit, field=field)
    if not 0 < number <= SIZE_MAX_MM:
        raise InvalidInputError(
            f"more than 0, and at most {SIZE_MAX_MM:g} {unit}", field=field
        )
    return number


def _count(value: Any) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", str(value).strip()):
        raise InvalidInputError("a whole number of pieces, 1 or more", field=COUNT)
    return int(value)
