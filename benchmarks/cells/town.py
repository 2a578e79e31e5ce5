"""A region with open orders, as rows in a database: what is assumed, in one place.

- Roads of Liechtenstein (OpenStreetMap); labs, shops and couriers lie at street corners
  drawn evenly.
- For each 100 open orders 6 labs with three printers, a laser cutter and a plotter,
  9 couriers on bicycles and 10 shops.
- Orders: a print of 20 to 60 minutes (70 %) or a cut of 10 (30 %), promised in 4 to
  9 hours.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert

from benchmarks.data import data_folder
from orchestrator.catalogue.rows import DesignRow, DesignVersionRow, StepRow
from orchestrator.commons.rulebook import found
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.entry.region_roads import read_roads
from orchestrator.foundation import migrate
from orchestrator.foundation.database import Base, Sessions, engine_of, readers, writers
from orchestrator.members.rows import AgentRow, DeviceRow
from orchestrator.network.rows import (
    CourierRow,
    DeviceLifeRow,
    FacilityRow,
    MachineRow,
    PlaceRow,
)
from orchestrator.orders.rows import ClearanceRow, OrderRow, QuoteRow
from orchestrator.planning.travel import RegionMap
from routing.travel.graph import RoadGraph
from routing.travel.matrix import Profile
from routing.travel.speeds import ACCESS_BIT, RoadKind

EIGHT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LABS, COURIERS, SHOPS = 6, 9, 10  # for each hundred orders
ALWAYS = [[day, 0, 1_440] for day in range(7)]
MACHINES = (
    ("fdm-printer", "3DP", "marlin", "PLA"),
    ("fdm-printer", "3DP", "marlin", "PLA"),
    ("fdm-printer", "3DP", "marlin", "PLA"),
    ("laser-cutter", "LAS", "grbl", "plywood-4mm"),
    ("pen-plotter", "ASM", "grbl", "plywood-4mm"),
)
DESIGNS = (  # process as in MACHINES, seconds a run
    ("hook", 0, 1_200),
    ("planter", 0, 2_400),
    ("lamp", 0, 3_600),
    ("coaster", 3, 600),
)
SHARES = (0.3, 0.2, 0.2, 0.3)


@dataclass(kw_only=True)
class Town:
    """The region's database; its clock stands until it is turned."""

    engine: Engine
    sessions: Sessions
    reading: Sessions
    ground: RegionMap
    labs: list[str]
    couriers: list[str]
    shops: list[str]
    draw: random.Random
    at: datetime = EIGHT
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return (self.at - EIGHT).total_seconds()

    def sleep(self, duration_s: float) -> None:
        self.at += timedelta(seconds=duration_s)

    def order_rows(self, orders: int) -> Iterator[tuple[type[Base], dict[str, Any]]]:
        """So many orders more: gate, quote and order of each."""
        for _ in range(orders):
            yield from _order(self, next(self.numbers))


@cache
def roads() -> RoadGraph:
    """The roads of Liechtenstein."""
    return read_roads(data_folder("osm") / "liechtenstein-latest.osm.pbf")


def town(folder: Path, *, orders: int, seed: int) -> Town:
    """A region with so many open orders that nobody has planned yet."""
    engine = engine_of(f"sqlite:///{folder / 'region.db'}")
    migrate.upgrade(engine)
    migrate.know_all_rows()
    hundreds = max(1, round(orders / 100))
    draw = random.Random(seed)
    labs = [f"lab-{number:05}" for number in range(LABS * hundreds)]
    couriers = [f"rider-{number:05}" for number in range(COURIERS * hundreds)]
    shops = [f"shop-{number:05}" for number in range(SHOPS * hundreds)]
    made = Town(
        engine=engine,
        sessions=writers(engine),
        reading=readers(engine),
        ground=RegionMap(region="liechtenstein", roads=roads(), attribution=""),
        labs=labs,
        couriers=couriers,
        shops=shops,
        draw=draw,
    )
    corners = _corners(len(labs) + len(couriers) + len(shops), seed)
    with made.sessions.begin() as session:
        found(session, PLAN_WEIGHTS, now=EIGHT)
    store(made, _people(("network", *couriers, *shops)))
    store(made, _designs())
    store(made, _ground_rows(made, corners))
    store(made, made.order_rows(orders))
    return made


