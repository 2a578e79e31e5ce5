"""Couriers: their shift, where they are while on it, and when they can't go on.

Functions that could change a plan return whether they did.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.members.agents import agent_of
from orchestrator.network.errors import BadPositionError, NotOnShiftError
from orchestrator.network.rows import CourierRow
from orchestrator.network.text import checked_position

ON_SHIFT: Final = "on-shift"
OFF_SHIFT: Final = "off-shift"
OUT: Final = "out"
SHIFT_MAX: Final = timedelta(hours=16)
AHEAD_MAX: Final = timedelta(minutes=2)  # a phone's clock may be off by this
SPEED_MAX_M_PER_S: Final = 40.0
JUMP_M: Final = 300.0  # what a phone may err in a street between houses
EARTH_RADIUS_M: Final = 6_371_000
# profile: pieces, grams, cents a kilometre, cents an hour
PROFILES: Final[dict[str, tuple[int, int, int, int]]] = {
    "foot": (6, 8_000, 0, 1_800),
    "bicycle": (12, 15_000, 10, 1_800),
    "cargo-bike": (60, 80_000, 20, 1_800),
    "van": (300, 600_000, 60, 2_200),
}


def add_courier(
    session: Session,
    *,
    agent_id: str,
    profile: str,
    lat: float,
    lon: float,
    now: datetime,
    capacity_pieces: int | None = None,
    capacity_g: int | None = None,
    cost_per_km_cents: int | None = None,
    cost_per_hour_cents: int | None = None,
) -> CourierRow:
    """A member who carries, off shift; capacity and rates by the profile or as given.

    Errors: InvalidInputError; NotFoundError; ConflictError if already a courier.
    """
    if profile not in PROFILES:
        raise InvalidInputError(
            f"profile must be one of {', '.join(PROFILES)}, got {profile!r}",
            field="profile",
        )
    agent_of(session, agent_id)
    if session.get(CourierRow, agent_id) is not None:
        raise ConflictError(f"{agent_id} is a courier already", field="agent_id")
    lat, lon = checked_position(lat, lon)
    pieces, grams, km_cents, hour_cents = PROFILES[profile]
    row = CourierRow(
        agent_id=agent_id,
        profile=profile,
        capacity_pieces=_given(capacity_pieces, pieces, "capacity_pieces"),
        capacity_g=_given(capacity_g, grams, "capacity_g"),
        cost_per_km_cents=_given(cost_per_km_cents, km_cents, "cost_per_km_cents"),
        cost_per_hour_cents=_given(
            cost_per_hour_cents, hour_cents, "cost_per_hour_cents"
        ),
        lat=lat,
        lon=lon,
        position_at=now,
        status=OFF_SHIFT,
    )
    session.add(row)
    session.flush()
    return row


def courier_of(session: Session, agent_id: str) -> CourierRow:
    """The courier. Errors: NotFoundError."""
    row = session.get(CourierRow, agent_id)
    if row is None:
        raise NotFoundError(f"there is no courier {agent_id[:64]!r}", field="agent_id")
    return row


def couriers(session: Session, *, on_shift_only: bool = False) -> Sequence[CourierRow]:
    """All couriers (on shift)."""
    query = select(CourierRow).order_by(CourierRow.agent_id)
    if on_shift_only:
        query = query.where(CourierRow.status == ON_SHIFT)
    return session.scalars(query).all()


def start_shift(
    session: Session, agent_id: str, *, until: datetime, now: datetime
) -> bool:
    """On shift from now until then; when already on shift, its end moves.

    Errors: InvalidInputError for an end that is past or too far; NotFoundError.
    """
    if not now < until <= now + SHIFT_MAX:
        raise InvalidInputError(
            f"a shift ends within {SHIFT_MAX.total_seconds() / 3600:.0f} hours "
            f"from now, got {until.isoformat()}",
            field="until",
        )
    row = _held(session, agent_id)
    if row.status == ON_SHIFT and row.shift_until_at == until:
        return False
    if row.status != ON_SHIFT:
        row.shift_from_at = now
    row.status, row.shift_until_at = ON_SHIFT, until
    _tell(session, row)
    return True


def end_shift(session: Session, agent_id: str, *, now: datetime) -> bool:
    """Off shift: gets nothing new. What is aboard is still to be brought."""
    row = _held(session, agent_id)
    if row.status == OFF_SHIFT:
        return False
    row.status, row.shift_from_at, row.shift_until_at = OFF_SHIFT, None, now
    _tell(session, row)
    return True


def mark_out(session: Session, agent_id: str) -> bool:
    """Sick or broken down: others take over."""
    row = _held(session, agent_id)
    if row.status == OUT:
        return False
    row.status = OUT
    _tell(session, row)
    return True


def mark_back(session: Session, agent_id: str, *, now: datetime) -> bool:
    """Able again: on shift until its old end, or off shift when that is past."""
    row = _held(session, agent_id)
    if row.status != OUT:
        return False
    goes_on = row.shift_until_at is not None and row.shift_until_at > now
    row.status = ON_SHIFT if goes_on else OFF_SHIFT
    _tell(session, row)
    return True


def report_position(
    session: Session,
    agent_id: str,
    *,
    lat: float,
    lon: float,
    observed_at: datetime,
    now: datetime,
) -> bool:
    """Where the courier is; False for a word older than the last one.

    Errors: NotOnShiftError; BadPositionError for a place that is not on earth, a time
    to come, or a jump faster than anything on wheels.
    """
    row = _held(session, agent_id)
    if row.status == OFF_SHIFT:
        raise NotOnShiftError("your position is taken only while you are on shift")
    try:
        lat, lon = checked_position(lat, lon)
    except InvalidInputError as error:
        raise BadPositionError(str(error), field=error.field) from error
    if observed_at > now + AHEAD_MAX:
        raise BadPositionError(
            f"the position is from the future: {observed_at.isoformat()}",
            field="observed_at",
        )
    observed_at = min(observed_at, now)
    if observed_at <= row.position_at:
        return False
    if row.shift_from_at is not None and row.position_at >= row.shift_from_at:
        _check_jump(row, lat, lon, observed_at)
    row.lat, row.lon, row.position_at = lat, lon, observed_at
    _tell(session, row)
    return True


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great circle between two (lat, lon) in degrees, in metres (haversine)."""
    lat_1, lon_1, lat_2, lon_2 = map(math.radians, (*one, *other))
    chord = (
        math.sin((lat_2 - lat_1) / 2) ** 2
        + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def _check_jump(row: CourierRow, lat: float, lon: float, at: datetime) -> None:
    elapsed_s = (at - row.position_at).total_seconds()
    way_m = distance_m((row.lat, row.lon), (lat, lon))
    if way_m > JUMP_M + elapsed_s * SPEED_MAX_M_PER_S:
        raise BadPositionError(
            f"{way_m:.0f} m in {elapsed_s:.0f} s: nobody is that fast", field="lat"
        )


def _held(session: Session, agent_id: str) -> CourierRow:
    row = session.get(
        CourierRow, agent_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFoundError(f"there is no courier {agent_id[:64]!r}", field="agent_id")
    return row


def _given(value: int | None, usual: int, field: str) -> int:
    if value is None:
        return usual
    if not 0 <= value <= 10_000_000:
        raise InvalidInputError(f"{field} is out of range: {value}", field=field)
    return value


def _tell(session: Session, row: CourierRow) -> None:
    announce(session, f"courier/{row.agent_id}", "map")
