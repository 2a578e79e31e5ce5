"""An order made in two labs, as shop, labs, courier and steward see it in a browser."""

from collections.abc import Iterator

import pytest

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.witness import designer_of
from orchestrator.entry.demo.world import helsinki
from tests.e2e.conftest import serving
from tests.e2e.region import PHONE_AND_DESK, Browse, Stage, WellMade, opened, sign_in
from tests.two_steps import Shelf, publish_chart_tray

LOOKS = {"sizes": PHONE_AND_DESK}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The region in the morning, with a design that takes a mill and a plotter."""
    with opened(tmp_path_factory.mktemp("two-labs"), helsinki()) as ready:
        play = ready.play
        with play.sessions.begin() as session:
            shelf = Shelf(
                session=session,
                files=play.folder,
                designer_id=designer_of(session, play.versions["tray"]),
                now=play.clock.at,
            )
            play.versions["chart-tray"] = publish_chart_tray(shelf)
        yield ready


@pytest.fixture(scope="module")
def stage_url(stage: Stage) -> Iterator[str]:
    with serving() as start:
        yield start(stage.app, stage.feed)


def test_everybody_sees_where_the_part_is(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    play = stage.play
    who = {
        "shop": sign_in(stage_url, "shop-bikes"),
        "steward": sign_in(stage_url, "steward"),
    }

    def look(role: str, *pages: dict[str, object]) -> None:
        well_made(browse(stage_url, list(pages), cookies=who[role], **LOOKS))

    version_id = play.versions["chart-tray"]
    asked = [
        {"until": "document.body.textContent.includes('Place order')"},
        {"click": "summary:has-text('On the map')"},
        {"expect": '[data-map][data-drawn="yes"]'},
    ]
    url = f"/orders/new?design={version_id}"
    design = {"name": "two-labs-design", "url": f"/designs/{version_id}"}
    look("shop", design, {"name": "two-labs-quote", "url": url, "steps": asked})
    whole_id = stage.order("chart", "bikes", "chart-tray", 1, hours=8)
    (part,) = play.parts(whole_id)
    play.plan()
    part = play.row(part.id)
    from_lab, to_lab = (
        _key_of(stage, part.facility_id),
        _key_of(stage, part.to_facility_id),
    )
    who["from"] = sign_in(stage_url, f"operator-{from_lab}")
    who["to"] = sign_in(stage_url, f"operator-{to_lab}")
    whole = {"url": f"/orders/{whole_id}"}
    look("shop", {"name": "two-labs-planned", **whole})
    look("steward", {"name": "two-labs-plan", "url": "/plan"})

    _make(stage, part.id)
    play.plan()
    look("from", {"name": "two-labs-board-from", "url": f"/labs/{part.facility_id}"})
    courier_id = play.stops(part.id)["pickup"].courier_id
    courier = stage.world.couriers[play.couriers.index(courier_id)].key
    who["courier"] = sign_in(stage_url, f"courier-{courier}")
    code = play.row(part.id).pickup_code
    play.act("picked-up", part.id, courier_id, code=code)
    play.plan()
    look("courier", {"name": "two-labs-ride", "url": "/ride"})
    board = {"name": "two-labs-board-to", "url": f"/labs/{part.to_facility_id}"}
    today = {"name": "two-labs-today-to", "url": "/"}
    look("to", board, today, {"name": "two-labs-part", "url": f"/orders/{part.id}"})
    look("shop", {"name": "two-labs-between", **whole})

    play.clock.turn(900)
    code = play.row(part.id).delivery_code
    play.act("delivered", part.id, courier_id, code=code)
    play.plan()
    _make(stage, whole_id)
    play.plan()
    stage.sequence_ledger()
    look("shop", {"name": "two-labs-made", **whole})
    steps = [{"until": f"location.pathname === '/orders/{whole_id}'"}]
    (seen,) = browse(
        stage_url,
        [{"name": "two-labs-shown", "url": f"/orders/{part.id}", "steps": steps}],
        cookies=who["shop"],
        widths=[390],
        schemes=["light"],
        axe=False,
    )
    assert seen["failed_step"] is None


def _key_of(stage: Stage, lab_id: str | None) -> str:
    return next(lab.key for lab in stage.cast.labs if lab.facility_id == lab_id)


def _make(stage: Stage, order_id: str) -> None:
    play = stage.play
    for _ in range(200):
        if play.row(order_id).state == "made":
            return
        play.clock.turn(60)
        for command in play.send():
            if isinstance(command, StartJob):
                play.make(command, seconds=300)
    raise AssertionError(play.row(order_id).reason_text)
