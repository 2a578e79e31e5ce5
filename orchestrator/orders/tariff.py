"""The tariff: what things cost and what the network takes of it, under vote."""

from datetime import datetime
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import RuleKind, register, rule_at
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.orders.pricing import MILLION, Tariff

Rate = Annotated[int, Field(ge=0, le=MILLION)]


class InvalidTariffError(InvalidInputError):
    """The table is no tariff."""

    code = "invalid-tariff"


class _TariffIn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule_version: Annotated[str, Field(min_length=1, max_length=64)]
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
        version=read.rule_version,
        currency=read.currency,
        wage_cents_per_hour=read.wage_cents_per_hour,
        material_cents_per_kg=read.material_cents_per_kg,
        other_material_cents_per_kg=read.other_material_cents_per_kg,
        transport_base_cents=read.transport_base_cents,
        platform_ppm=read.platform_ppm,
    )


def default_tariff() -> bytes:
    """The table that a new network begins with."""
    return (resources.files("orchestrator.orders") / "tariff_1.json").read_bytes()


TARIFF: Final = register(
    RuleKind(name="tariff", read=tariff_of, founding=default_tariff)
)


def tariff_at(session: Session, moment: datetime) -> Tariff:
    """The tariff in force; in a network that never founded one, the first."""
    try:
        return rule_at(session, TARIFF, moment).value
    except NotFoundError:
        return tariff_of(default_tariff())
