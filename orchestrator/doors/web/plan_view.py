"""The plan as a picture: where each job's bar stands on its machine's line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from orchestrator.doors.web.states import Shown

HOUR_S = 3_600
BAR_WIDTH_MIN_PX = 28  # a finger and a pointer must hit it
HOUR_WIDTH_MIN_PX = 96
HOUR_WIDTH_MAX_PX = 480
HOURS_MAX = 72
WIDTH_MIN_PX = 1_080


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """One job on one machine. `word` replaces the state's own word."""

    id: str
    name: str
    url: str
    starts_at: datetime
    ends_at: datetime
    state: Shown
    word: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One machine and its jobs in order of start."""

    name: str
    place: str
    url: str
    jobs: tuple[PlannedJob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where a job is drawn, in px from the chart's start."""

    job: PlannedJob
    left_px: int
    width_px: int


type DrawnLine = tuple[PlanLine, tuple[Bar, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChart:
    """A drawn plan: lines of bars, full hours, and where now is (None: outside)."""

    width_px: int
    hour_px: int
    lines: tuple[DrawnLine, ...]
    hours: tuple[tuple[datetime, int], ...]
    now_px: int | None

    @property
    def labs(self) -> tuple[tuple[str, tuple[DrawnLine, ...]], ...]:
        """The lines of each lab together, in the order given."""
        by_lab = groupby(self.lines, key=lambda drawn: drawn[0].place)
        return tuple((name, tuple(drawn)) for name, drawn in by_lab)


def chart_of(
    lines: Sequence[PlanLine],
    *,
    now: datetime,
    window: tuple[datetime, datetime] | None = None,
) -> PlanChart:
    """Draw the plan from the hour before its first start to the hour after its end.

    Or, with `window`, only what is between two moments. The shortest job decides how
    wide an hour is, within limits; at most HOURS_MAX hours are drawn (the twin table
    holds all), at least WIDTH_MIN_PX wide.
    """
    jobs = [job for line in lines for job in line.jobs]
    first, last = window or (
        min([now, *(job.starts_at for job in jobs)]),
        max([now, *(job.ends_at for job in jobs)]),
    )
    start = _full_hour(first)
    end = _full_hour(last) + timedelta(hours=0 if window else 1)
    hour_px = _hour_width_px(jobs)
    hours_min = 1 if window else math.ceil(WIDTH_MIN_PX / hour_px)
    needed = round((end - start).total_seconds() / HOUR_S)
    hours = min(max(needed, hours_min), HOURS_MAX)
    width_px = hours * hour_px

    def at_px(moment: datetime) -> int:
        return round((moment - start).total_seconds() / HOUR_S * hour_px)

    def bar_of(job: PlannedJob) -> Bar:
        left_px = max(at_px(job.starts_at), 0)
        right_px = min(at_px(job.ends_at), width_px)
        width = max(right_px - left_px, BAR_WIDTH_MIN_PX)
        return Bar(job=job, left_px=left_px, width_px=width)

    return PlanChart(
        width_px=width_px,
        hour_px=hour_px,
        lines=tuple(
            (
                line,
                tuple(
                    bar_of(job)
                    for job in line.jobs
                    if at_px(job.starts_at) < width_px and at_px(job.ends_at) > 0
                ),
            )
            for line in lines
        ),
        hours=tuple(
            (start + timedelta(hours=hour), hour * hour_px) for hour in range(hours)
        ),
        now_px=at_px(now) if 0 <= at_px(now) <= width_px else None,
    )


def _hour_width_px(jobs: Sequence[PlannedJob]) -> int:
    shortest_s = min(
        ((job.ends_at - job.starts_at).total_seconds() for job in jobs),
        default=float(HOUR_S),
    )
    wished = BAR_WIDTH_MIN_PX * HOUR_S / max(shortest_s, 1.0)
    return round(min(max(wished, HOUR_WIDTH_MIN_PX), HOUR_WIDTH_MAX_PX))


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
