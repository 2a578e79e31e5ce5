"""Labs, places and alarms: names in any script, and one open alarm for one trouble."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import listen
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.network.alarms import mark_seen, open_alarms, raise_alarm
from orchestrator.network.facilities import (
    close_facility,
    facility_of,
    open_facility,
    set_opening,
)
from orchestrator.network.places import add_place, place_of, places_of
from orchestrator.network.rows import AlarmRow
from orchestrator.network.training import person_hours, set_person_hours
from tests.data import DATA

HOUR = timedelta(hours=1)
BLNS = DATA / "hostile/blns"


def test_a_lab_is_closed_for_a_while(
    session: Session, region: Any, now: datetime
) -> None:
    topics: set[str] = set()
    stop = listen(topics.update)
    assert close_facility(session, region.lab, until=now + HOUR, now=now)
    assert not close_facility(session, region.lab, until=now + HOUR, now=now)
    session.commit()
    stop()
    assert topics == {f"lab/{region.lab}", "map"}
    assert facility_of(session, region.lab).closed_until == now + HOUR
    assert open_facility(session, region.lab)
    assert not open_facility(session, region.lab)
    assert set_opening(session, region.lab, [[4, 0, 60], [0, 60, 120]], now=now)
    assert facility_of(session, region.lab).opening == [[0, 60, 120], [4, 0, 60]]
    with pytest.raises(InvalidInputError):
        close_facility(session, region.lab, until=now, now=now)
    with pytest.raises(NotFoundError):
        facility_of(session, "lab-nowhere")


def test_with_another_zone_the_hours_of_its_people_stay_where_they_are(
    session: Session, region: Any
) -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    set_person_hours(session, region.lab, region.operator, [[0, 22 * 60, 1_440]])
    rows = [[0, 540, 1_020]]
    assert set_opening(session, region.lab, rows, now=summer, zone="Europe/Helsinki")
    assert facility_of(session, region.lab).opening == rows
    (hours,) = person_hours(session, [region.lab]).values()
    assert hours == [[1, 60, 180]]  # Monday's last two hours in UTC


def naughty_strings() -> list[str]:
    if not BLNS.is_dir():
        return [
            "Ω≈ç√∫",
            "<script>alert(1)</script>",
            "田中さん",
            "\u202etest",
            "'; DROP",
        ]
    strings: list[str] = json.loads((BLNS / "blns.json").read_text())
    return strings


def test_any_string_is_kept_as_it_is_or_refused(session: Session, region: Any) -> None:
    kept: dict[str, str] = {}
    for text in naughty_strings():
        try:
            row = add_place(
                session, agent_id=region.shop, name=text, address="x", lat=0, lon=0
            )
        except InvalidInputError:
            bare = text.strip()
            assert not 1 <= len(bare) <= 120 or not bare.isprintable()
        else:
            kept[row.id] = text.strip()
    session.commit()
    session.expire_all()
    assert len(kept) >= 5
    assert {row.id: row.name for row in places_of(session, region.shop)} == kept


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, -181), (float("inf"), 0)])
def test_places_lie_on_earth(
    session: Session, region: Any, lat: float, lon: float
) -> None:
    with pytest.raises(InvalidInputError):
        add_place(
            session, agent_id=region.shop, name="a", address="b", lat=lat, lon=lon
        )
    with pytest.raises(NotFoundError):
        place_of(session, "place-nowhere")


def test_an_alarm_stands_once_until_it_is_seen(session: Session, now: datetime) -> None:
    def alarm(subject: str = "device-1") -> AlarmRow:
        return raise_alarm(
            session, code="twin", subject=subject, text="Two of one.", now=now
        )

    first = alarm()
    assert alarm().id == first.id
    assert alarm("device-2").id != first.id
    assert len(open_alarms(session)) == 2
    assert mark_seen(session, first.id, now=now)
    assert not mark_seen(session, first.id, now=now)
    assert alarm().id != first.id
    with pytest.raises(NotFoundError):
        mark_seen(session, "alarm-nowhere", now=now)


def test_ten_at_once_raise_one_alarm(sessions: Sessions, now: datetime) -> None:
    start = threading.Barrier(10)
    failed: list[BaseException] = []

    def raise_it() -> None:
        try:
            start.wait()
            with sessions.begin() as session:
                raise_alarm(session, code="twin", subject="d", text="t", now=now)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=raise_it) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(AlarmRow)) == 1
