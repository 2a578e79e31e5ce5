"""What the plan weighs against money: prices that the members set, in versions."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import resources
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.rows import PlanWeightsRow
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)

VERSION_MAX: Final = 64
REASON_MAX: Final = 500
SERIES: Final = "plan-weights-"
TICK: Final = timedelta(microseconds=1)
MAX_OF: Final = {
    "late_cents_per_minute": 10_000,
    "very_late_cents_per_minute": 100_000,
    "moved_machine_cents": 100_000,
    "moved_courier_cents": 100_000,
    "moved_promise_cents_per_minute": 10_000,
    "near_s": 7 * 86_400,
    "near_percent": 10_000,
    "broken_promise_cents": 10_000_000,
    "promise_slack_s": 86_400,
    "promise_slack_percent": 100,
    "co2_cents_per_kg": 100_000,
    "van_co2_grams_per_km": 5_000,
    "lab_over_permille": 1_000,
    "courier_over_permille": 1_000,
}
# What a version weighs that was put into force before there was such a weight.
BEFORE: Final = {"moved_promise_cents_per_minute": 0, "promise_slack_percent": 0}


class InvalidWeightsError(InvalidInputError):
    """The table leaves a weight out, or says what no table may say."""

    code = "invalid-plan-weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWeights:
    """A version of the weights. All are whole numbers, from 0 to their MAX_OF.

    `near_percent`: how much dearer a change of what is due now is, falling to nothing
    for what is due after `near_s`. `over_permille`: of what a lab or a courier earns
    beyond an even share. `promise_slack_s`: how much later than planned is promised,
    and on top `promise_slack_percent` of the time until then. `moved_promise` counts
    for each minute before or after the promised window.
    """

    rule_version: str
    late_cents_per_minute: int
    very_late_cents_per_minute: int
    moved_machine_cents: int
    moved_courier_cents: int
    moved_promise_cents_per_minute: int
    near_s: int
    near_percent: int
    broken_promise_cents: int
    promise_slack_s: int
    promise_slack_percent: int
    co2_cents_per_kg: int
    van_co2_grams_per_km: int
    lab_over_permille: int
    courier_over_permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enacted:
    """Who put a version into force and why; `restores`: the version that it repeats."""

    agent_id: str
    reason: str
    restores: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsVersion:
    """A version with since when, by whom and why it is in force."""

    weights: PlanWeights
    in_force_from: datetime
    by: Enacted | None  # None: the table that the network began with


NAMES: Final = tuple(field.name for field in fields(PlanWeights))


def default_weights() -> bytes:
    """The table that a new network begins with."""
    return (
        resources.files("orchestrator.commons") / "plan_weights_1.json"
    ).read_bytes()


def weights_of(table: bytes) -> PlanWeights:
    """Read a table. Errors: InvalidWeightsError that names the weight at fault."""
    told = canonical.object_of(table)
    if unknown := sorted(set(told) - set(NAMES)):
        raise InvalidWeightsError(
            f"there is no weight {unknown[0]!r}", field=unknown[0]
        )
    if missing := [name for name in NAMES if name not in told]:
        raise InvalidWeightsError(f"{missing[0]} is missing", field=missing[0])
    version = told["rule_version"]
    if not isinstance(version, str) or not 1 <= len(version) <= VERSION_MAX:
        raise InvalidWeightsError(
            f"rule_version is a string of 1 to {VERSION_MAX}", field="rule_version"
        )
    numbers: dict[str, int] = {}
    for name, most in MAX_OF.items():
        value = told[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidWeightsError(f"{name} is a whole number", field=name)
        if not 0 <= value <= most:
            raise InvalidWeightsError(f"{name} is 0 to {most}, got {value}", field=name)
        numbers[name] = value
    if numbers["late_cents_per_minute"] > numbers["broken_promise_cents"]:
        raise InvalidWeightsError(
            "broken_promise_cents is less than one late minute: no promise would be kept",
            field="broken_promise_cents",
        )
    return PlanWeights(rule_version=version, **numbers)


def install_weights(
    session: Session, table: bytes, *, now: datetime, by: Enacted | None = None
) -> PlanWeights:
    """Put a version in force from `now`; the same version again changes nothing.

    `by`: who did it and why; None for the table that a network begins with.

    Errors: InvalidWeightsError; ConflictError for a version with another table.
    """
    weights = weights_of(table)
    spelled = canonical.dumps(canonical.loads(table))
    digest = sha256(spelled).hexdigest()
    known = session.get(PlanWeightsRow, weights.rule_version)
    if known is not None:
        if known.sha256 != digest:
            raise ConflictError(
                f"{weights.rule_version} is published with another table: name a new one"
            )
        return weights
    session.add(
        PlanWeightsRow(
            rule_version=weights.rule_version,
            table=spelled.decode(),
            sha256=digest,
            in_force_from=now,
            enacted_by=by.agent_id if by else None,
            reason=by.reason if by else None,
            restores=by.restores if by else None,
        )
    )
    session.flush()
    return weights


def begin_weights(session: Session, *, now: datetime) -> None:
    """Give a new network its first table; what members put into force since stands."""
    if session.scalar(select(PlanWeightsRow.rule_version).limit(1)) is None:
        install_weights(session, default_weights(), now=now)


def weights_at(session: Session, moment: datetime) -> PlanWeights:
    """The version in force at `moment`; before the first one, the first.

    Errors: NotFoundError where none was ever put in force.
    """
    newest = PlanWeightsRow.in_force_from.desc(), PlanWeightsRow.rule_version.desc()
    row = session.scalar(
        select(PlanWeightsRow)
        .where(PlanWeightsRow.in_force_from <= moment)
        .order_by(*newest)
        .limit(1)
    ) or session.scalar(
        select(PlanWeightsRow)
        .order_by(PlanWeightsRow.in_force_from, PlanWeightsRow.rule_version)
        .limit(1)
    )
    if row is None:
        raise NotFoundError("no plan weights were ever put in force: install some")
    return _read(row)


def weights_known(session: Session) -> list[WeightsVersion]:
    """Every version, the newest first."""
    rows = session.scalars(
        select(PlanWeightsRow).order_by(
            PlanWeightsRow.in_force_from.desc(), PlanWeightsRow.rule_version.desc()
        )
    )
    return [
        WeightsVersion(
            weights=_read(row),
            in_force_from=row.in_force_from,
            by=None
            if row.enacted_by is None
            else Enacted(
                agent_id=row.enacted_by, reason=row.reason or "", restores=row.restores
            ),
        )
        for row in rows
    ]


def enact_weights(
    session: Session,
    numbers: Mapping[str, int],
    *,
    instead_of: str,
    by: Enacted,
    now: datetime,
) -> PlanWeights:
    """Put a new version into force; its number is the next one. The caller commits.

    `numbers`: every weight but the version's name. `instead_of`: the version that the
    one who acts has seen in force. Errors: InvalidWeightsError; InvalidInputError for
    a missing reason or weights as they are; ConflictError where somebody was quicker.
    """
    if not 1 <= len(by.reason.strip()) <= REASON_MAX:
        raise InvalidInputError(
            f"say in 1 to {REASON_MAX} letters why, so that members can judge it",
            field="reason",
        )
    known = _held(session)
    newest = known[0]
    in_force = newest.weights
    if in_force.rule_version != instead_of:
        raise ConflictError(
            f"{in_force.rule_version} came into force meanwhile: look at it first"
        )
    told = {"rule_version": f"{SERIES}{len(known) + 1}", **numbers}
    wanted = weights_of(canonical.dumps(told))
    if not changed_names(in_force, wanted):
        raise InvalidInputError("these weights are in force already", field="reason")
    after = newest.in_force_from + TICK  # also where the clock stands, or went back
    return install_weights(session, canonical.dumps(told), now=max(now, after), by=by)


def restore_weights(
    session: Session, rule_version: str, *, agent_id: str, reason: str, now: datetime
) -> PlanWeights:
    """A new version with the weights of an old one.

    Errors: NotFoundError; those of `enact_weights`.
    """
    known = _held(session)
    found = next(
        (one for one in known if one.weights.rule_version == rule_version), None
    )
    if found is None:
        raise NotFoundError(f"there are no plan weights {rule_version}")
    return enact_weights(
        session,
        {name: getattr(found.weights, name) for name in MAX_OF},
        instead_of=known[0].weights.rule_version,
        by=Enacted(agent_id=agent_id, reason=reason, restores=rule_version),
        now=now,
    )


def changed_names(before: PlanWeights, after: PlanWeights) -> tuple[str, ...]:
    """The weights that differ, in the table's order."""
    return tuple(
        name for name in MAX_OF if getattr(before, name) != getattr(after, name)
    )


def _read(row: PlanWeightsRow) -> PlanWeights:
    return weights_of(canonical.dumps(BEFORE | canonical.object_of(row.table.encode())))


def _held(session: Session) -> list[WeightsVersion]:
    """Every version, while nobody else may add one until the caller's end.

    The oldest row is what is locked: it always is the same one.
    """
    oldest = (
        select(PlanWeightsRow)
        .order_by(PlanWeightsRow.in_force_from, PlanWeightsRow.rule_version)
        .limit(1)
        .with_for_update()
    )
    if session.scalar(oldest) is None:
        raise NotFoundError("no plan weights were ever put in force: install some")
    return weights_known(session)
