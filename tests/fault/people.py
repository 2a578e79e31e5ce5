"""Shops, couriers and operators of a region; each notes what the network acknowledged."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from orchestrator.entry.demo.client import Client, RefusedError, http_client
from orchestrator.entry.demo.couriers import Courier
from orchestrator.entry.demo.report import open_orders
from orchestrator.entry.demo.shops import Placed, Wish, place, wishes
from orchestrator.planning.travel import Profile
from tests.fault.region import FaultRegion

STEP_S = 0.3
BETWEEN_ORDERS_S = 1.0


@dataclass(slots=True, kw_only=True)
class Noted:
    """Ids that were answered with yes: the clients' own log."""

    orders: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)  # job to good pieces
    checkpoints: list[str] = field(default_factory=list)  # as signed, oldest first
    surprises: list[str] = field(default_factory=list)  # answers that nobody expects


@dataclass(frozen=True, slots=True, kw_only=True)
class NotingClient(Client):
    """Writes down what it was promised."""

    noted: Noted

    def post(
        self, path: str, body: dict[str, Any], *, idempotency_key: str | None = None
    ) -> Any:
        try:
            told = Client.post(self, path, body, idempotency_key=idempotency_key)
        except RefusedError as refused:
            if refused.status >= 500:
                self.noted.surprises.append(f"{path}: {refused.status} {refused}")
            raise
        if path == "/api/v1/orders":
            self.noted.orders.append(told["id"])
        elif path == "/api/v1/acts":
            self.noted.acts.append(told["id"])
        elif path.endswith("/verdict"):
            self.noted.verdicts[told["id"]] = body["pieces_good"]
        return told


@dataclass(slots=True, kw_only=True)
class People:
    """Everybody of the region. `calm` ends the ordering, not the work."""

    region: FaultRegion
    http: httpx.Client
    draw: random.Random
    designs: tuple[str, ...]
    open_orders_max: int
    noted: Noted = field(default_factory=Noted)
    placed: list[Placed] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    calm: threading.Event = field(default_factory=threading.Event)
    at_rest: threading.Event = field(
        default_factory=threading.Event
    )  # nobody orders now

    def client(self, key: str) -> NotingClient:
        return NotingClient(http=self.http, key=key, noted=self.noted)

    def ride(self) -> None:
        store, cast = self.region.store, self.region.cast
        riders = [
            Courier(
                client=self.client(person.key),
                ground=store.ground,
                profile=Profile(who.profile),
                clock=store.clock,
                code_of=self._code,
                lat=who.lat,
                lon=who.lon,
            )
            for person, who in zip(
                cast.couriers, self.region.world.couriers, strict=True
            )
        ]
        while not self.stop.wait(STEP_S):
            for rider in riders:
                _attempt(rider.step)

    def order(self) -> None:
        """Wish after wish, never too many at once."""
        versions = {
            key: version
            for key, version in self.region.cast.version_of.items()
            if key in self.designs
        }
        wanted = wishes(self.region.cast.shops, versions, seed=self.draw.randrange(99))
        while not self.stop.wait(BETWEEN_ORDERS_S):
            if self.calm.is_set() or self._is_full():
                self.at_rest.set()
                continue
            self.at_rest.clear()
            self._place(next(wanted))

    def judge(self) -> None:
        """Operators look at jobs whose end nobody saw, and say how they ended."""
        while not self.stop.wait(STEP_S):
            for lab in self.region.cast.labs:
                _attempt(lambda lab=lab: self._judge(lab.facility_id, lab.operator.key))

    def witness(self) -> None:
        """Somebody keeps every signed checkpoint that the network ever showed."""
        while not self.stop.wait(STEP_S):
            with contextlib.suppress(httpx.TransportError):
                answer = self.http.get("/api/v1/ledger/checkpoint")
                known = self.noted.checkpoints[-1:]
                if answer.is_success and [answer.text] != known:
                    self.noted.checkpoints.append(answer.text)

    def _code(self, kind: str, order_id: str) -> str:
        side = "pickup_code" if kind == "pickup" else "delivery_code"
        labs = [lab.operator for lab in self.region.cast.labs]
        shops = [shop.person for shop in self.region.cast.shops]
        for person in labs if kind == "pickup" else (*shops, *labs):
            with contextlib.suppress(RefusedError):
                order = self.client(person.key).get(f"/api/v1/orders/{order_id}")
                if order[side] is not None:
                    return str(order[side])
        return ""

    def _is_full(self) -> bool:
        with self.region.store.readers() as session:
            return open_orders(session) >= self.open_orders_max

    def _place(self, wish: Wish) -> None:
        client = self.client(wish.shop.person.key)
        while not self.stop.is_set():
            with contextlib.suppress(httpx.TransportError):
                self.placed.append(
                    place(
                        client,
                        wish,
                        self.region.store.clock,
                        again=lambda: not self.stop.wait(STEP_S),
                    )
                )
                return
            self.stop.wait(STEP_S)

    def _judge(self, facility_id: str, key: str) -> None:
        client = self.client(key)
        for job in client.get(f"/api/v1/facilities/{facility_id}/jobs"):
            if job["state"] == "unknown":
                body = {"pieces_good": self.draw.randint(0, 1), "note": "I looked"}
                client.post(f"/api/v1/jobs/{job['id']}/verdict", body)


@contextlib.contextmanager
def at_work(
    region: FaultRegion,
    *,
    designs: tuple[str, ...],
    open_orders_max: int = 5,
    seed: int = 1,
) -> Iterator[People]:
    """Everybody acts until the block ends."""
    with http_client(region.url) as http:
        people = People(
            region=region,
            http=http,
            draw=random.Random(seed),
            designs=designs,
            open_orders_max=open_orders_max,
        )
        acts = (people.ride, people.order, people.judge, people.witness)
        threads = [threading.Thread(target=act, daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield people
        finally:
            people.stop.set()
            for thread in threads:
                thread.join(timeout=30)


def _attempt(act: Callable[[], None]) -> None:
    """Whom the network refuses, or does not answer, tries again later."""
    with contextlib.suppress(RefusedError, httpx.TransportError):
        act()
