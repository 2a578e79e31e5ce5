"""What the map shows to whom: labs to all, shops and couriers to who has to do with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import couriers_seen
from orchestrator.doors.web.map_view import DECIMALS, Line, MapLeg, MapSpot, MapView
from orchestrator.doors.web.order_words import order_told
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import needs_hands
from orchestrator.members.agents import names_of
from orchestrator.members.principals import Principal
from orchestrator.network.couriers import OFF_SHIFT, OUT, couriers
from orchestrator.network.facilities import facilities
from orchestrator.network.machines import machines
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow, PlaceRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.parts import goal_of, parts_of
from orchestrator.orders.quotes import parts_of_quote
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.orders.views import find_orders, sides_of
from orchestrator.planning.rows import StopRow
from orchestrator.planning.travel import RegionMap, way_points

VEHICLES: Final[Mapping[str, str]] = {
    "foot": "on foot",
    "bicycle": "bicycle",
    "cargo-bike": "cargo bike",
    "van": "van",
}
BEFORE_PICKUP: Final = ("planned", "making", "made")


def region_view(
    session: Session, principal: Principal | None, ground: RegionMap, now: datetime
) -> MapView:
    """The region as this person may see it; None has not signed in."""
    labs = lab_spots(session)
    if principal is None:
        return MapView(as_of=now, labs=labs)
    orders = orders_seen(session, principal)
    return MapView(
        as_of=now,
        labs=labs,
        shops=_shop_spots(session, principal, orders, now),
        couriers=courier_spots(session, principal, ground),
        legs=tuple(_region_legs(session, orders, ground)),
    )


def order_view(
    session: Session,
    principal: Principal,
    order: OrderRow,
    ground: RegionMap,
    now: datetime,
) -> MapView:
    """The order's own way: labs, courier, shop, as this person may see them."""
    place = goal_of(session, order)
    lab = session.get(FacilityRow, order.facility_id or "")
    family = (*parts_of(session, order), order)
    sees_place = bool(sides_of(order, principal) - {"lab"})
    told = order_told(order, now)
    is_whole = order.part_of is None
    shops = [_spot("shop", place, told.shown, told.word)] if is_whole else []
    labs = {one.facility_id for one in family} | {one.to_facility_id for one in family}
    spots = [spot for spot in lab_spots(session) if spot.id in labs]
    courier = None
    if order.courier_id is not None and order.state in OPEN:
        seen = principal.is_steward or order.courier_id in couriers_seen(
            session, principal
        )
        courier = session.get(CourierRow, order.courier_id) if seen else None
    names = names_of(session, [courier.agent_id] if courier else [])
    legs = _legs(order, lab, place, courier, ground) if lab and sees_place else []
    legs = [*_legs_of_parts(session, family[:-1], ground), *legs]
    return MapView(
        as_of=now,
        labs=tuple(spots),
        shops=tuple(shops) if sees_place else (),
        couriers=tuple(
            _courier_spot(one, names, [], ground) for one in (courier,) if one
        ),
        legs=tuple(legs),
    )


def quote_view(
    session: Session, quote: QuoteRow, ground: RegionMap, now: datetime
) -> MapView:
    """What would be made where for the shop that asked, and the ways between."""
    made = (*parts_of_quote(session, quote), quote)
    labs = {one.facility_id for one in made}
    place = session.get_one(PlaceRow, quote.place_id)
    return MapView(
        as_of=now,
        labs=tuple(spot for spot in lab_spots(session) if spot.id in labs),
        shops=(_spot("shop", place, Shown.WAITING, None),),
        legs=tuple(leg for one in made for leg in _offered_leg(session, one, ground)),
    )


def _offered_leg(
    session: Session, quote: QuoteRow, ground: RegionMap
) -> Iterator[MapLeg]:
    lab = session.get(FacilityRow, quote.facility_id or "")
    courier = session.get(CourierRow, quote.courier_id or "")
    if lab is None or courier is None:
        return
    goal = goal_of(session, quote)
    vehicle = VEHICLES.get(courier.profile, courier.profile)
    ends = (lab.lat, lab.lon), (goal.lat, goal.lon)
    yield MapLeg(
        id=f"{quote.id}-bring",
        words=f"{lab.name} to {goal.name}, {vehicle}",
        state="next",
        line=way_points(ground, *ends, courier.profile),
        ends_at=quote.promised_to_at,
    )


