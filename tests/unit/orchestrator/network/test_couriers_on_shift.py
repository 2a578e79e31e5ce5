"""A courier's shift and position: believed only as far as wheels can go."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError, InvalidInputError
from orchestrator.network.couriers import (
    add_courier,
    courier_of,
    couriers,
    distance_m,
    end_shift,
    mark_back,
    mark_out,
    report_position,
    start_shift,
)
from orchestrator.network.errors import BadPositionError, NotOnShiftError

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_a_shift_begins_moves_its_end_and_ends(
    session: Session, region: Any, now: datetime
) -> None:
    assert start_shift(session, region.courier, until=now + 4 * HOUR, now=now)
    assert not start_shift(session, region.courier, until=now + 4 * HOUR, now=now)
    assert start_shift(session, region.courier, until=now + 5 * HOUR, now=now + HOUR)
    row = courier_of(session, region.courier)
    assert (row.status, row.shift_from_at) == ("on-shift", now)
    assert [each.agent_id for each in couriers(session, on_shift_only=True)] == [
        region.courier
    ]
    assert end_shift(session, region.courier, now=now + HOUR)
    assert not end_shift(session, region.courier, now=now + HOUR)
    assert not couriers(session, on_shift_only=True)
    for until in (now, now + 17 * HOUR):
        with pytest.raises(InvalidInputError):
            start_shift(session, region.courier, until=until, now=now)


def test_who_is_out_comes_back_to_the_shift_that_is_left(
    session: Session, region: Any, now: datetime
) -> None:
    start_shift(session, region.courier, until=now + 2 * HOUR, now=now)
    assert mark_out(session, region.courier)
    assert not mark_out(session, region.courier)
    assert mark_back(session, region.courier, now=now + HOUR)
    assert courier_of(session, region.courier).status == "on-shift"
    mark_out(session, region.courier)
    assert mark_back(session, region.courier, now=now + 3 * HOUR)
    assert courier_of(session, region.courier).status == "off-shift"
    assert not mark_back(session, region.courier, now=now + 3 * HOUR)


def test_a_position_is_taken_on_shift_only_and_in_order(
    session: Session, region: Any, now: datetime
) -> None:
    def report(lat: float, at: datetime, lon: float = 24.94) -> bool:
        return report_position(
            session,
            region.courier,
            lat=lat,
            lon=lon,
            observed_at=at,
            now=now + 30 * MINUTE,
        )

    with pytest.raises(NotOnShiftError):
        report(60.17, now)
    start_shift(session, region.courier, until=now + HOUR, now=now + MINUTE)
    assert report(60.30, now + 2 * MINUTE)  # where a shift begins is anywhere
    assert report(60.31, now + 5 * MINUTE)
    assert not report(60.17, now + 3 * MINUTE)  # late
    assert not report(60.17, now + 5 * MINUTE)  # the same moment twice
    with pytest.raises(BadPositionError, match="nobody is that fast"):
        report(61.31, now + 6 * MINUTE)
    with pytest.raises(BadPositionError, match="future"):
        report(60.31, now + 40 * MINUTE)
    for lat, lon in ((91.0, 0.0), (0.0, 181.0), (float("nan"), 0.0)):
        with pytest.raises(BadPositionError):
            report(lat, now + 7 * MINUTE, lon)
    row = courier_of(session, region.courier)
    assert (row.lat, row.position_at) == (60.31, now + 5 * MINUTE)


def test_nobody_is_a_courier_twice(
    session: Session, region: Any, now: datetime
) -> None:
    with pytest.raises(ConflictError):
        add_courier(
            session, agent_id=region.courier, profile="van", lat=0, lon=0, now=now
        )
    with pytest.raises(InvalidInputError):
        add_courier(
            session, agent_id=region.shop, profile="rocket", lat=0, lon=0, now=now
        )


def test_the_great_circle_from_helsinki_to_tallinn() -> None:
    way_m = distance_m((60.1699, 24.9384), (59.4370, 24.7536))
    assert 82_000 < way_m < 82_500
    assert distance_m((0, 0), (0, 180)) == pytest.approx(20_015_087, abs=2_000)
