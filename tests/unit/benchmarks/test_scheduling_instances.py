"""A job shop is read as its file has it, and no false answer passes its judge."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scheduling.instance import Answer
from benchmarks.scheduling.readers import UnreadableError, best_known, read
from benchmarks.scheduling.referee import judge

TEXT = "2 2 1.5\n2 2 1 3 2 4 1 2 5\n1 1 1 2\n"
GOOD = Answer(
    slots=((0, 0, 0, 0, 3), (0, 1, 1, 3, 8), (1, 0, 0, 3, 5)), bound=8, cpu_s=0.0
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vdata-x.fjs"
    path.write_text(TEXT)
    return path


def test_ways_are_read_job_by_job(file: Path) -> None:
    instance = read(file)
    assert instance.jobs == ((((0, 3), (1, 4)), ((1, 5),)), (((0, 2),),))
    assert (instance.machines, instance.family) == (2, "Hurink vdata")


@pytest.mark.parametrize("text", ["", "2 2\n1 1 1 2\n", "1 1\n1 1 2 2\n", "1 1\n1 1\n"])
def test_what_is_no_job_shop_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(UnreadableError, match="no flexible job shop"):
        read(file)


def test_a_right_schedule_is_valid(file: Path) -> None:
    verdict = judge(read(file), GOOD, (8, 8))
    assert (verdict.makespan, verdict.fault) == (8, "")


@pytest.mark.parametrize(
    "answer",
    [
        replace(GOOD, bound=9),  # above the makespan
        replace(GOOD, slots=GOOD.slots[:2]),  # a job is missing
        replace(GOOD, slots=(*GOOD.slots[:2], (1, 0, 0, 2, 4))),  # two at once
        replace(GOOD, slots=((0, 0, 0, 0, 2), *GOOD.slots[1:])),  # too short
    ],
)
def test_a_false_answer_has_a_fault(file: Path, answer: Answer) -> None:
    assert judge(read(file), answer, (8, 8)).fault


def test_best_known_is_looked_up_by_name() -> None:
    assert best_known("Mk10") == (189, 193)
    assert best_known("none") is None
