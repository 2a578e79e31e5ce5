"""Economic events (ValueFlows): what happened between two agents, in its exact bytes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

EVENT_SCHEMA: Final = "fabcommons-event-1"
BODY_MAX_BYTES = 4000
# What may be recorded, and in which units (UCUM); the value equation names each pair.
UNITS_OF_ACTION: Final[dict[str, tuple[str, ...]]] = {
    "produce": ("{piece}",),
    "use": ("h",),
    "work": ("h",),
    "consume": ("g", "{piece}"),
    "cite": ("{piece}", "1"),
    "accept": ("{piece}",),
    "modify": ("{piece}",),
    "combine": ("{piece}",),
    "separate": ("{piece}",),
    "pickup": ("{piece}",),
    "dropoff": ("{piece}", "km"),
    "transferCustody": ("{piece}",),
    "transfer": ("{piece}",),
    "deliverService": ("{piece}", "km", "h"),
}
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
_QUANTITY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,6})?Z")
_HASH = re.compile(r"[0-9a-f]{64}")


class InvalidEventError(InvalidInputError):
    """The body is not an economic event in its one spelling."""

    code = "invalid-event"


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomicEvent:
    """One flow of value, seen once and never edited.

    `resource` names what was used, made, cited or carried. `quantity` is in digits;
    negative only together with `corrects`. `cited_by` is the design version that
    declares the citation of `resource`, with the quantity as its weight (unit "1").
    `commitment` stands for personal data that is kept beside the log.
    """

    id: str
    action: str
    provider: str
    receiver: str
    resource: str
    quantity: str
    unit: str
    occurred_at: datetime
    order_id: str | None = None
    job_id: str | None = None
    corrects: str | None = None
    rule_version: str | None = None
    cited_by: str | None = None
    commitment: str | None = None

    def __post_init__(self) -> None:
        for name in ("id", "provider", "receiver"):
            _check(name, getattr(self, name), _ID)
        for name in ("order_id", "job_id", "corrects", "rule_version", "cited_by"):
            if getattr(self, name) is not None:
                _check(name, getattr(self, name), _ID)
        if self.commitment is not None:
            _check("commitment", self.commitment, _HASH)
        if not (1 <= len(self.resource) <= 80 and self.resource.isprintable()):
            _refuse("resource", self.resource)
        if self.unit not in UNITS_OF_ACTION.get(self.action, ()):
            raise InvalidEventError(
                f"no event {self.action!r} in {self.unit!r} is known", field="action"
            )
        _check("quantity", self.quantity, _QUANTITY)
        if self.amount < 0 and self.corrects is None:
            raise InvalidEventError(
                "a negative quantity must say which event it corrects",
                field="quantity",
            )
        if self.occurred_at.tzinfo is None:
            raise InvalidEventError("occurred_at needs its zone", field="occurred_at")

    @property
    def amount(self) -> Decimal:
        """The quantity as an exact number."""
        return Decimal(self.quantity)

    def canonical(self) -> bytes:
        """The RFC 8785 bytes that are signed and stored; what is None is left out."""
        texts = {name: getattr(self, name) for name in _FIELDS if name != "occurred_at"}
        told = {name: text for name, text in texts.items() if text is not None}
        told["event_schema"] = EVENT_SCHEMA
        told["occurred_at"] = spell_moment(self.occurred_at)
        return canonical.dumps(told)


_FIELDS = tuple(EconomicEvent.__dataclass_fields__)
_OPTIONAL = {"order_id", "job_id", "corrects", "rule_version", "cited_by", "commitment"}
_REQUIRED = {*_FIELDS, "event_schema"} - _OPTIONAL


def event_of(body: bytes) -> EconomicEvent:
    """Read a body as it was signed. Errors: InvalidEventError, InvalidJsonError."""
    if len(body) > BODY_MAX_BYTES:
        raise InvalidEventError(f"an event has at most {BODY_MAX_BYTES} bytes")
    fields = canonical.object_of(body)
    if canonical.dumps(fields) != body:
        raise InvalidEventError("the body is not in its canonical form (RFC 8785)")
    names = set(fields)
    if missing := _REQUIRED - names:
        raise InvalidEventError(f"fields are missing: {', '.join(sorted(missing))}")
    if unknown := names - _REQUIRED - _OPTIONAL:
        raise InvalidEventError(f"unknown fields: {', '.join(sorted(unknown))[:200]}")
    texts: dict[str, str] = {}
    for name, value in fields.items():
        if not isinstance(value, str):
            raise InvalidEventError(f"{name} must be a string", field=name)
        texts[name] = value
    if texts.pop("event_schema") != EVENT_SCHEMA:
        raise InvalidEventError(f"event_schema must be {EVENT_SCHEMA}")
    moment = moment_of(texts.pop("occurred_at"))
    optional = {name: texts[name] for name in _OPTIONAL & names}
    return EconomicEvent(
        id=texts["id"],
        action=texts["action"],
        provider=texts["provider"],
        receiver=texts["receiver"],
        resource=texts["resource"],
        quantity=texts["quantity"],
        unit=texts["unit"],
        occurred_at=moment,
        order_id=optional.get("order_id"),
        job_id=optional.get("job_id"),
        corrects=optional.get("corrects"),
        rule_version=optional.get("rule_version"),
        cited_by=optional.get("cited_by"),
        commitment=optional.get("commitment"),
    )


def spell_moment(moment: datetime) -> str:
    """UTC with Z; microseconds only where there are some."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def digits(number: Decimal | float | int) -> str:
    """`number` as a quantity: at most six decimals, never an exponent."""
    text = f"{Decimal(str(number)):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def moment_of(text: str) -> datetime:
    """Read what `spell_moment` wrote. Errors: InvalidEventError."""
    if not _MOMENT.fullmatch(text):
        _refuse("occurred_at", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidEventError(
            f"occurred_at is no time: {text[:40]!r}", field="occurred_at"
        ) from error


def _check(name: str, text: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(text):
        _refuse(name, text)


def _refuse(name: str, text: str) -> None:
    raise InvalidEventError(f"{name} cannot be {text[:80]!r}", field=name)
