"""Simulated couriers: they ride the streets, and hand over by the other side's code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orchestrator.entry.demo.client import Client, RefusedError
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.ids import derived_id
from orchestrator.planning.travel import (
    Polyline,
    Profile,
    RegionMap,
    line,
    place_at,
    position_after,
)

HAND_OVER_S = 60
SHIFT = timedelta(hours=15)
SHIFT_LEFT = timedelta(hours=2)

# (kind of stop, order id) to the code that the lab or the shop shows
CodeOf = Callable[[str, str], str]


@dataclass(slots=True, kw_only=True)
class Courier:
    """One courier's day; `step` is called again and again."""

    client: Client
    ground: RegionMap
    profile: Profile
    clock: Clock
    code_of: CodeOf
    lat: float
    lon: float
    _way: Polyline | None = field(default=None, init=False)
    _goal: str = field(default="", init=False)
    _left_at: datetime | None = field(default=None, init=False)
    _there_at: datetime | None = field(default=None, init=False)

    def step(self) -> None:
        """Look at the ride, go on towards the next stop, act when there."""
        ride = self.client.get("/api/v1/ride")
        self._stay_on_shift(ride)
        if not ride["stops"]:
            self._way = None
            return
        stop = ride["stops"][0]
        if self._way is None or self._goal != stop["stop_id"]:
            self._set_out(stop)
        if self._arrived():
            self._act(stop)

    def _stay_on_shift(self, ride: dict[str, Any]) -> None:
        until = ride["shift_until_at"]
        now = self.clock.now()
        if until is None or datetime.fromisoformat(until) - now < SHIFT_LEFT:
            until_at = (now + SHIFT).isoformat()
            self.client.post("/api/v1/couriers/me/shift", {"until": until_at})

    def _set_out(self, stop: dict[str, Any]) -> None:
        here, there = place_at(self.lat, self.lon), place_at(stop["lat"], stop["lon"])
        self._way = line(self.ground, here, there, self.profile)
        self._goal, self._left_at, self._there_at = (
            stop["stop_id"],
            self.clock.now(),
            None,
        )

    def _arrived(self) -> bool:
        if self._way is None or self._left_at is None:
            return False
        now = self.clock.now()
        elapsed_s = (now - self._left_at).total_seconds()
        if self._there_at is None:
            self.lat, self.lon = position_after(self._way, elapsed_s)
            body = {"lat": self.lat, "lon": self.lon, "observed_at": now.isoformat()}
            self.client.post("/api/v1/couriers/me/position", body)
            if elapsed_s >= self._way.seconds[-1]:
                self._there_at = now
        return (
            self._there_at is not None
            and (now - self._there_at).total_seconds() >= HAND_OVER_S
        )

    def _act(self, stop: dict[str, Any]) -> None:
        kind, order_id = stop["kind"], stop["order_id"]
        if kind == "pickup" and not stop["is_ready"]:
            return
        act = {
            "id": derived_id("act", stop["stop_id"], kind),
            "kind": "picked-up" if kind == "pickup" else "delivered",
            "acted_at": self.clock.now().isoformat(),
            "order_id": order_id,
            "code": self.code_of(kind, order_id),
        }
        try:
            self.client.post("/api/v1/acts", act)
        except RefusedError as refused:
            if refused.code not in {"not-your-stop", "out-of-turn", "conflict"}:
                raise
        self._way = None
