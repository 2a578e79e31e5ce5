"""What a quote costs and why: whole cents, every part on the bill, the sum exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.money import CURRENCIES

HOUR_S: Final = 3_600
MILLION: Final = 1_000_000
AMOUNT_MAX: Final = 10**12
PARTS: Final = (
    "machine",
    "labour",
    "material",
    "design",
    "upstream",
    "transport",
    "platform",
    "reciprocity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The rates in force. `platform_ppm`: the commons' part of everything before it."""

    version: str
    currency: str
    wage_cents_per_hour: int
    material_cents_per_kg: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({})
    )
    other_material_cents_per_kg: int
    transport_base_cents: int
    platform_ppm: int

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise InvalidInputError(
                f"no currency {self.currency!r}", field="tariff.currency"
            )
        rates = {
            "wage_cents_per_hour": self.wage_cents_per_hour,
            "other_material_cents_per_kg": self.other_material_cents_per_kg,
            "transport_base_cents": self.transport_base_cents,
            "platform_ppm": self.platform_ppm,
        } | {
            f"material {name}": rate
            for name, rate in self.material_cents_per_kg.items()
        }
        for name, rate in rates.items():
            if not 0 <= rate <= MILLION:
                raise InvalidInputError(
                    f"{name} must be in 0..{MILLION}, got {rate}",
                    field=f"tariff.{name}",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCost:
    """One step on the machine that would do it; times are for one run."""

    runs: int
    setup_s: int
    run_s: int
    labour_s: int
    hourly_cents: int
    material: str
    material_g: float  # for all pieces together


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A courier's way for this order alone, at the courier's rates."""

    distance_m: int
    duration_s: int
    cents_per_km: int
    cents_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What the designers ask a piece; `upstream_ppm` of it goes to what they cite."""

    cents: int
    upstream_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`parts` holds every name of `PARTS`, in cents; they add up to `total_cents`."""

    currency: str
    parts: Mapping[str, int]

    @property
    def total_cents(self) -> int:
        """The sum of the parts."""
        return sum(self.parts.values())


def price(
    steps: Sequence[StepCost],
    trips: Sequence[Trip],
    fee: Fee,
    quantity: int,
    tariff: Tariff,
    *,
    reciprocity_permille: int = 0,
) -> Price:
    """The price of `quantity` pieces; `trips` is empty when nobody carries them.

    `reciprocity_permille`: the fee of reciprocity licences, of all that is before it.

    Each part is exact up to its own single rounding to the nearest cent (half up).
    Errors: InvalidInputError for a figure below zero or beyond any sense.
    """
    _check(steps, trips, fee, quantity, reciprocity_permille)
    machine = sum(
        step.runs * (step.setup_s + step.run_s) * step.hourly_cents for step in steps
    )
    labour_s = sum(step.runs * step.labour_s for step in steps)
    fee_cents = fee.cents * quantity
    upstream = fee_cents * fee.upstream_ppm // MILLION
    parts = {
        "machine": _nearest(machine, HOUR_S),
        "labour": _nearest(labour_s * tariff.wage_cents_per_hour, HOUR_S),
        "material": _material(steps, tariff),
        "design": fee_cents - upstream,
        "upstream": upstream,
        "transport": _transport(trips, tariff),
    }
    parts["platform"] = _nearest(sum(parts.values()) * tariff.platform_ppm, MILLION)
    whole = sum(parts.values())
    parts["reciprocity"] = _nearest(whole * reciprocity_permille, 1_000)
    return Price(currency=tariff.currency, parts=MappingProxyType(parts))


def _material(steps: Sequence[StepCost], tariff: Tariff) -> int:
    """Milligrams are whole, so that no float decides a cent."""
    value = sum(
        round(step.material_g * 1_000)
        * tariff.material_cents_per_kg.get(
            step.material, tariff.other_material_cents_per_kg
        )
        for step in steps
    )
    return _nearest(value, MILLION)


def _transport(trips: Sequence[Trip], tariff: Tariff) -> int:
    way = sum(trip.distance_m * trip.cents_per_km for trip in trips) * HOUR_S
    time = sum(trip.duration_s * trip.cents_per_hour for trip in trips) * 1_000
    base = tariff.transport_base_cents * len(trips)
    return base + _nearest(way + time, 1_000 * HOUR_S)


def _nearest(numerator: int, denominator: int) -> int:
    """To the nearest whole, half up; both are zero or more."""
    return (2 * numerator + denominator) // (2 * denominator)


def _check(
    steps: Sequence[StepCost],
    trips: Sequence[Trip],
    fee: Fee,
    quantity: int,
    reciprocity_permille: int,
) -> None:
    if quantity < 1:
        raise InvalidInputError(
            f"quantity must be >= 1, got {quantity}", field="quantity"
        )
    if not 0 <= fee.upstream_ppm <= MILLION:
        raise InvalidInputError(f"upstream_ppm must be in 0..{MILLION}")
    figures: list[float] = [fee.cents, quantity, reciprocity_permille]
    for step in steps:
        figures += [step.runs, step.setup_s, step.run_s, step.labour_s]
        figures += [step.hourly_cents, step.material_g]
    for trip in trips:
        figures += [trip.distance_m, trip.duration_s]
        figures += [trip.cents_per_km, trip.cents_per_hour]
    for figure in figures:
        if not 0 <= figure <= AMOUNT_MAX:
            raise InvalidInputError(
                f"a figure of a price must be in 0..{AMOUNT_MAX}, got {figure}"
            )
