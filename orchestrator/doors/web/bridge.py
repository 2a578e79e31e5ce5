"""From what a transaction changed to what open pages hear: the topics of the feed."""

import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from orchestrator.doors.web import live
from orchestrator.doors.web.access import ALARMS_CHANGED, DESIGNS_CHANGED, topic_of
from orchestrator.doors.web.live import TOPIC, Feed
from orchestrator.doors.web.map_view import MapSpot, moves_payload
from orchestrator.doors.web.states import Shown
from orchestrator.foundation import changes
from orchestrator.foundation.database import Sessions
from orchestrator.network.couriers import couriers
from orchestrator.orders.rows import OrderRow

TOPIC_OF_CHANGE: Final = {
    "plan": live.PLAN_CHANGED,
    "ledger": live.LEDGER_GREW,
    "votes": live.VOTES_CHANGED,
    "what-if": live.WHAT_IF,
    "orders": live.ORDERS_CHANGED,
    "alarms": ALARMS_CHANGED,
    "designs": DESIGNS_CHANGED,
}
KINDS: Final = frozenset({"order", "machine", "lab", "courier", "ride", "design"})
MAP: Final = "map"
log = structlog.get_logger()


class Bridge:
    """Hears every commit of this process. A commit never waits for what is read here:
    what must be looked up (whose order it was, where a courier is) has its own thread.
    """

    def __init__(self, feed: Feed, readers: Sessions) -> None:
        self._feed = feed
        self._readers = readers
        self._heard: SimpleQueue[frozenset[str] | None] = SimpleQueue()
        self._shift_of: dict[str, str] = {}
        self._thread = threading.Thread(
            target=self._run, name="page-bridge", daemon=True
        )
        self._forget: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._forget = changes.listen(self._hear)

    def stop(self) -> None:
        """Hear no more, and finish what was heard."""
        if self._forget is not None:
            self._forget()
        self._heard.put(None)
        self._thread.join()

    def _hear(self, topics: frozenset[str]) -> None:
        self._announce(plain_topics(topics))
        if any(_kind(topic) in {"order", "courier"} for topic in topics):
            self._heard.put(topics)
        elif MAP in topics:
            self._feed.announce(live.MAP_CHANGED)

    def _announce(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if TOPIC.fullmatch(topic):  # an odd id has no page
                self._feed.announce(topic)

    def _run(self) -> None:
        while (topics := self._heard.get()) is not None:
            try:
                with self._readers() as session:
                    self._look_up(session, topics)
            except SQLAlchemyError as error:  # pages miss one word, the node goes on
                log.warning("pages were not told of a change", exc_info=error)

    def _look_up(self, session: Session, topics: frozenset[str]) -> None:
        order_ids = _names(topics, "order")
        courier_ids = _names(topics, "courier")
        if order_ids:
            self._announce(_topics_of_orders(session, order_ids))
        moved_only = MAP in topics and not order_ids
        if courier_ids:
            moved_only &= not self._tell_moves(session)
            moved_only &= all(_kind(topic) in {"courier", MAP} for topic in topics)
        if not moved_only:
            self._feed.announce(live.MAP_CHANGED)

    def _tell_moves(self, session: Session) -> bool:
        """Tell where couriers are; whether anybody began or ended a shift meanwhile."""
        rows = couriers(session)
        shift_of = {row.agent_id: row.status for row in rows}
        changed = shift_of != self._shift_of
        self._shift_of = shift_of
        spots = [
            MapSpot(
                id=row.agent_id,
                name="",
                lon=row.lon,
                lat=row.lat,
                state=Shown.RUNNING,
            )
            for row in rows
            if row.status != "off-shift"
        ]
        self._feed.announce(live.MAP_MOVED, moves_payload(spots))
        return changed


def tell_pages(feed: Feed, readers: Sessions) -> Callable[[], None]:
    """Tell open pages of every commit from now on; returns the way to stop."""
    bridge = Bridge(feed, readers)
    bridge.start()
    return bridge.stop


def plain_topics(topics: Iterable[str]) -> list[str]:
    """The feed's topics that follow from the names alone, each once, sorted."""
    found: set[str] = set()
    for topic in topics:
        kind, _, name = topic.partition("/")
        if topic in TOPIC_OF_CHANGE:
            found.add(TOPIC_OF_CHANGE[topic])
        elif kind in KINDS and name:
            found.add(topic_of(kind, name))
            if kind == "machine":
                found.add(live.MACHINES_CHANGED)
    return sorted(found)


def _topics_of_orders(session: Session, order_ids: list[str]) -> list[str]:
    rows = session.execute(
        select(OrderRow.shop_id, OrderRow.courier_id, OrderRow.track_code).where(
            OrderRow.id.in_(order_ids)
        )
    )
    found: set[str] = set()
    for shop_id, courier_id, track_code in rows:
        found |= {topic_of("shop", shop_id), topic_of("track", track_code)}
        if courier_id is not None:
            found.add(topic_of("ride", courier_id))
    return sorted(found)


def _names(topics: Iterable[str], kind: str) -> list[str]:
    return sorted(
        topic.partition("/")[2] for topic in topics if topic.startswith(f"{kind}/")
    )


def _kind(topic: str) -> str:
    return topic.partition("/")[0]
