"""Labs, machines, designs, a new order, the ride, the ledger: in a real browser."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from orchestrator.dispatch.commands import Credit, StartJob
from orchestrator.dispatch.ride import RideStop, ride
from orchestrator.dispatch.rows import ActRow, JobRow
from orchestrator.ledger.merkle import root
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import stored_node
from orchestrator.network.rows import FacilityRow, MachineRow, PlaceRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow
from tests.e2e.region import ORIGIN, Browse, Cookies, Report, Stage, WellMade, sign_in

SignedIn = Callable[[str], Cookies]

PAGE_BYTES_MAX = 90_000
PAGE_REQUESTS_MAX = 8
MAP_PAGE_BYTES_MAX = 620_000
PHONE = {"widths": [360], "schemes": ["light"], "axe": False}
DESK = {"widths": [1400], "schemes": ["light"], "axe": False, "shots": None}
CHECKED = "#check[data-tone]:not([data-tone=busy])"


@pytest.fixture(scope="module")
def signed_in(stage_url: str) -> SignedIn:
    """Somebody's session, as the browser harness takes it; each signs in once."""
    return cache(partial(sign_in, stage_url))


@pytest.fixture(scope="module")
def unknown(stage: Stage) -> SimpleNamespace:
    """A running job loses its machine from sight: its lab's key, its job, its machine."""
    with stage.play.reading() as session:
        job = session.scalars(
            select(JobRow).where(JobRow.state == "running").order_by(JobRow.id)
        ).first()
        assert job is not None
        machine = session.get_one(MachineRow, job.machine_id)
    told = SimpleNamespace(
        device_id=job.device_id,
        machine_id=job.machine_id,
        job_id=job.id,
        fence=job.fence,
        facility_id=machine.facility_id,
        lab=job.machine_id.partition("-")[0],
    )
    play = stage.play
    play.tell(
        play.happened(told, "unknown"), stage.state(told.machine_id, "unknown", job.id)
    )
    return told


def look(browse: Browse, base: str, pages: list[Any], **job: Any) -> Report:
    """Each width and each scheme, two pages at once; on a phone both schemes."""
    with ThreadPoolExecutor(2) as both:
        reports = both.map(
            lambda widths: browse(
                base, pages, **{"schemes": [widths[0]], "widths": widths[1], **job}
            ),
            (("light", [360, 1400]), ("dark", [360, 820])),
        )
        return [seen for report in reports for seen in report]


def assert_light(report: Report, *, modules: int = 0) -> None:
    for seen in report:
        assert seen["bytes"] <= PAGE_BYTES_MAX, (seen["name"], seen["bytes"])
        allowed = PAGE_REQUESTS_MAX + 1 + modules  # + the live stream
        assert seen["requests"] <= allowed, (seen["name"], seen["requests"])