def lab_spots(session: Session) -> tuple[MapSpot, ...]:
    """Every lab with what its machines do."""
    rows_of: dict[str, list[MachineRow]] = {}
    for machine in machines(session):
        rows_of.setdefault(machine.facility_id, []).append(machine)
    return tuple(_lab_spot(lab, rows_of.get(lab.id, [])) for lab in facilities(session))


def orders_seen(session: Session, principal: Principal) -> list[OrderRow]:
    """Open orders that the person has to do with, by number."""
    found = {order.id: order for order in find_orders(session, principal, states=OPEN)}
    if "operator" in principal.roles:
        for facility_id in principal.facility_ids:
            more = find_orders(session, principal, states=OPEN, facility_id=facility_id)
            found |= {order.id: order for order in more}
    wholes = [order.id for order in found.values() if order.steps is not None]
    if wholes:
        parts = select(OrderRow).where(
            OrderRow.part_of.in_(wholes), OrderRow.state.in_(OPEN)
        )
        found |= {order.id: order for order in session.scalars(parts)}
    if "courier" in principal.roles:
        carried = session.scalars(
            select(OrderRow).where(
                OrderRow.courier_id == principal.agent_id, OrderRow.state.in_(OPEN)
            )
        )
        found |= {order.id: order for order in carried}
    return sorted(found.values(), key=lambda order: order.number)


def _lab_spot(lab: FacilityRow, rows: Sequence[MachineRow]) -> MapSpot:
    count_of = {
        "run": sum(row.state in {"running", "paused"} for row in rows),
        "hands": sum(needs_hands(row) for row in rows),
        "here": sum(row.state != "offline" for row in rows),
    }
    if not rows:
        state, detail, word = Shown.WAITING, "no machines yet", "New"
    elif not count_of["here"]:
        state, detail, word = (
            Shown.OFFLINE,
            f"{_many(len(rows), 'machine')} silent",
            None,
        )
    elif count_of["hands"]:
        state, word = Shown.NEEDS_YOU, "Needs hands"
        detail = f"{count_of['hands']} of {_many(len(rows), 'machine')} wait for hands"
    elif count_of["run"]:
        state, word = Shown.RUNNING, None
        detail = f"{count_of['run']} of {_many(len(rows), 'machine')} run"
    else:
        state, detail, word = Shown.READY, f"{_many(len(rows), 'machine')} free", "Free"
    return _spot("lab", lab, state, word).model_copy(
        update={"detail": detail, "url": f"/labs/{lab.id}"}
    )


def _spot(
    kind: str, row: FacilityRow | PlaceRow, state: Shown, word: str | None
) -> MapSpot:
    return MapSpot(
        id=row.id,
        name=row.name,
        lon=row.lon,
        lat=row.lat,
        state=state,
        word=word,
        detail=row.address if kind == "shop" else "",
    )


def _shop_spots(
    session: Session, principal: Principal, orders: Iterable[OrderRow], now: datetime
) -> tuple[MapSpot, ...]:
    """Places where an order goes that the person brings, gets or oversees."""
    orders_at: dict[str, list[OrderRow]] = {}
    for order in orders:
        if order.part_of is None and sides_of(order, principal) - {"lab"}:
            orders_at.setdefault(order.place_id, []).append(order)
    if "shop" in principal.roles:
        own = select(PlaceRow.id).where(PlaceRow.agent_id == principal.agent_id)
        for place_id in session.scalars(own):
            orders_at.setdefault(place_id, [])
    rows = session.scalars(
        select(PlaceRow).where(PlaceRow.id.in_(orders_at)).order_by(PlaceRow.name)
    )
    return tuple(_shop_spot(row, orders_at[row.id], now) for row in rows)


def _shop_spot(row: PlaceRow, orders: Sequence[OrderRow], now: datetime) -> MapSpot:
    if not orders:
        return _spot("shop", row, Shown.DONE, "Nothing open")
    first = orders[0]
    told = order_told(first, now)
    many = f"{len(orders)} orders" if len(orders) > 1 else f"order {first.number}"
    url = f"/orders/{first.id}" if len(orders) == 1 else "/orders"
    return _spot("shop", row, told.shown, told.word).model_copy(
        update={"detail": many, "url": url}
    )