def store(made: Town, rows: Iterator[tuple[type[Base], dict[str, Any]]]) -> None:
    """Write rows of many tables, each table at once, in the order of their keys."""
    by_table: dict[type[Base], list[dict[str, Any]]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    with made.sessions.begin() as session:
        for table, all_rows in by_table.items():
            session.execute(insert(table), all_rows)


def _corners(wanted: int, seed: int) -> Iterator[tuple[float, float]]:
    graph = roads()
    is_street = (graph.kinds <= RoadKind.RESIDENTIAL) & (
        graph.access & ACCESS_BIT[Profile.BICYCLE] > 0
    )
    nodes = np.unique(graph.heads[is_street])
    for node in np.random.default_rng(seed).choice(nodes, wanted):
        yield (
            float(graph.latitudes_e6[node] / 1e6),
            float(graph.longitudes_e6[node] / 1e6),
        )


def _people(names: Sequence[str]) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    for name in names:
        yield (
            AgentRow,
            {
                "id": name,
                "kind": "organisation",
                "name": name,
                "legal_form": "worker-cooperative",
                "created_at": EIGHT,
            },
        )


def _designs() -> Iterator[tuple[type[Base], dict[str, Any]]]:
    for name, machine, run_s in DESIGNS:
        kind, process, dialect, material = MACHINES[machine]
        yield (
            DesignRow,
            {"id": name, "title": name, "designer_id": "network", "created_at": EIGHT},
        )
        yield (
            DesignVersionRow,
            {
                "id": f"{name}-1",
                "design_id": name,
                "number": 1,
                "title": name,
                "summary": name,
                "manifest": b"",
                "manifest_media_type": "application/toml",
                "licence": "CERN-OHL-S-2.0",
                "licensor": "network",
                "content_hash": name,
                "fee_cents": 0,
                "published_at": EIGHT,
            },
        )
        yield (
            StepRow,
            {
                "id": f"{name}-step",
                "version_id": f"{name}-1",
                "position": 0,
                "name": name,
                "process": process,
                "machine_kind": kind,
                "dialect": dialect,
                "program_sha256": None,
                "material": material,
                "material_g": 10.0,
                "box_x_mm": 40.0,
                "box_y_mm": 30.0,
                "box_z_mm": 5.0,
                "setup_s": 60,
                "run_s": run_s,
                "labour_s": 120,
                "pieces_per_run": 4,
            },
        )


def _ground_rows(
    made: Town, corners: Iterator[tuple[float, float]]
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    for name in made.labs:
        lat, lon = next(corners)
        yield (
            FacilityRow,
            {
                "id": name,
                "name": name,
                "owner_id": "network",
                "address": name,
                "lat": lat,
                "lon": lon,
                "opening": ALWAYS,
                "zone": "UTC",
                "created_at": EIGHT,
            },
        )
        yield from _machines(name)
    for name in made.couriers:
        lat, lon = next(corners)
        yield (
            CourierRow,
            {
                "agent_id": name,
                "profile": "bicycle",
                "capacity_pieces": 12,
                "capacity_g": 15_000,
                "cost_per_km_cents": 10,
                "cost_per_hour_cents": 1_800,
                "lat": lat,
                "lon": lon,
                "position_at": EIGHT,
                "status": "on-shift",
                "shift_from_at": EIGHT,
                "shift_until_at": EIGHT + timedelta(hours=12),
            },
        )
    for name in made.shops:
        lat, lon = next(corners)
        place = {"id": name, "agent_id": name, "name": name, "address": name}
        yield PlaceRow, {**place, "lat": lat, "lon": lon}


def _machines(lab: str) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    yield (
        DeviceRow,
        {
            "id": f"{lab}-pi",
            "name": lab,
            "facility_id": lab,
            "owner_id": "network",
            "public_key": lab.encode(),
            "key_id": lab,
            "token_hash": lab,
            "broker_hash": lab,
            "epoch": 1,
            "enrolled_at": EIGHT,
        },
    )
    yield (
        DeviceLifeRow,
        {
            "device_id": f"{lab}-pi",
            "online": True,
            "epoch": 1,
            "since": EIGHT,
            "last_seen_at": EIGHT,
        },
    )
    for number, (kind, process, dialect, material) in enumerate(MACHINES):
        yield (
            MachineRow,
            {
                "id": f"{lab}-{number}",
                "facility_id": lab,
                "device_id": f"{lab}-pi",
                "name": f"{kind} {number} of {lab}",
                "kind": kind,
                "dialect": dialect,
                "capability": {
                    "processes": [process],
                    "envelope_x_mm": 300,
                    "envelope_y_mm": 300,
                    "envelope_z_mm": 300,
                    "materials": [{"code": material, "remaining_g": None}],
                },
                "capability_at": EIGHT,
                "hourly_cents": 600,
                "state": "idle",
                "told_state": "idle",
                "state_at": EIGHT,
                "since_at": EIGHT,
            },
        )


def _order(made: Town, number: int) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    (design,) = made.draw.choices(DESIGNS, SHARES)
    shop = made.draw.choice(made.shops)
    due_at = made.at + timedelta(minutes=made.draw.randint(240, 540))
    wanted = {
        "shop_id": shop,
        "design_version_id": f"{design[0]}-1",
        "clearance_id": f"gate-{number}",
        "place_id": shop,
        "quantity": made.draw.randint(1, 4),
        "wished_at": due_at,
        "latest_at": due_at,
        "price_cents": 0,
        "currency": "EUR",
        "price_parts": {},
        "promised_from_at": due_at - timedelta(hours=1),
        "promised_to_at": due_at,
    }
    yield (
        ClearanceRow,
        {
            "id": f"gate-{number}",
            "design_version_id": f"{design[0]}-1",
            "agent_id": shop,
            "who": "anyone",
            "use": "make-and-sell",
            "verdict": "allow",
            "licence": "CERN-OHL-S-2.0",
            "reasons": [],
            "duties": [],
            "rule_version": "licence-gate-1",
            "decided_at": made.at,
        },
    )
    yield (
        QuoteRow,
        {
            **wanted,
            "id": f"quote-{number}",
            "tariff_version": "none",
            "machine_names": [],
            "rejections": [],
            "made_at": made.at,
            "expires_at": made.at,
        },
    )
    yield (
        OrderRow,
        {
            **wanted,
            "id": f"order-{number:06}",
            "number": number,
            "idempotency_key": f"order-{number}",
            "content_hash": design[0],
            "licence": "CERN-OHL-S-2.0",
            "quote_id": f"quote-{number}",
            "terms_hash": design[0],
            "state": "placed",
            "pickup_code": f"{number}",
            "delivery_code": f"{number}",
            "track_code": f"track-{number}",
            "placed_at": made.at,
        },
    )
