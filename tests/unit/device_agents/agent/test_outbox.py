"""The outbox keeps what is not receipted, in order, under numbers used once."""

from pathlib import Path
from uuid import uuid4

import pytest

from device_agents.agent import outbox
from device_agents.agent.store import Store, begin_life, lived_as
from device_agents.agent.window import Window
from device_agents.contract.messages import Acknowledgement, Receipt, Refused
from device_agents.errors import StorageError
from tests.unit.device_agents.agent.conftest import NOON


def a_message(number: int) -> Acknowledgement:
    return Acknowledgement(
        command_id=f"cmd-{number}",
        job_id="job-1",
        verdict="accepted",
        observed_at=NOON,
    )


def put(store: Store, count: int) -> list[int]:
    with store.transaction() as writing:
        return [outbox.add(writing, a_message(number)) for number in range(count)]


def waiting(store: Store, after: int = 0, limit: int = 100) -> list[int]:
    with store.reading() as reading:
        found = outbox.pending(reading, after=after, limit=limit)
    return [kept.sequence for kept in found]


def test_messages_wait_in_order_until_their_receipt(store: Store) -> None:
    numbers = put(store, 5)
    assert numbers == sorted(set(numbers))
    with store.transaction() as writing:
        outbox.settle(writing, Receipt(stored=(numbers[1], numbers[3], 999)), NOON)
    assert waiting(store) == [numbers[0], numbers[2], numbers[4]]
    assert waiting(store, after=numbers[0], limit=1) == [numbers[2]]
    with store.reading() as reading:
        assert outbox.one(reading, numbers[1]) is None
        kept = outbox.one(reading, numbers[2])
    assert kept is not None
    assert kept.body == a_message(2)


def test_number_is_never_given_twice_even_when_all_are_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = Store(path)
    last = put(store, 3)[-1]
    with store.transaction() as writing:
        outbox.settle(writing, Receipt(stored=(1, 2, 3)), NOON)
    store.close()
    again = Store(path)
    with again.reading() as reading:
        assert outbox.newest(reading) == last
    assert put(again, 1) == [last + 1]


def test_refused_message_is_put_aside_with_its_reason(store: Store) -> None:
    number = put(store, 1)[0]
    refused = Refused(sequence=number, code="unknown-job", text="no such job")
    with store.transaction() as writing:
        outbox.settle(writing, Receipt(refused=(refused,)), NOON)
        outbox.settle(writing, Receipt(refused=(refused,)), NOON)  # told twice
    with store.reading() as reading:
        aside = outbox.set_aside(reading)
        assert outbox.count(reading) == 0
    assert [(one.sequence, one.code, one.reason) for one in aside] == [
        (number, "unknown-job", "no such job")
    ]


def test_block_that_fails_leaves_nothing_behind(store: Store) -> None:
    def half_done() -> None:
        with store.transaction() as writing:
            outbox.add(writing, a_message(1))
            raise KeyError

    with pytest.raises(KeyError):
        half_done()
    assert waiting(store) == []


def test_disk_that_does_not_keep_is_fatal(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    with store.transaction() as writing:
        writing.execute(f"pragma max_page_count = {_pages(store)}")
    with pytest.raises(StorageError, match="full"):
        put(store, 10_000)
    assert waiting(store) == []


def _pages(store: Store) -> int:
    with store.reading() as reading:
        return int(reading.execute("pragma page_count").fetchone()[0])


def test_each_start_is_one_epoch_more_and_known_again(tmp_path: Path) -> None:
    first, second, stranger = uuid4(), uuid4(), uuid4()
    store = Store(tmp_path / "a.db")
    with store.transaction() as writing:
        assert begin_life(writing, first) == 1
    store.close()
    store = Store(tmp_path / "a.db")
    with store.transaction() as writing:
        assert begin_life(writing, second) == 2
        assert lived_as(writing, first)
        assert not lived_as(writing, stranger)


def test_window_is_bounded_and_late_ones_are_repeated_ever_more_rarely() -> None:
    window = Window(limit=3, patience_s=10, patience_max_s=30)
    for number in (1, 2, 3):
        window.sent(number, now_s=0)
    assert window.room == 0
    window.settled(2)
    assert window.room == 1
    assert window.overdue(9) == []
    assert window.overdue(10) == [1, 3]
    window.sent(1, now_s=10)
    assert window.overdue(29) == [3]
    assert window.overdue(30) == [1, 3]
    window.sent(1, now_s=30)
    assert 1 not in window.overdue(59)
    assert 1 in window.overdue(60)  # never rarer than patience_max_s
    assert window.cursor == 3
    window.restart()
    assert (window.cursor, window.room, window.overdue(99)) == (0, 3, [])