def courier_spots(
    session: Session, principal: Principal, ground: RegionMap
) -> tuple[MapSpot, ...]:
    """Couriers on shift whom the person may see; a steward and they know their ways."""
    rows = [row for row in couriers(session) if row.status != OFF_SHIFT]
    if "steward" not in principal.roles:
        seen = couriers_seen(session, principal)
        rows = [row for row in rows if row.agent_id in seen]
    names = names_of(session, [row.agent_id for row in rows])
    # Where somebody else's parcels go is not for a shop to see.
    knows_way = principal.is_steward
    return tuple(
        _courier_spot(
            row,
            names,
            _way_ahead(session, row.agent_id)
            if knows_way or row.agent_id == principal.agent_id
            else [],
            ground,
        )
        for row in rows
    )


def _courier_spot(
    row: CourierRow,
    names: Mapping[str, str],
    ahead: Sequence[tuple[float, float]],
    ground: RegionMap,
) -> MapSpot:
    stops = f"{_many(len(ahead), 'stop')} left, " if ahead else ""
    is_out = row.status == OUT
    points = [(row.lat, row.lon), *ahead]
    line: list[tuple[float, float]] = []
    for start, end in pairwise(points):
        line += [
            (round(lon, DECIMALS), round(lat, DECIMALS))
            for lon, lat in way_points(ground, start, end, row.profile)
        ]
    return MapSpot(
        id=row.agent_id,
        name=names.get(row.agent_id, "Courier"),
        lon=row.lon,
        lat=row.lat,
        state=Shown.PAUSED if is_out else Shown.RUNNING,
        word="Out" if is_out else "On shift",
        detail=f"{stops}{VEHICLES.get(row.profile, row.profile)}",
        line=tuple(line),
    )


def _way_ahead(session: Session, courier_id: str) -> list[tuple[float, float]]:
    """(lat, lon) of the courier's stops that are not done, in order."""
    rows = session.execute(
        select(StopRow.kind, OrderRow)
        .join(OrderRow, OrderRow.id == StopRow.order_id)
        .where(StopRow.courier_id == courier_id, StopRow.state == "planned")
        .order_by(StopRow.position)
    )
    spots = [
        goal_of(session, order)
        if kind == "dropoff"
        else session.get(FacilityRow, order.facility_id or "")
        for kind, order in rows
    ]
    return [(spot.lat, spot.lon) for spot in spots if spot is not None]


def _region_legs(
    session: Session, orders: Iterable[OrderRow], ground: RegionMap
) -> Iterable[MapLeg]:
    """What is on its way now; what is not yet made has no way to show."""
    for order in orders:
        lab = session.get(FacilityRow, order.facility_id or "")
        courier = session.get(CourierRow, order.courier_id or "")
        if order.state != "on-the-way" or lab is None or courier is None:
            continue
        goal = goal_of(session, order)
        legs = _legs(order, lab, goal, courier, ground)
        yield legs[-1].model_copy(
            update={"words": f"Order {order.number}: {legs[-1].words}"}
        )


def _legs_of_parts(
    session: Session, parts: Iterable[OrderRow], ground: RegionMap
) -> Iterator[MapLeg]:
    """From lab to lab."""
    for part in parts:
        lab = session.get(FacilityRow, part.facility_id or "")
        if lab is None:
            continue
        goal = goal_of(session, part)
        courier = session.get(CourierRow, part.courier_id or "")
        is_under_way = part.state == "on-the-way"
        yield _legs(part, lab, goal, courier if is_under_way else None, ground)[-1]


def _legs(
    order: OrderRow,
    lab: FacilityRow,
    place: PlaceRow | FacilityRow,
    courier: CourierRow | None,
    ground: RegionMap,
) -> list[MapLeg]:
    """From the lab to shop or lab; before that, the courier's way to the lab."""
    profile = courier.profile if courier else "bicycle"
    vehicle = VEHICLES.get(profile, profile)
    start, end = (lab.lat, lab.lon), (place.lat, place.lon)
    state: Literal["done", "now", "next"] = "next"
    if order.state == "delivered":
        state = "done"
    elif order.state == "on-the-way":
        state = "now"
        start = (courier.lat, courier.lon) if courier else start
    legs = []
    if courier is not None and order.state in BEFORE_PICKUP:
        line: Line = way_points(ground, (courier.lat, courier.lon), start, profile)
        legs.append(
            MapLeg(
                id=f"{order.id}-fetch",
                words=f"To {lab.name}, {vehicle}",
                state="next",
                line=line,
            )
        )
    legs.append(
        MapLeg(
            id=f"{order.id}-bring",
            words=f"{lab.name} to {place.name}, {vehicle}",
            state=state,
            line=way_points(ground, start, end, profile),
            ends_at=order.delivered_at or order.expected_at,
        )
    )
    return legs


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
