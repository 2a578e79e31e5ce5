"""A larger region made up from a seed: labs, machines, couriers and shops in Helsinki."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from orchestrator.catalogue.designs import hands_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.entry.demo.world import Courier, Lab, Machine, Shop, World, helsinki
from orchestrator.orders.quotes import Offer
from orchestrator.planning.frames import Wanted
from orchestrator.planning.picture import look
from orchestrator.planning.quote import quote
from tests.e2e.region import Stage

LATITUDES: Final = (60.1655, 60.1775)
LONGITUDES: Final = (24.9365, 24.9520)
PROFILES: Final = ("bicycle", "bicycle", "cargo-bike", "bicycle", "foot")
DESIGNS: Final = ("hook", "planter", "lamp-shade", "hinge", "coaster", "book-stand")
STREETS: Final = (
    "Hakaniemi",
    "Katajanokka",
    "Punavuori",
    "Ullanlinna",
    "Kamppi",
    "Kallio",
    "Sörnäinen",
    "Kruunuvuori",
    "Hietalahti",
    "Merihaka",
    "Siltasaari",
    "Kluuvi North",
    "Töölö",
    "Vallila",
)


def city(
    *, labs: int, machines: int, couriers: int, shops: int, seed: int = 7
) -> World:
    """A world of the demo's kinds; machines are dealt to the labs one by one."""
    draw = random.Random(seed)
    small = helsinki()
    counts = [len(range(number, machines, labs)) for number in range(labs)]
    kinds = _kinds(small)
    return World(
        region=small.region,
        labs=tuple(
            _lab(draw, number, count, kinds) for number, count in enumerate(counts)
        ),
        shops=tuple(_shop(draw, number) for number in range(shops)),
        couriers=tuple(_courier(draw, number) for number in range(couriers)),
        designers=small.designers,
    )


def _kinds(small: World) -> list[Machine]:
    """Of every lab three printers, then one of each other kind in turn."""
    every = [machine for lab in small.labs for machine in lab.machines]
    able = {
        kind: [machine for machine in every if machine.kind == kind]
        for kind in ("fdm-printer", "laser-cutter", "cnc-mill", "pen-plotter", "other")
    }
    return [
        *able["fdm-printer"][:3],
        *able["laser-cutter"][:1],
        able["cnc-mill"][0],
        able["fdm-printer"][1],
        *able["fdm-printer"][4:6],
        able["laser-cutter"][2],
        able["pen-plotter"][0],
        able["fdm-printer"][2],
        *able["fdm-printer"][6:8],
        able["laser-cutter"][1],
        able["other"][0],
    ]


def _spot(draw: random.Random) -> dict[str, float]:
    return {
        "lat": round(draw.uniform(*LATITUDES), 4),
        "lon": round(draw.uniform(*LONGITUDES), 4),
    }


def _lab(draw: random.Random, number: int, count: int, kinds: list[Machine]) -> Lab:
    first = number * count
    own = [kinds[(first + place) % len(kinds)] for place in range(count)]
    return Lab(
        key=f"lab-{number}",
        name=f"{STREETS[number % len(STREETS)]} Fab {number + 1}",
        address=f"{STREETS[number % len(STREETS)]} {number + 1}",
        machines=tuple(
            machine.model_copy(
                update={"key": f"m{place}", "name": f"{machine.name} {place + 1}"}
            )
            for place, machine in enumerate(own)
        ),
        **_spot(draw),
    )


def _shop(draw: random.Random, number: int) -> Shop:
    return Shop(
        key=f"shop-{number}",
        name=f"Shop {number + 1}",
        address=f"Market street {number + 1}",
        legal_form="worker-cooperative",
        **_spot(draw),
    )


def _courier(draw: random.Random, number: int) -> Courier:
    return Courier(
        key=f"rider-{number}",
        name=f"Rider {number + 1:02}",
        profile=PROFILES[number % len(PROFILES)],
        **_spot(draw),
    )


def fill(stage: Stage, *, orders: int, seed: int = 3) -> None:
    """Place so many orders, each promised late enough that all can be kept.

    Each offer is what the region would say if it had no other order: quoting each
    beside all the others is the business of `benchmarks.planning`.
    """
    draw = random.Random(seed)
    play = stage.play
    with play.reading() as session:
        empty = replace(look(session, now=play.clock.at), orders=(), tasks=(), stops=())
        steps: dict[str, tuple[StepRow, ...]] = {}
        for step in session.scalars(select(StepRow).order_by(StepRow.position)):
            steps[step.version_id] = (*steps.get(step.version_id, ()), step)
        hands = hands_of(session, steps)
    picture = replace(empty, steps_of=steps, hands_of=hands)
    for number in range(orders):
        shop = stage.shop(f"shop-{draw.randrange(len(stage.world.shops))}")
        play.shop_id, play.place_id = shop.person.agent_id, shop.place_id
        design, quantity = draw.choice(DESIGNS), draw.randint(1, 4)
        hours = round(draw.uniform(4, 9), 1)
        latest_at = play.clock.at + timedelta(hours=hours)
        offer = quote(
            picture,
            play.ground,
            Wanted(
                design_version_id=play.versions[design],
                quantity=quantity,
                place_id=play.place_id,
                wished_at=play.clock.at + timedelta(hours=2),
                latest_at=latest_at,
            ),
        )
        assert isinstance(offer, Offer), offer
        offer = replace(
            offer,
            promised_from_at=latest_at - timedelta(hours=1),
            promised_to_at=latest_at,
        )
        stage.orders[f"order-{number}"] = play.order(
            design, quantity=quantity, hours=hours, offer=offer
        )
