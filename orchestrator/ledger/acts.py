"""Acts: what a person or the network did that must be in the record, and earns nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import INTEGER_MAX, Json
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.events import UNITS_OF_ACTION, moment_of, spell_moment

ACT_SCHEMA: Final = "fabcommons-act-1"
NETWORK: Final = "network"  # the actor where nobody acted but the node itself
BODY_MAX_BYTES = 4000
TEXT_MAX = 500
_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
_ACT = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HASH = re.compile(r"[0-9a-f]{64}")


class InvalidActError(InvalidInputError):
    """The body is not an act in its one spelling."""

    code = "invalid-act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act, seen once and never edited.

    `act` says what was done ("rule-enacted"), `subject` to what. `told` is a flat
    object of strings and integers that holds no personal data; what is longer, or must
    stay erasable, is named by the SHA-256 of its bytes in `told_sha256`. `second` is
    who confirmed a sensitive act.
    """

    id: str
    actor: str
    act: str
    subject: str
    occurred_at: datetime
    told: Mapping[str, str | int] | None = None
    told_sha256: str | None = None
    order_id: str | None = None
    second: str | None = None

    def __post_init__(self) -> None:
        for name, form in _FORM_OF.items():
            text = getattr(self, name)
            if text is not None or name in _REQUIRED:
                _check(name, text, form)
        if self.act in UNITS_OF_ACTION:
            raise InvalidActError(f"{self.act!r} is an event's action", field="act")
        if not (1 <= len(self.subject) <= 80 and self.subject.isprintable()):
            _refuse("subject", self.subject)
        if self.occurred_at.tzinfo is None:
            raise InvalidActError("occurred_at needs its zone", field="occurred_at")
        if self.second == self.actor:
            raise InvalidActError("the second is somebody else", field="second")
        if self.told is not None and self.told_sha256 is not None:
            raise InvalidActError("told, or the hash of it: not both", field="told")
        for name, value in (self.told or {}).items():
            _check_told(name, value)

    def canonical(self) -> bytes:
        """The RFC 8785 bytes that are signed and stored; what is None is left out."""
        fields = {name: getattr(self, name) for name in _FORM_OF}
        fields |= {"subject": self.subject, "act_schema": ACT_SCHEMA}
        fields["told"] = None if self.told is None else dict(self.told)
        told = {name: value for name, value in fields.items() if value is not None}
        told["occurred_at"] = spell_moment(self.occurred_at)
        return canonical.dumps(told)


_REQUIRED: Final = frozenset({"id", "actor", "act"})
_FORM_OF: Final[dict[str, re.Pattern[str]]] = {
    "id": _ID,
    "actor": _ID,
    "act": _ACT,
    "told_sha256": _HASH,
    "order_id": _ID,
    "second": _ID,
}
_NEEDED: Final = _REQUIRED | {"subject", "occurred_at", "act_schema"}


def act_of(body: bytes) -> Act:
    """Read a body as it was signed. Errors: InvalidActError, InvalidJsonError."""
    if len(body) > BODY_MAX_BYTES:
        raise InvalidActError(f"an act has at most {BODY_MAX_BYTES} bytes")
    fields = canonical.object_of(body)
    if canonical.dumps(fields) != body:
        raise InvalidActError("the body is not in its canonical form (RFC 8785)")
    if missing := _NEEDED - set(fields):
        raise InvalidActError(f"fields are missing: {', '.join(sorted(missing))}")
    if unknown := set(fields) - _NEEDED - set(_FORM_OF) - {"told"}:
        raise InvalidActError(f"unknown fields: {', '.join(sorted(unknown))[:200]}")
    if fields.pop("act_schema") != ACT_SCHEMA:
        raise InvalidActError(f"act_schema must be {ACT_SCHEMA}")
    told = fields.pop("told", None)
    texts = {name: _text(name, value) for name, value in fields.items()}
    return Act(
        id=texts["id"],
        actor=texts["actor"],
        act=texts["act"],
        subject=texts["subject"],
        occurred_at=moment_of(texts["occurred_at"]),
        told=None if told is None else _told(told),
        told_sha256=texts.get("told_sha256"),
        order_id=texts.get("order_id"),
        second=texts.get("second"),
    )


def _told(value: Json) -> dict[str, str | int]:
    if not isinstance(value, dict):
        raise InvalidActError("told must be an object", field="told")
    found: dict[str, str | int] = {}
    for name, told in value.items():
        if isinstance(told, bool) or not isinstance(told, str | int):
            raise InvalidActError(f"told.{name} is no text or integer", field="told")
        found[name] = told
    return found


def _check_told(name: str, value: object) -> None:
    if not _NAME.fullmatch(name):
        _refuse("told", name)
    if isinstance(value, str) and len(value) <= TEXT_MAX and value.isprintable():
        return
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not (is_integer and abs(value) <= INTEGER_MAX):  # type: ignore[arg-type]
        raise InvalidActError(
            f"told.{name} must be an integer or a line of at most {TEXT_MAX} "
            f"characters, not {value!r:.80}",
            field="told",
        )


def _text(name: str, value: Json) -> str:
    if not isinstance(value, str):
        raise InvalidActError(f"{name} must be a string", field=name)
    return value


def _check(name: str, text: object, form: re.Pattern[str]) -> None:
    if not (isinstance(text, str) and form.fullmatch(text)):
        _refuse(name, text)


def _refuse(name: str, text: object) -> None:
    raise InvalidActError(f"{name} cannot be {text!r:.80}", field=name)
