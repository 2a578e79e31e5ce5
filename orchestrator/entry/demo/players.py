"""The people of the demo: shops that order, couriers that ride, each with an own key."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import structlog

from orchestrator.entry.demo.client import Client, RefusedError
from orchestrator.entry.demo.couriers import Courier
from orchestrator.entry.demo.report import open_orders
from orchestrator.entry.demo.seed import Cast
from orchestrator.entry.demo.shops import Placed, Wish, place
from orchestrator.entry.demo.world import World
from orchestrator.entry.node import Store
from orchestrator.planning.travel import Profile

ORDER_EVERY_S = 120  # of the demo's clock
OPEN_ORDERS_MAX = 15
STEP_S = 0.3
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Play:
    """A region under way."""

    store: Store
    cast: Cast
    world: World
    url: str
    http: httpx.Client
    stop: threading.Event = field(default_factory=threading.Event)
    placed: list[Placed] = field(default_factory=list)

    def client(self, key: str) -> Client:
        """Speaks as the holder of this key."""
        return Client(http=self.http, key=key)


@contextlib.contextmanager
def playing(play: Play, wanted: Iterator[Wish], count: int | None) -> Iterator[None]:
    """Let all act until the block ends; `count` None: orders without end."""
    acts: tuple[Callable[[], None], ...] = (
        lambda: _ride(play),
        lambda: _order(play, wanted, count),
    )
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        play.stop.set()
        for thread in threads:
            thread.join(timeout=10)


def _ride(play: Play) -> None:
    riders = [
        Courier(
            client=play.client(person.key),
            ground=play.store.ground,
            profile=Profile(who.profile),
            clock=play.store.clock,
            code_of=lambda kind, order_id: _code(play, kind, order_id),
            lat=who.lat,
            lon=who.lon,
        )
        for person, who in zip(play.cast.couriers, play.world.couriers, strict=True)
    ]
    while not play.stop.wait(STEP_S):
        for rider in riders:
            _attempt(rider.step)


def _code(play: Play, kind: str, order_id: str) -> str:
    """What the lab's or the shop's screen shows for this hand-over."""
    side = "pickup_code" if kind == "pickup" else "delivery_code"
    labs = [lab.operator for lab in play.cast.labs]
    shops = [shop.person for shop in play.cast.shops]
    for person in labs if kind == "pickup" else (*shops, *labs):  # or the next lab
        with contextlib.suppress(RefusedError):
            order = play.client(person.key).get(f"/api/v1/orders/{order_id}")
            if order[side] is not None:
                return str(order[side])
    return ""


def _order(play: Play, wanted: Iterator[Wish], count: int | None) -> None:
    while not play.stop.is_set():
        if count is not None and len(play.placed) >= count:
            return
        if count is None and _is_full(play):
            play.stop.wait(STEP_S)
            continue
        _place(play, next(wanted))
        play.stop.wait(ORDER_EVERY_S / play.store.settings.clock_factor)


def _is_full(play: Play) -> bool:
    with play.store.readers() as session:
        return open_orders(session) >= OPEN_ORDERS_MAX


def _place(play: Play, wish: Wish) -> None:
    """Ask until somebody answers; an answer that got lost never makes two orders."""
    client = play.client(wish.shop.person.key)
    while not play.stop.is_set():
        try:
            placed = place(
                client, wish, play.store.clock, again=lambda: not play.stop.wait(1)
            )
            play.placed.append(placed)
        except httpx.TransportError as error:
            log.warning("nobody answers", error=str(error))
            play.stop.wait(1)
        else:
            return


def _attempt(act: Callable[[], None]) -> None:
    """A player whom the network refuses, or does not answer, tries again later."""
    try:
        act()
    except (RefusedError, httpx.TransportError) as error:
        log.warning("a courier could not act", error=str(error))
