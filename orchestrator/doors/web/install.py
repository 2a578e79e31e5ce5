"""How the pages' plumbing is mounted on an application: the one call for wiring."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse

from orchestrator.doors.web import assets as files
from orchestrator.doors.web import formats
from orchestrator.doors.web.assets import Asset
from orchestrator.doors.web.live import Feed, FeedMark, live_router
from orchestrator.doors.web.pages import Pages, PageSettings, environment_of
from orchestrator.doors.web.styleguide import styleguide_router

REGION_MAP_PATH = "/static/region/map.pmtiles"
# What a courier's page needs when there is no network.
KEPT_ON_THE_PHONE = (
    "fab.css",
    "icons.svg",
    files.FONT,
    files.HTMX,
    *("fab.mjs", "acts.mjs", "slide.mjs", "hold.mjs", "code.mjs"),
)


def install(app: FastAPI, *, settings: PageSettings, feed: Feed) -> Pages:
    """Mount static files, the live stream and (if set) the style guide.

    Afterwards `render(request, …)` works in every endpoint of `app`. Errors:
    FileNotFoundError when `settings.region_map` names a file that is not there.
    """
    assets = files.read_assets()
    pages = Pages(
        settings=settings,
        environment=environment_of(settings, assets),
        assets=assets,
        feed=feed,
        region_map_url=_region_map_url(settings.region_map),
    )
    app.state.pages = pages
    app.add_middleware(FeedMark, feed=feed)
    if settings.region_map is not None:
        app.include_router(_region_map_router(settings.region_map))
    app.include_router(_static_router(assets))
    app.include_router(
        live_router(feed, settings.may_follow, lambda: _clock_words(settings))
    )
    if settings.show_styleguide:
        app.include_router(styleguide_router())
    return pages


def ride_worker(assets: Mapping[str, Asset]) -> str:
    """The courier page's service worker, told what to keep and under which name."""
    urls = [files.asset_url(assets, name) for name in KEPT_ON_THE_PHONE]
    urls = [url.split("?")[0] if "/vendor/" in url else url for url in urls]
    script = assets["ride-worker.js"].body.decode()
    version = hashlib.sha256("".join([*urls, script]).encode()).hexdigest()[:12]
    return (
        f"const KEPT = {json.dumps(urls)};\n"
        f"const VERSION = {json.dumps(version)};\n{script}"
    )


def _static_router(assets: Mapping[str, Asset]) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    worker = ride_worker(assets)

    @router.get("/static/{name:path}")
    def static_file(name: str, request: Request) -> Response:
        return files.answer(assets, name, request)

    @router.get("/ride-worker.js")
    def ride_worker_script() -> Response:
        return Response(
            worker,
            media_type=files.TEXT_TYPES[".js"],
            headers={"Cache-Control": files.ASK_AGAIN},
        )

    return router


def _region_map_router(region_map: Path) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(REGION_MAP_PATH)
    def region_map_file() -> FileResponse:
        return FileResponse(
            region_map,
            media_type="application/octet-stream",
            headers={"Cache-Control": files.FOR_EVER},
        )

    return router


def _clock_words(settings: PageSettings) -> str:
    now = settings.clock.now()
    return formats.short_time(now, now, settings.zone)


def _region_map_url(region_map: Path | None) -> str | None:
    if region_map is None:
        return None
    with region_map.open("rb") as body:
        version = hashlib.file_digest(body, "sha256").hexdigest()[:12]
    return f"{REGION_MAP_PATH}?v={version}"
