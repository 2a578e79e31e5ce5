"""Announcements reach every reader once, from any thread, and none holds another."""

import asyncio
import threading
from collections.abc import Callable, Iterable

import pytest

from orchestrator.doors.web import live
from orchestrator.doors.web.live import Announcement, Feed

LIMIT_S = 60


def heard(
    feed: Feed, since: int, topics: Iterable[str], act: Callable[[], None], want: int
) -> list[Announcement]:
    """Run one reader until it has heard `want` announcements; `act` runs meanwhile."""

    async def read() -> list[Announcement]:
        thread = threading.Thread(target=act)
        lines: list[Announcement] = []
        async with asyncio.timeout(LIMIT_S):
            async for line in feed.after(since, frozenset(topics)):
                if not thread.ident:
                    thread.start()
                if line is not None:
                    lines.append(line)
                if len(lines) >= want:
                    break
        thread.join()
        return lines

    return asyncio.run(read())


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK_S", 0.05)
    monkeypatch.setattr(live, "PAUSE_S", 0.01)


def test_another_thread_is_heard(feed: Feed) -> None:
    lines = heard(feed, 0, ["plan-changed"], lambda: feed.announce("plan-changed"), 1)
    assert [(line.topic, line.number) for line in lines] == [("plan-changed", 1)]


def test_only_followed_topics_and_the_last_of_each(feed: Feed) -> None:
    for payload in ("one", "two"):
        feed.announce("map-moved", payload)
        feed.announce("plan-changed")
    feed.announce("order-12345678")
    lines = heard(feed, 0, ["map-moved", "order-12345678"], lambda: None, 2)
    assert [(line.topic, line.payload) for line in lines] == [
        ("map-moved", "two"),
        ("order-12345678", ""),
    ]


def test_nothing_is_missed_when_many_threads_announce(feed: Feed) -> None:
    topics = [f"job-{number:08d}" for number in range(200)]

    def announce_all() -> None:
        parts = [
            threading.Thread(target=lambda part=part: [*map(feed.announce, part)])
            for part in (topics[::2], topics[1::2])
        ]
        for part in parts:
            part.start()
        for part in parts:
            part.join()

    lines = heard(feed, 0, topics, announce_all, len(topics))
    assert sorted(line.topic for line in lines) == topics


def test_a_reader_behind_the_ring_is_told_to_read_again() -> None:
    feed = Feed(boot="boot1", keep=10)
    for _ in range(20):
        feed.announce("plan-changed")
    assert not feed.knows(5)
    assert feed.knows(10)
    (line,) = heard(feed, 5, ["plan-changed"], lambda: None, 1)
    assert line.topic == live.STALE


def test_closing_ends_every_reader(feed: Feed) -> None:
    async def read() -> int:
        ended = 0

        async def one() -> None:
            nonlocal ended
            async for _ in feed.after(0, frozenset()):
                pass
            ended += 1

        readers = [asyncio.create_task(one()) for _ in range(50)]
        await asyncio.sleep(0.02)
        threading.Thread(target=feed.close).start()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*readers)
        return ended

    assert asyncio.run(read()) == 50


@pytest.mark.parametrize("name", ["", "x", "Plan", "plan changed", "a" * 81, "a\nb"])
def test_what_is_no_topic_is_refused(feed: Feed, name: str) -> None:
    with pytest.raises(ValueError, match="a topic is"):
        feed.announce(name)
