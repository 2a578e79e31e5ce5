"""What tells open pages that something changed: one ring of topics, many streams.

A topic is a name without content: pages that listen read again what they show, with
their own rights. Only positions on the map travel as payload.
"""

import asyncio
import re
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.types import ASGIApp, Receive, Scope, Send

TOPIC = re.compile(r"[a-z0-9][a-z0-9-]{1,79}")
TOPICS_MAX = 60
RING_SIZE = 2_000
PAUSE_S = 0.1  # a page hears a topic at most ten times a second
TICK_S = 5.0  # a page that hears nothing for two ticks says so
RETRY_MS = 1_000
NUMBER_LENGTH_MAX = 15

STALE = "stale"  # the page has missed something and reads everything again

MAP_CHANGED = "map-changed"
MAP_MOVED = "map-moved"
PLAN_CHANGED = "plan-changed"
ORDERS_CHANGED = "orders-changed"
MACHINES_CHANGED = "machines-changed"
WHAT_IF = "what-if"
LEDGER_GREW = "ledger-grew"
VOTES_CHANGED = "votes-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One line of the ring."""

    number: int
    topic: str
    payload: str


class FeedMark:
    """Notes where the feed stood when a request came, before anything was read.

    A change between the reading and the page's first stream is then not lost.
    """

    def __init__(self, app: ASGIApp, feed: "Feed") -> None:
        self.app = app
        self.feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["feed_mark"] = self.feed.mark
        await self.app(scope, receive, send)


class Feed:
    """The last topics announced, and the streams that wait for more."""

    def __init__(self, *, boot: str, keep: int = RING_SIZE) -> None:
        self.boot = boot
        self.closed = False
        self._ring: deque[Announcement] = deque(maxlen=keep)
        self._number = 0
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._waking = False

    @property
    def number(self) -> int:
        """The number of the last announcement; 0 before the first."""
        return self._number

    @property
    def mark(self) -> str:
        """Where the feed stands, as a page hands it back to hear all that follows."""
        return f"{self.boot}-{self._number}"

    def announce(self, topic: str, payload: str = "") -> None:
        """Tell every page that follows `topic`. Any thread; never waits for a page.

        Call it after the commit, else a page reads the old state. Errors: ValueError
        for a name that is no topic (`[a-z0-9-]`, 2 to 80 characters).
        """
        if not TOPIC.fullmatch(topic):
            raise ValueError(f"a topic is 2 to 80 of a-z, 0-9 and '-', got {topic!r}")
        with self._lock:
            self._number += 1
            self._ring.append(
                Announcement(number=self._number, topic=topic, payload=payload)
            )
            wake = self._loop is not None and not self._waking
            self._waking = self._waking or wake
        if wake:
            self._call_loop(self._wake_all)

    def close(self) -> None:
        """End every stream. Safe in a signal handler: takes no lock."""
        self.closed = True
        if self._loop is not None:
            self._call_loop(self._wake_all)

    def knows(self, number: int) -> bool:
        """Whether nothing after `number` has left the ring yet."""
        with self._lock:
            oldest = self._ring[0].number if self._ring else self._number + 1
            return oldest - 1 <= number <= self._number

    async def after(
        self, number: int, topics: Collection[str]
    ) -> AsyncIterator[Announcement | None]:
        """What is announced after `number` on `topics`, the last of each only.

        None stands for a tick, at least every TICK_S seconds. Ends when the feed
        is closed. A reader slower than the ring gets STALE; it never holds others.
        """
        self._loop = asyncio.get_running_loop()
        spoken_at_s = self._loop.time()
        while not self.closed:
            wake = self._wake
            number, news = self._take(number, topics)
            for announcement in news:
                yield announcement
            if news:
                spoken_at_s = self._loop.time()
            elif self._loop.time() - spoken_at_s >= TICK_S:
                spoken_at_s = self._loop.time()
                yield None
            await _wait(wake, spoken_at_s + TICK_S - self._loop.time())
            if not self.closed:
                await asyncio.sleep(PAUSE_S)

    def _take(
        self, number: int, topics: Collection[str]
    ) -> tuple[int, list[Announcement]]:
        missed = not self.knows(number)
        with self._lock:
            last_of_topic: dict[str, Announcement] = {}
            for line in reversed(self._ring):
                if line.number <= number:
                    break
                if line.topic in topics:
                    last_of_topic.setdefault(line.topic, line)
            reached = self._number
        if missed:
            return reached, [Announcement(number=reached, topic=STALE, payload="")]
        return reached, [*reversed(last_of_topic.values())]

    def _call_loop(self, act: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _wake_all(self) -> None:
        self._waking = False
        woken, self._wake = self._wake, asyncio.Event()
        woken.set()


def live_router(
    feed: Feed,
    may_follow: Callable[[Request, str], bool],
    clock_words: Callable[[], str],
) -> APIRouter:
    """`GET /events?topic=…&topic=…`: one stream of the topics the asker may follow.

    Ticks carry `clock_words()`, the network's own time as pages write it.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/events", response_class=EventSourceResponse)
    async def events(
        request: Request,
        topic: Annotated[list[str], Query(max_length=TOPICS_MAX)],
        since: Annotated[str | None, Query(max_length=80)] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        followed = await run_in_threadpool(_allowed, request, topic, may_follow)
        mark = last_event_id or since
        start = _resume_at(feed, mark)
        if mark and start is None:
            yield _event(feed, STALE, "", feed.number)
        async for line in feed.after(feed.number if start is None else start, followed):
            if line is None:
                yield ServerSentEvent(event="tick", raw_data=clock_words())
            else:
                yield _event(feed, line.topic, line.payload, line.number)

    return router


def _allowed(
    request: Request,
    topics: Collection[str],
    may_follow: Callable[[Request, str], bool],
) -> frozenset[str]:
    return frozenset(name for name in topics if may_follow(request, name))


def _resume_at(feed: Feed, mark: str | None) -> int | None:
    """The number to go on from, or None when this ring cannot tell what was missed."""
    boot, _, digits = (mark or "").rpartition("-")
    if boot != feed.boot or not digits.isdecimal() or len(digits) > NUMBER_LENGTH_MAX:
        return None
    return int(digits) if feed.knows(int(digits)) else None


def _event(feed: Feed, name: str, payload: str, number: int) -> ServerSentEvent:
    return ServerSentEvent(
        event=name,
        raw_data=payload or "-",
        id=f"{feed.boot}-{number}",
        retry=RETRY_MS,
    )


async def _wait(wake: asyncio.Event, limit_s: float) -> None:
    try:
        async with asyncio.timeout(max(limit_s, 0.0)):
            await wake.wait()
    except TimeoutError:
        return
