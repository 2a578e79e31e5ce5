"""How long machines are at work: as told, as estimated, or as real jobs took."""

import pytest

from orchestrator.catalogue.estimates.learned import Pace
from orchestrator.catalogue.rows import StepRow
from orchestrator.doors.web.made_in import taken


def step(name: str, process: str, quantity: int = 1) -> StepRow:
    return StepRow(
        name=name,
        process=process,
        quantity=quantity,
        pieces_per_run=1,
        setup_s=100,
        run_s=900,
    )


def test_what_only_a_designer_told_has_no_bounds() -> None:
    made = taken([step("Print", "3DP-FDM", 4)], {}, {}, 3)
    assert (made.takes_s, made.doubt_s, made.jobs) == (12_000, None, 0)


def test_estimates_are_off_together() -> None:
    steps = [step("Print", "3DP-FDM"), step("Cut", "LAS-CUT")]
    made = taken(steps, {}, {"Print": 0.2, "Cut": 0.1})
    assert (made.takes_s, made.doubt_s, made.jobs) == (2_000, pytest.approx(300), 0)
    assert taken(steps, {}, {"Print": 0.2}).doubt_s is None


def test_real_jobs_correct_what_was_told_and_bound_it() -> None:
    pace = Pace(factor=1.5, spread=0.1, jobs=40)
    made = taken([step("Print", "3DP-FDM")], {"3DP-FDM": pace})
    assert made.takes_s == pytest.approx(1_500)
    assert made.jobs == 40
    assert made.doubt_s is not None
    assert 0.1 * 1_500 < made.doubt_s < 0.2 * 1_500
