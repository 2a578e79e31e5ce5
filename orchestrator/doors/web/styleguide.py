"""The page that shows every part in every state, with made-up things; demo only."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.acts import answer_act
from orchestrator.doors.web.live import MAP_CHANGED, MAP_MOVED
from orchestrator.doors.web.map_view import MapLeg, MapSpot, MapView
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.doors.web.plan_view import PlanLine, PlannedJob, chart_of
from orchestrator.doors.web.states import Shown

WRONG_CODE = "000000"
SAMPLE_TOPIC = "styleguide-changed"


def styleguide_router() -> APIRouter:
    """`/styleguide`, the sample map's `/styleguide/map.json` and the samples' acts."""
    router = APIRouter(include_in_schema=False)

    @router.get("/styleguide")
    def styleguide(request: Request) -> Response:
        now = _now(request)
        lines = sample_plan(now)
        return render(
            request,
            "styleguide.html",
            page=Page(
                title="Style guide",
                description="Every part of the pages, in every state.",
                topics=(MAP_CHANGED, MAP_MOVED, SAMPLE_TOPIC),
                with_map=True,
            ),
            moment=now,
            hour=timedelta(hours=1),
            lines=lines,
            chart=chart_of(lines, now=now),
            view=sample_map(now),
            sort_address="/styleguide?sort={}#orders".format,
        )

    @router.get("/styleguide/ride")
    def sample_ride(request: Request) -> Response:
        return ride_page(request)

    @router.get("/styleguide/map.json")
    def sample_map_json(request: Request) -> MapView:
        return sample_map(_now(request))

    @router.post("/styleguide/act")
    def sample_act(
        request: Request, code: Annotated[str | None, Form(max_length=20)] = None
    ) -> Response:
        if code is not None and code.replace(" ", "") == WRONG_CODE:
            raise HTTPException(422, "The code does not match. Ask for it again.")
        return answer_act(request, then="/styleguide#acts")

    @router.post("/styleguide/announce")
    def sample_change(request: Request) -> Response:
        pages: Pages = request.app.state.pages
        pages.feed.announce(SAMPLE_TOPIC)
        return RedirectResponse("/styleguide#live-sample", status_code=303)

    return router


def ride_page(request: Request) -> Response:
    """A courier's page with made-up stops; kept for offline only below `/ride`."""
    return render(
        request,
        "styleguide_ride.html",
        page=Page(title="Ride", topics=(SAMPLE_TOPIC,), with_acts=True, glance=True),
        moment=_now(request),
        hour=timedelta(hours=1),
    )


def sample_plan(now: datetime) -> tuple[PlanLine, ...]:
    """Five machines with jobs in each state, around `now`."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)

    def job(
        number: int, name: str, from_min: int, minutes: int, state: Shown
    ) -> PlannedJob:
        begins = start + timedelta(minutes=from_min)
        return PlannedJob(
            id=f"job-{number}",
            name=name,
            url=f"#job-{number}",
            starts_at=begins,
            ends_at=begins + timedelta(minutes=minutes),
            state=state,
        )

    def line(name: str, place: str, *jobs: PlannedJob) -> PlanLine:
        return PlanLine(name=name, place=place, url="#machines", jobs=jobs)

    return (
        line(
            "Printer A",
            "Lab Kallio",
            job(1, "Cargo box hinge", 0, 55, Shown.DONE),
            job(2, "Cargo box hinge", 65, 90, Shown.RUNNING),
            job(3, "Bicycle lamp", 175, 120, Shown.WAITING),
        ),
        line(
            "Printer B",
            "Lab Kallio",
            job(4, "Soap dish", 20, 80, Shown.NEEDS_YOU),
            job(5, "Coat hook", 120, 45, Shown.WAITING),
        ),
        line(
            "Laser",
            "Lab Töölö",
            job(6, "Shop sign", 30, 25, Shown.FAILED),
            job(7, "Shop sign", 80, 25, Shown.READY),
            job(8, "Menu holder", 115, 20, Shown.WAITING),
        ),
        line(
            "Router",
            "Lab Töölö",
            job(9, "Stool seat", 10, 150, Shown.PAUSED),
        ),
        line(
            "Cutter",
            "Lab Kamppi",
            job(10, "Window letters", 90, 30, Shown.OFFLINE),
        ),
    )


KAMPPI, CENTRE, KLUUVI = (24.9375, 60.1682), (24.9445, 60.1716), (24.9500, 60.1745)
CORNER, MILL = (24.9405, 60.1752), (24.9478, 60.1675)
AHEAD = ((24.9445, 60.1716), (24.9432, 60.1730), (24.9418, 60.1742), CORNER)


def sample_map(now: datetime) -> MapView:
    """Three labs, two shops, two couriers and one order's three legs in Helsinki."""
    courier = _spot("courier", "Aino", AHEAD[1], Shown.RUNNING, "2 stops left")
    return MapView(
        as_of=now,
        labs=(
            _spot("lab", "Lab Kamppi", KAMPPI, Shown.RUNNING, "3 of 4 machines run"),
            _spot("lab", "Lab Kluuvi", KLUUVI, Shown.NEEDS_YOU, "Printer B is empty"),
            _spot("lab", "Lab Centre", CENTRE, Shown.OFFLINE, "since 13:02"),
        ),
        shops=(
            _spot("shop", "Corner shop", CORNER, Shown.WAITING, "1 order"),
            _spot("shop", "Mill Road books", MILL, Shown.DONE, "1 order", "Delivered"),
        ),
        couriers=(
            courier.model_copy(update={"line": AHEAD, "word": "Under way"}),
            _spot("courier", "Bo", (24.9462, 60.1690), Shown.PAUSED, "on a break"),
        ),
        legs=_sample_legs(now),
    )


def _sample_legs(now: datetime) -> tuple[MapLeg, ...]:
    return (
        MapLeg(
            id="leg-1",
            words="Lab Kamppi to Lab Centre, cargo bike",
            state="done",
            line=(KAMPPI, (24.9410, 60.1700), CENTRE),
        ),
        MapLeg(
            id="leg-2",
            words="Lab Centre to Corner shop, bicycle",
            state="now",
            line=AHEAD,
            ends_at=now + timedelta(minutes=12),
        ),
        MapLeg(
            id="leg-3",
            words="Corner shop to Mill Road books, bicycle",
            state="next",
            line=(CORNER, (24.9450, 60.1712), MILL),
            ends_at=now + timedelta(minutes=34),
        ),
    )


def _spot(  # noqa: PLR0917 - a row of a table
    kind: str,
    name: str,
    at: tuple[float, float],
    state: Shown,
    detail: str,
    word: str | None = None,
) -> MapSpot:
    return MapSpot(
        id=f"{kind}-{name.lower().replace(' ', '-')}",
        name=name,
        lon=at[0],
        lat=at[1],
        state=state,
        detail=detail,
        word=word,
        url=f"#{kind}",
    )


def _now(request: Request) -> datetime:
    pages: Pages = request.app.state.pages
    return pages.settings.clock.now()
