"""Rules that members may change: every kind in numbered versions that stand for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from orchestrator.commons.rows import RuleRow
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)

type Fields = dict[str, Json]

VERSION: Final = "rule_version"  # every table's own field for its name


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind[T]:
    """What a table of this kind must say. Its owner makes it once, by `register`.

    `read` is pure: a table with its `rule_version` in, the rule out; it refuses with
    what is wrong. `founding` is the table that a network begins with. `completed` adds
    what a version says of fields that the program did not know when it was enacted.
    """

    name: str  # its versions are NAME-1, NAME-2 …
    read: Callable[[bytes], T]
    founding: Callable[[], bytes]
    completed: Callable[[Fields], Fields] = lambda fields: fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """The proof that members decided: only the outcome of a vote makes one."""

    proposal_id: str
    agent_id: str  # who proposed it
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule[T]:
    """One version. Nobody enacted the one that a network began with.

    `proposal_id` None with an `enacted_by`: a steward's act, of before members voted.
    """

    kind: str
    version: str
    number: int
    table: bytes  # canonical JSON, as it was enacted
    sha256: str
    value: T
    in_force_from: datetime
    enacted_at: datetime
    enacted_by: str | None
    reason: str | None
    proposal_id: str | None


_KINDS: dict[str, RuleKind[Any]] = {}


def register[T](kind: RuleKind[T]) -> RuleKind[T]:
    """Let members vote on this kind; its owner calls this where it defines the kind."""
    known = _KINDS.setdefault(kind.name, kind)
    if known is not kind:
        raise ValueError(f"two rooms own the rule {kind.name}")
    return kind


def kinds() -> tuple[RuleKind[Any], ...]:
    """Every kind, by name."""
    return tuple(_KINDS[name] for name in sorted(_KINDS))


def kind_named(name: str) -> RuleKind[Any]:
    """The kind. Errors: NotFoundError."""
    try:
        return _KINDS[name]
    except KeyError as error:
        raise NotFoundError(
            f"there is no rule {name[:64]!r}: there are {', '.join(sorted(_KINDS))}"
        ) from error


def found(session: Session, kind: RuleKind[Any], *, now: datetime) -> None:
    """Give a new network its first table; what is in force stands."""
    if session.scalar(_versions(kind).limit(1)) is None:
        _add(session, kind, 1, kind.founding(), in_force_from=now, now=now, by=None)


def enact[T](
    session: Session,
    kind: RuleKind[T],
    table: bytes,
    *,
    by: Mandate,
    in_force_from: datetime,
    now: datetime,
    instead_of: str | None = None,
) -> Rule[T]:
    """Make `table` the next version, from its date on; it is given its name here.

    What was decided last prevails from its date on. `instead_of`: the newest version
    that the decision was made against. The caller commits. Errors: those of the kind's
    `read`; InvalidInputError for a date in the past; ConflictError where another
    version came meanwhile; NotFoundError for a kind that was never founded.
    """
    if in_force_from < now:
        raise InvalidInputError(
            "a rule binds from its date on, never what was before",
            field="in_force_from",
        )
    oldest = _versions(kind).order_by(RuleRow.number).limit(1).with_for_update()
    if session.scalar(oldest) is None:
        raise _never(kind)
    newest = newest_rule(session, kind)
    if instead_of is not None and newest.version != instead_of:
        raise ConflictError(
            f"{newest.version} came meanwhile: look at it first", field="instead_of"
        )
    number = newest.number + 1
    row = _add(
        session, kind, number, table, in_force_from=in_force_from, now=now, by=by
    )
    return _read(kind, row)


def spelled(kind: RuleKind[Any], table: bytes, version: str) -> bytes:
    """`table` under this name in its one spelling, read and found good.

    Errors: InvalidJsonError, and what `kind.read` refuses.
    """
    text = canonical.dumps({**canonical.object_of(table), VERSION: version})
    kind.read(text)
    return text


def rule_at[T](session: Session, kind: RuleKind[T], moment: datetime) -> Rule[T]:
    """The version in force at `moment`; before the first one, the first.

    Errors: NotFoundError for a kind that was never founded.
    """
    row = session.scalar(
        _versions(kind)
        .where(RuleRow.in_force_from <= moment)
        .order_by(RuleRow.number.desc())
        .limit(1)
    ) or session.scalar(_versions(kind).order_by(RuleRow.number).limit(1))
    if row is None:
        raise _never(kind)
    return _read(kind, row)


def newest_rule[T](session: Session, kind: RuleKind[T]) -> Rule[T]:
    """The version decided last, though its date may be to come. Errors: NotFoundError."""
    row = session.scalar(_versions(kind).order_by(RuleRow.number.desc()).limit(1))
    if row is None:
        raise _never(kind)
    return _read(kind, row)


def rule_named[T](session: Session, kind: RuleKind[T], version: str) -> Rule[T]:
    """A version by its name. Errors: NotFoundError."""
    row = session.scalar(_versions(kind).where(RuleRow.version == version))
    if row is None:
        raise NotFoundError(f"there is no {kind.name} {version[:64]!r}")
    return _read(kind, row)


def rules_known[T](session: Session, kind: RuleKind[T]) -> list[Rule[T]]:
    """Every version, the one decided last first."""
    rows = session.scalars(_versions(kind).order_by(RuleRow.number.desc()))
    return [_read(kind, row) for row in rows]


def _versions(kind: RuleKind[Any]) -> Select[RuleRow]:
    return select(RuleRow).where(RuleRow.kind == kind.name)


def _add(
    session: Session,
    kind: RuleKind[Any],
    number: int,
    table: bytes,
    *,
    in_force_from: datetime,
    now: datetime,
    by: Mandate | None,
) -> RuleRow:
    version = f"{kind.name}-{number}"
    text = spelled(kind, table, version)
    row = RuleRow(
        version=version,
        kind=kind.name,
        number=number,
        table=text.decode(),
        sha256=sha256(text).hexdigest(),
        in_force_from=in_force_from,
        enacted_at=now,
        enacted_by=by.agent_id if by else None,
        reason=by.reason if by else None,
        proposal_id=by.proposal_id if by else None,
    )
    session.add(row)
    session.flush()
    return row


def _read[T](kind: RuleKind[T], row: RuleRow) -> Rule[T]:
    table = row.table.encode()
    whole = kind.completed(canonical.object_of(table))
    return Rule(
        kind=kind.name,
        version=row.version,
        number=row.number,
        table=table,
        sha256=row.sha256,
        value=kind.read(canonical.dumps(whole)),
        in_force_from=row.in_force_from,
        enacted_at=row.enacted_at,
        enacted_by=row.enacted_by,
        reason=row.reason,
        proposal_id=row.proposal_id,
    )


def _never(kind: RuleKind[Any]) -> NotFoundError:
    return NotFoundError(f"no {kind.name} was ever in force: found one")
