"""The tariff as data: a table that members may replace by another version."""

from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.orders.pricing import MILLION, Tariff

Rate = Annotated[int, Field(ge=0, le=MILLION)]


class InvalidTariffError(InvalidInputError):
    """The table is no tariff."""

    code = "invalid-tariff"


class _TariffIn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Annotated[str, Field(min_length=1, max_length=64)]
    currency: str
    wage_cents_per_hour: Rate
    material_cents_per_kg: dict[str, Rate]
    other_material_cents_per_kg: Rate
    transport_base_cents: Rate
    platform_ppm: Rate


def tariff_of(table: bytes) -> Tariff:
    """Read a table. Errors: InvalidTariffError with the field at fault."""
    try:
        read = _TariffIn.model_validate(canonical.object_of(table))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidTariffError(f"tariff: {first['msg']}", field=field) from error
    return Tariff(
        version=read.version,
        currency=read.currency,
        wage_cents_per_hour=read.wage_cents_per_hour,
        material_cents_per_kg=read.material_cents_per_kg,
        other_material_cents_per_kg=read.other_material_cents_per_kg,
        transport_base_cents=read.transport_base_cents,
        platform_ppm=read.platform_ppm,
    )


def default_tariff() -> Tariff:
    """The tariff that a new network begins with."""
    table = resources.files("orchestrator.orders") / "tariff_1.json"
    return tariff_of(table.read_bytes())
