"""Pint's only door: a written quantity is judged here before any library sees it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pint

from orchestrator.foundation.errors import InvalidInputError

TEXT_MAX = 64
EXPONENT_MAX = 12
_FRACTION = re.compile(r"[0-9]{1,9}(/[1-9][0-9]{0,8})?")
# as written: Pint's name, so that no text of a user ever reaches Pint
UNITS = {
    "um": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "in": "inch",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "t": "metric_ton",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "ml": "milliliter",
    "l": "liter",
    "mm2": "millimeter ** 2",
    "cm2": "centimeter ** 2",
    "m2": "meter ** 2",
    "mm3": "millimeter ** 3",
    "cm3": "centimeter ** 3",
    "m3": "meter ** 3",
    "g/cm3": "gram / centimeter ** 3",
    "W": "watt",
    "kW": "kilowatt",
    "Wh": "watt_hour",
    "kWh": "kilowatt_hour",
    "V": "volt",
    "A": "ampere",
    "mm/s": "millimeter / second",
    "mm/min": "millimeter / minute",
    "km/h": "kilometer / hour",
}
_SPELLINGS = {"mm²": "mm2", "cm²": "cm2", "m²": "m2", "mm³": "mm3", "cm³": "cm3"} | {
    "m³": "m3",
    "L": "l",
    "mL": "ml",
    "hour": "h",
    "hours": "h",
    "minutes": "min",
    "inch": "in",
    "inches": "in",
    "µm": "um",
    "μm": "um",
}
_FORM = re.compile(
    r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?) ?([^\s0-9][^\s]{0,9})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A finite number of one of `UNITS`."""

    number: Decimal
    unit: str


def parse(text: str, *, field: str | None = None) -> Quantity:
    """Read `number unit`, such as '12.5 mm'. Errors: InvalidInputError."""
    if len(text) > TEXT_MAX:
        raise InvalidInputError(
            f"a quantity has at most {TEXT_MAX} characters", field=field
        )
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise InvalidInputError(
            f"expected a number and a unit such as '12.5 mm', got {text!r}",
            field=field,
        )
    number, unit = Decimal(found[1]), _SPELLINGS.get(found[2], found[2])
    if unit not in UNITS:
        raise InvalidInputError(
            f"unknown unit {unit!r}: use one of {', '.join(UNITS)}", field=field
        )
    if number and abs(number.adjusted()) > EXPONENT_MAX:
        raise InvalidInputError(f"{found[1]} is out of any sensible range", field=field)
    return Quantity(number=number, unit=unit)


def convert(quantity: Quantity, unit: str) -> Decimal:
    """The number of `unit` in `quantity`. Errors: InvalidInputError if incompatible."""
    try:
        number = (
            _registry().Quantity(quantity.number, UNITS[quantity.unit]).to(UNITS[unit])
        )
    except pint.DimensionalityError as error:
        raise InvalidInputError(
            f"{quantity.number} {quantity.unit} is no amount of {unit}"
        ) from error
    return Decimal(number.magnitude)


def amount_of(text: str, unit: str, *, field: str | None = None) -> float:
    """How many `unit` are written in `text`: amount_of('1.2 kg', 'g') is 1200.0."""
    quantity = parse(text, field=field)
    try:
        return float(convert(quantity, unit))
    except InvalidInputError as error:
        raise InvalidInputError(str(error), field=field) from error


@cache
def _registry() -> "pint.UnitRegistry[Decimal]":
    return pint.UnitRegistry(non_int_type=Decimal)


def fraction_of(told: object, field: str, refusal: type[InvalidInputError]) -> Fraction:
    """Read `2` or `3/10`, never below zero. Errors: `refusal`."""
    if not isinstance(told, str) or not _FRACTION.fullmatch(told):
        raise refusal(
            f"{field} is a whole number or a fraction such as '3/10', got {told!r:.60}",
            field=field,
        )
    return Fraction(told)
