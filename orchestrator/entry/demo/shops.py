"""Simulated shops: they ask for a quote, look at it, and place the order."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from orchestrator.entry.demo.client import Client, RefusedError
from orchestrator.entry.demo.seed import SeededShop
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.ids import derived_id

WISHED_IN = timedelta(hours=2)
LATEST_IN = timedelta(hours=8)
QUANTITY_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """So many of this design for this shop."""

    number: int
    shop: SeededShop
    design_key: str
    version_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of a wish: an order, or the reason why not."""

    wish: Wish
    order_id: str | None
    refusal: str | None


def wishes(
    shops: Sequence[SeededShop], version_of: dict[str, str], *, seed: int
) -> Iterator[Wish]:
    """Endless wishes, the same for the same seed; every design comes in turn."""
    draw = random.Random(seed)  # noqa: S311 - a play, no secret
    keys = sorted(version_of)
    number = 0
    while True:
        draw.shuffle(keys)
        for key in keys:
            number += 1
            yield Wish(
                number=number,
                shop=draw.choice(shops),
                design_key=key,
                version_id=version_of[key],
                quantity=draw.randint(1, QUANTITY_MAX),
            )


def place(
    client: Client, wish: Wish, clock: Clock, *, again: Callable[[], bool]
) -> Placed:
    """Quote and order as the shop.

    `again` rests when an answer to the order is lost, and says whether to ask once more.
    Errors: httpx.TransportError while nobody answers.
    """
    now = clock.now()
    asked = {
        "design_version_id": wish.version_id,
        "place_id": wish.shop.place_id,
        "quantity": wish.quantity,
        "wished_at": (now + WISHED_IN).isoformat(),
        "latest_at": (now + LATEST_IN).isoformat(),
    }
    try:
        quote = client.post("/api/v1/quotes", asked)
        if quote["refusal"] is not None:
            return _refused(wish, _words(quote["refusal"]))
        order = _accept(client, wish, quote["id"], again)
    except RefusedError as refused:
        return _refused(wish, str(refused))
    return Placed(wish=wish, order_id=order["id"], refusal=None)


def _accept(
    client: Client, wish: Wish, quote_id: str, again: Callable[[], bool]
) -> Any:
    """Say yes to this one quote: however often it is said, it is one order."""
    key = derived_id("order", quote_id, str(wish.number))
    while True:
        try:
            return client.post(
                "/api/v1/orders", {"quote_id": quote_id}, idempotency_key=key
            )
        except httpx.TransportError:
            if not again():
                raise


def _refused(wish: Wish, words: str) -> Placed:
    return Placed(wish=wish, order_id=None, refusal=words)


def _words(refusal: dict[str, Any]) -> str:
    helps = "; ".join(str(line) for line in refusal.get("helps") or [])
    return f"{refusal.get('text', '')} {helps}".strip()