def test_what_everybody_sees_is_well_made(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    pages = [
        {"name": "labs", "url": "/labs"},
        {"name": "designs", "url": "/designs"},
        {"name": "designs-none", "url": "/designs?q=boat", "widths": [360]},
        {"name": "design", "url": f"/designs/{stage.cast.version_of['coaster']}"},
        {"name": "ledger", "url": "/ledger"},
    ]
    report = look(browse, stage_url, pages)
    well_made(report)
    assert_light(report, modules=1)


def test_a_labs_board_and_machine_are_well_made(
    unknown: SimpleNamespace,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    pages = [
        {"name": "lab-board", "url": f"/labs/{unknown.facility_id}", "wait": ".judge"},
        {"name": "machine", "url": f"/machines/{unknown.machine_id}"},
    ]
    cookies = signed_in(f"operator-{unknown.lab}")
    report = look(browse, stage_url, pages, cookies=cookies)
    alarm = {"name": "machine-alarm", "url": "/machines/yrjonkatu-sewing"}
    report += browse(
        stage_url,
        [alarm],
        cookies=signed_in("operator-yrjonkatu"),
        widths=[360],
        schemes=["dark"],
    )
    well_made(report)
    assert_light(report)


def test_a_new_order_and_its_refusals_are_well_made(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    new = f"/orders/new?design={stage.cast.version_of['hinge']}"
    offered = {"name": "order-new", "url": new, "wait": "#quote .place"}
    report = look(browse, stage_url, [offered], cookies=signed_in("shop-bikes"))
    refused = {"name": "order-new-refused", "url": new, "wait": "#quote .note"}
    nobody = f"/orders/new?design={stage.cast.version_of['tote']}"
    report += browse(
        stage_url,
        [refused],
        cookies=signed_in("shop-chain"),
        widths=[360],
        schemes=["dark"],
    )
    report += browse(
        stage_url,
        [{"name": "order-new-nobody", "url": nobody, "wait": "#quote .note"}],
        cookies=signed_in("shop-bikes"),
        widths=[820],
        schemes=["light"],
    )
    well_made(report)
    assert_light(report, modules=1)  # the price


def test_a_ride_is_well_made(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    cookies = signed_in(_courier_with_stops(stage))
    report = look(
        browse, stage_url, [{"name": "ride-stop", "url": "/ride"}], cookies=cookies
    )
    well_made(report)
    assert_light(report, modules=3)  # acts, slide, code
    on_map = {
        "name": "ride-list",
        "url": "/ride/list",
        "wait": '[data-map][data-drawn="yes"]',
    }
    report = look(
        browse, stage_url, [on_map], cookies=cookies, webgl=True, widths=[360]
    )
    well_made(report)
    assert max(seen["bytes"] for seen in report) <= MAP_PAGE_BYTES_MAX


def test_a_shop_orders_in_four_steps_and_never_twice(
    stage: Stage, stage_url: str, browse: Browse, signed_in: SignedIn
) -> None:
    cookies = signed_in("shop-bikes")
    seeded = stage.shop("bikes")
    version_id = stage.cast.version_of["hinge"]
    steps = [
        {"expect": "#quote .place"},
        {"click": '[data-step="1"]'},
        {"click": f'[name="place"][value="{seeded.place_id}"]'},
        {"press": ["#wished_window", "End"]},
        {"expect": '#quote .place[data-quantity="2"]'},
        {"evaluate": "document.querySelector('[name=quote_id]').value"},
        {"evaluate": "document.querySelector('#wished_day').value"},
        {"click": "#quote .btn.main"},
        {"expect": "main h1"},
    ]
    page = {"name": "ordering", "url": f"/orders/new?design={version_id}"}
    (seen,) = browse(stage_url, [page | {"steps": steps}], cookies=cookies, **DESK)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        order = session.scalars(
            select(OrderRow).order_by(OrderRow.number.desc()).limit(1)
        ).one()
    assert seen["url"].endswith(f"/orders/{order.id}")
    assert (order.quantity, order.quote_id) == (2, seen["values"][0])

    again = httpx.post(
        f"{stage_url}/orders/new",
        data={
            "design": version_id,
            "place": seeded.place_id,
            "quantity": "2",
            "wished_day": seen["values"][1],
            "wished_window": "21",
            "quote_id": seen["values"][0],
        },
        cookies={each["name"]: each["value"] for each in cookies},
        headers={"Origin": stage_url},
    )
    assert again.headers["location"] == f"/orders/{order.id}"


def test_a_new_place_is_a_pin_on_the_map(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    cookies = signed_in("shop-bikes")
    new = f"/orders/new/place?design={stage.cast.version_of['hinge']}&quantity=3"
    blank = {"name": "place-new", "url": new, "wait": '[data-map][data-drawn="yes"]'}
    report = look(browse, stage_url, [blank], cookies=cookies, webgl=True)
    well_made(report)
    assert max(seen["bytes"] for seen in report) <= MAP_PAGE_BYTES_MAX
    steps = [
        {"fill": ["#name", "Side door"]},
        {"fill": ["#address", "Aleksanterinkatu 1"]},
        {"fill": ["#lat", "somewhere"]},
        {"fill": ["#lon", "24,95"]},
        {"click": "main form .main"},
        {"expect": "#lat-error"},
        {"expect": '[data-map][data-drawn="yes"]'},
        {"click": "[data-map] canvas"},
        {"expect": '[data-map][data-picked="yes"]'},
        {"shot": "place-new-picked"},
        {"evaluate": "document.querySelector('#lat').value"},
        {"click": "main form .main"},
        {"expect": "#quote .place"},
        {"evaluate": "document.querySelector('[name=place]:checked').value"},
        {"evaluate": "document.querySelector('#quantity').value"},
    ]
    page = blank | {"name": "placing", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=cookies, webgl=True, **DESK)
    assert seen["failed_step"] is None
    lat, place_id, quantity = seen["values"]
    with stage.play.reading() as session:
        kept = session.get_one(PlaceRow, place_id)
        assert (kept.name, f"{kept.lat:.5f}") == ("Side door", lat)
    assert quantity == "3"
    far = {"name": "Far", "address": "North", "lat": "68,1", "lon": "27"}
    jar = {each["name"]: each["value"] for each in cookies}
    answer = httpx.post(
        f"{stage_url}/orders/new/place",
        data=far | {"design": stage.cast.version_of["hinge"]},
        cookies=jar,
        headers={"Origin": stage_url},
    )
    assert answer.status_code == 422
    assert "from the nearest road" in answer.text
    with stage.play.reading() as session:
        names = session.scalars(select(PlaceRow.name)).all()
    assert "Far" not in names


def test_a_price_for_something_else_is_not_taken(
    stage: Stage, stage_url: str, signed_in: SignedIn
) -> None:
    cookies = {each["name"]: each["value"] for each in signed_in("shop-bikes")}
    form = {
        "design": stage.cast.version_of["hinge"],
        "place": stage.shop("bikes").place_id,
        "quantity": "1",
        "wished_day": "2026-05-05",
        "wished_window": "any",
    }
    with httpx.Client(
        base_url=stage_url, cookies=cookies, headers={"Origin": stage_url}
    ) as shop:
        priced = shop.post("/orders/new/quote", data=form).text
        quote_id = priced.partition('name="quote_id" value="')[2].partition('"')[0]
        more = form | {"quantity": "40", "quote_id": quote_id}
        answer = shop.post("/orders/new", data=more)
    assert answer.status_code == 200
    assert "You changed something" in answer.text
    with stage.play.reading() as session:
        placed = session.scalars(
            select(OrderRow).where(OrderRow.quote_id == quote_id)
        ).all()
    assert placed == []


def test_an_operator_judges_a_job_whose_end_nobody_saw(
    unknown: SimpleNamespace,
    stage: Stage,
    stage_url: str,
    browse: Browse,
    signed_in: SignedIn,
) -> None:
    form = f'form[action="/jobs/{unknown.job_id}/verdict"]'
    board = {
        "name": "judging",
        "url": f"/labs/{unknown.facility_id}",
        "steps": [{"click": f'{form} [value="failed"]'}, {"gone": form}],
    }
    cookies = signed_in(f"operator-{unknown.lab}")
    (seen,) = browse(stage_url, [board], cookies=cookies, **DESK)
    assert seen["failed_step"] is None
    assert stage.play.job(unknown.job_id).state == "failed"
    with stage.play.reading() as session:
        task = session.get_one(TaskRow, unknown.job_id)
        attempts = session.scalars(
            select(TaskRow).where(
                TaskRow.order_id == task.order_id,
                TaskRow.step_id == task.step_id,
                TaskRow.run == task.run,
            )
        ).all()
    assert task.state == "failed"
    assert max(each.attempt for each in attempts) > task.attempt


def test_another_labs_operator_sees_no_codes_and_judges_nothing(
    unknown: SimpleNamespace, stage: Stage, stage_url: str, signed_in: SignedIn
) -> None:
    other = next(lab.key for lab in stage.cast.labs if lab.key != unknown.lab)
    cookies = {each["name"]: each["value"] for each in signed_in(f"operator-{other}")}
    with httpx.Client(
        base_url=stage_url, cookies=cookies, headers={"Origin": stage_url}
    ) as stranger:
        board = stranger.get(f"/labs/{unknown.facility_id}").text
        refused = stranger.post(
            f"/jobs/{unknown.job_id}/verdict",
            data={"pieces_good": "1", "ended": "good"},
        )
        closed = stranger.post(f"/labs/{unknown.facility_id}/close", data={"hours": 4})
    assert "/verdict" not in board
    assert "code-shown" not in board
    assert (refused.status_code, closed.status_code) == (403, 403)
    with stage.play.reading() as session:
        facility = session.get_one(FacilityRow, unknown.facility_id)
        assert facility.closed_until is None


def test_a_courier_fetches_and_brings_also_without_a_network(
    stage: Stage, stage_url: str, browse: Browse, signed_in: SignedIn
) -> None:
    _make_all(stage)
    who, (first, *rest) = _ready_ride(stage)
    card = '[data-stop="{}"]'.format

    def typed(stop: RideStop, code: str) -> dict[str, Any]:
        return {"fill": [f"{card(stop.stop_id)} input.code", code]}

    steps: list[dict[str, Any]] = [
        {
            "evaluate": "navigator.serviceWorker.ready.then(() => new Promise((done) => setTimeout(done, 1000))).then(() => 1)"
        },
        typed(first, "ABC 2345"),
        {"click": f"{card(first.stop_id)} form .btn"},
        {"expect": "#refused-acts .note"},
        typed(first, _code(stage, first).lower()),
        {"slide": f"{card(first.stop_id)} [data-slide]"},
        {"gone": card(first.stop_id)},
        {"offline": True},
    ]
    for stop in rest:
        steps += [
            typed(stop, _code(stage, stop)),
            {"slide": f"{card(stop.stop_id)} [data-slide]"},
            {"gone": card(stop.stop_id)},
        ]
    steps += [
        {"reload": True},
        {"gone": card(rest[-1].stop_id)},
        {"expect": "#offline >> text=/Offline since/"},
        {"shot": "ride-offline"},
        {"offline": False},
        {"gone": "#offline"},
        {"wait_ms": 500},
    ]
    page = {"name": "riding", "url": "/ride", "steps": steps, "full": False}
    (seen,) = browse(stage_url, [page], cookies=signed_in(who), **PHONE)
    assert seen["failed_step"] is None
    done = [first, *rest]
    with stage.play.reading() as session:
        orders = {
            order.id: order.state for order in session.scalars(select(OrderRow)).all()
        }
        acts = session.scalars(
            select(ActRow).where(ActRow.order_id.in_([stop.order_id for stop in done]))
        ).all()
    assert orders[rest[-1].order_id] == "delivered"
    told = [(act.kind, act.order_id) for act in acts]
    for stop in done:
        kind = "delivered" if stop.kind == "dropoff" else "picked-up"
        assert told.count((kind, stop.order_id)) == 1


def test_check_now_says_whole_and_finds_what_was_changed(
    stage: Stage, stage_url: str, browse: Browse
) -> None:
    stage.sequence_ledger()
    with stage.play.reading() as session:
        old_root = base64.b64encode(root(stored_node(session), 5)).decode()
        entry = session.scalars(select(EntryRow).where(EntryRow.position == 3)).one()
    told = "document.querySelector('#check').innerText"
    check = [
        {"click": "[data-check][data-started]"},
        {"expect": CHECKED},
        {"evaluate": told},
    ]

    def seen_before(spelled: str) -> dict[str, str]:
        past = f'{{"origin": "{ORIGIN}", "size": 5, "root": "{spelled}", "at": 0}}'
        return {
            "evaluate": f"localStorage.setItem('fabcommons-ledger-seen', '{past}'), 1"
        }

    wrong = base64.b64encode(bytes(32)).decode()
    whole, grown, rewritten = browse(
        stage_url,
        [
            {"name": name, "url": "/ledger", "steps": [*before, *check]}
            for name, before in (
                ("check-whole", []),
                ("check-grown", [seen_before(old_root)]),
                ("check-rewritten", [seen_before(wrong)]),
            )
        ],
        **DESK | {"shots": None},
    )
    for seen in (whole, grown, rewritten):
        assert seen["failed_step"] is None
    assert "Whole:" in whole["values"][-1]
    assert "signed by this network" in whole["values"][-1]
    assert "the 5 entries of then" in grown["values"][-1]
    assert "was changed since" in rewritten["values"][-1]

    forged = entry.body.replace(b'"occurred_at":"2026', b'"occurred_at":"2025')
    assert forged != entry.body
    _write_entry(stage, entry.id, forged)
    try:
        (found,) = browse(
            stage_url,
            [{"name": "check-forged", "url": "/ledger", "steps": check}],
            **DESK,
        )
    finally:
        _write_entry(stage, entry.id, entry.body)
    assert "Not whole." in found["values"][-1]
    assert "Entry 3 is not the one that was signed" in found["values"][-1]


def _write_entry(stage: Stage, entry_id: str, body: bytes) -> None:
    with stage.play.sessions.begin() as session:
        session.execute(
            update(EntryRow).where(EntryRow.id == entry_id).values(body=body)
        )


def _make_all(stage: Stage) -> None:
    """Every run that can be made is made, so that couriers have something to fetch."""
    play = stage.play
    for at_machine in _jobs_at_machines(stage):
        for event in ("armed", "started", "completed", "cleared"):
            play.tell(play.happened(at_machine, event))
        play.tell(play.state(at_machine.machine_id, "idle"))
    play.plan()
    for _ in range(30):
        play.clock.turn(120)
        for command in play.send():
            if isinstance(command, StartJob):
                play.make(command, seconds=300)
    play.plan()


def _jobs_at_machines(stage: Stage) -> list[Any]:
    """What the stage left at its machines, as the commands that brought it there."""
    with stage.play.reading() as session:
        rows = session.execute(
            select(JobRow, TaskRow)
            .join(TaskRow, TaskRow.id == JobRow.id)
            .where(JobRow.state.in_(("accepted", "armed", "running", "paused")))
        ).all()
    return [
        SimpleNamespace(
            device_id=job.device_id,
            machine_id=job.machine_id,
            job_id=job.id,
            fence=job.fence,
            pieces=task.pieces,
            credit=Credit(**job.credit),
        )
        for job, task in rows
    ]


def _courier_with_stops(stage: Stage) -> str:
    """The login of a courier who has both to fetch and to bring."""
    for told, seeded in zip(stage.world.couriers, stage.cast.couriers, strict=True):
        with stage.play.reading() as session:
            stops = ride(session, seeded.agent_id).stops
        kinds = [stop.kind for stop in stops]
        if "pickup" in kinds and "dropoff" in kinds and stops[0].kind == "pickup":
            return f"courier-{told.key}"
    raise AssertionError("no courier has stops")


def _ready_ride(stage: Stage) -> tuple[str, list[RideStop]]:
    """A courier's login, and the stops that can be done now: two or more, one to bring."""
    for told, seeded in zip(stage.world.couriers, stage.cast.couriers, strict=True):
        with stage.play.reading() as session:
            stops = ride(session, seeded.agent_id).stops
        doable: list[RideStop] = []
        for stop in stops:
            fetched = any(before.order_id == stop.order_id for before in doable)
            if not (stop.is_ready or fetched):
                break
            doable.append(stop)
            if len(doable) >= 2 and stop.kind == "dropoff":
                return f"courier-{told.key}", doable
    raise AssertionError("no courier can do two stops now")


def _code(stage: Stage, stop: RideStop) -> str:
    order = stage.play.row(stop.order_id)
    return order.delivery_code if stop.kind == "dropoff" else order.pickup_code
