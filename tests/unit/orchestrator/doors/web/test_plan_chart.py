"""Bars stand where their hours are, in order, and wide enough to hit."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.doors.web.plan_view import (
    BAR_WIDTH_MIN_PX,
    WIDTH_MIN_PX,
    PlanLine,
    PlannedJob,
    chart_of,
)
from orchestrator.doors.web.states import Shown

START = datetime.fromisoformat("2026-11-24T09:00:00+00:00")


def line_of(*minutes: tuple[int, int]) -> PlanLine:
    """A machine with jobs (start, length), in minutes from START."""
    jobs = tuple(
        PlannedJob(
            id=f"job-{number}",
            name="Hinge",
            url="#",
            starts_at=START + timedelta(minutes=begin),
            ends_at=START + timedelta(minutes=begin + length),
            state=Shown.WAITING,
        )
        for number, (begin, length) in enumerate(minutes)
    )
    return PlanLine(name="Printer", place="Lab", url="#", jobs=jobs)


def test_an_hour_is_as_wide_as_an_hour() -> None:
    chart = chart_of([line_of((0, 60), (60, 120))], now=START)
    ((_, (first, second)),) = chart.lines
    assert first.left_px == 0
    assert first.width_px == chart.hour_px
    assert second.left_px == chart.hour_px
    assert second.width_px == 2 * chart.hour_px
    assert chart.now_px == 0


def test_an_empty_plan_is_still_drawn() -> None:
    chart = chart_of([line_of()], now=START + timedelta(minutes=30))
    assert chart.width_px >= WIDTH_MIN_PX
    assert chart.now_px == chart.hour_px // 2


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(1, 600)), min_size=1, max_size=20
    )
)
def test_bars_keep_their_order_and_can_be_hit(gaps: list[tuple[int, int]]) -> None:
    minutes, at = [], 0
    for gap, length in gaps:
        minutes.append((at + gap, length))
        at += gap + length
    chart = chart_of([line_of(*minutes)], now=START)
    ((_, bars),) = chart.lines
    lefts = [bar.left_px for bar in bars]
    assert lefts == sorted(lefts)
    assert all(bar.width_px >= BAR_WIDTH_MIN_PX for bar in bars)
    assert all(bar.left_px < chart.width_px for bar in bars)
