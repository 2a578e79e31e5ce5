"""What a lab has of a material: said by people, taken by jobs, and nothing overwritten."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.network.rows import StockMovementRow
from orchestrator.network.stock import (
    NothingToUndoError,
    Said,
    history,
    say_stock,
    stocks,
    undo_movement,
    undoable,
    use_stock,
)


class Shelf:
    """The stock of one lab and one person who counts it."""

    def __init__(self, session: Session, region: Any, now: datetime) -> None:
        self.session, self.lab, self.now = session, region.lab, now
        self.by = region.operator

    def say(
        self, kind: Any, material: str = "PLA", amount: str = ""
    ) -> StockMovementRow | None:
        said = Said(kind=kind, material=material, amount=amount)
        return say_stock(self.session, self.lab, said, by=self.by, now=self.now)

    def count(self, text: str, material: str = "PLA") -> StockMovementRow | None:
        return self.say("counted", material, text)

    def deliver(self, text: str, material: str = "PLA") -> StockMovementRow | None:
        return self.say("delivered", material, text)

    def stop(self) -> StockMovementRow | None:
        return self.say("stopped")

    def undo(self, number: int) -> None:
        undo_movement(self.session, self.lab, number, by=self.by, now=self.now)

    def use(self, grams: float, job_id: str, material: str = "PLA") -> bool:
        return use_stock(
            self.session, self.lab, material, grams, job_id=job_id, now=self.now
        )

    @property
    def there(self) -> dict[str, float]:
        return {one.material: one.grams for one in stocks(self.session, [self.lab])}


@pytest.fixture
def shelf(session: Session, region: Any, now: datetime) -> Shelf:
    return Shelf(session, region, now)


def test_what_is_counted_holds_and_what_comes_is_added(shelf: Shelf) -> None:
    assert shelf.there == {}
    shelf.count("2.5 kg")
    assert shelf.there == {"PLA": 2_500}
    shelf.deliver("1 kg")
    shelf.deliver("0.5 kg", "PETG")
    assert shelf.there == {"PLA": 3_500, "PETG": 500}
    shelf.count("3,0 kg")
    assert shelf.there["PLA"] == 3_000
    assert shelf.count("3000 g") is None
    assert [row.grams for row in history(shelf.session, shelf.lab, "PLA")] == [
        -500,
        1_000,
        2_500,
    ]


def test_a_job_takes_its_material_once(shelf: Shelf) -> None:
    assert not shelf.use(100, "job-0")
    shelf.count("1 kg")
    assert shelf.use(150.5, "job-1")
    assert not shelf.use(150.5, "job-1")
    assert shelf.use(0.25, "job-2", "pla")
    assert not shelf.use(10, "job-3", "PETG")
    assert not shelf.use(10, "job-4", "")
    assert shelf.there == {"PLA": 849.25}


def test_more_taken_than_was_counted_is_shown(shelf: Shelf) -> None:
    shelf.count("100 g")
    shelf.use(150, "job-1")
    assert shelf.there == {"PLA": -50}


def test_the_last_word_of_a_person_can_be_taken_back(shelf: Shelf) -> None:
    first = shelf.count("2 kg")
    shelf.use(300, "job-1")
    second = shelf.count("5 kg")
    assert first is not None
    assert second is not None
    with pytest.raises(NothingToUndoError):
        shelf.undo(first.number)
    shelf.undo(second.number)
    assert shelf.there == {"PLA": 1_700}
    with pytest.raises(NothingToUndoError):
        shelf.undo(second.number)
    shelf.undo(first.number)
    assert shelf.there == {}
    assert undoable(history(shelf.session, shelf.lab)) == frozenset()
    shelf.count("1 kg")
    assert shelf.there == {"PLA": 1_000}


def test_a_lab_may_stop_counting_and_begin_again(shelf: Shelf) -> None:
    shelf.count("2 kg")
    stopped = shelf.stop()
    assert stopped is not None
    assert shelf.stop() is None
    assert shelf.there == {}
    assert not shelf.use(100, "job-1")
    shelf.undo(stopped.number)
    assert shelf.there == {"PLA": 2_000}
    shelf.stop()
    shelf.deliver("750 g")
    assert shelf.there == {"PLA": 750}


def test_each_lab_has_its_own(shelf: Shelf, region: Any) -> None:
    shelf.count("2 kg")
    assert stocks(shelf.session, [region.other_lab]) == []
    number = history(shelf.session, shelf.lab)[0].number
    with pytest.raises(NotFoundError):
        undo_movement(
            shelf.session, region.other_lab, number, by=shelf.by, now=shelf.now
        )


@pytest.mark.parametrize(
    ("material", "text", "field"),
    [
        ("PLA", "2", "amount"),
        ("PLA", "2 h", "amount"),
        ("PLA", "-1 kg", "amount"),
        ("PLA", "11 t", "amount"),
        ("PLA white", "1 kg", "material"),
        ("", "1 kg", "material"),
    ],
)
def test_what_is_no_amount_or_material_is_refused(
    shelf: Shelf, material: str, text: str, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        shelf.count(text, material)
    assert refused.value.field == field
    asked = select(func.count()).select_from(StockMovementRow)
    assert shelf.session.scalar(asked) == 0
