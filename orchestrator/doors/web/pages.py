"""How a template becomes a response: environment, formats, policy, one page's frame."""

import gettext
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.doors.web import assets as files
from orchestrator.doors.web import formats
from orchestrator.doors.web.assets import Asset
from orchestrator.doors.web.file_words import in_words
from orchestrator.doors.web.live import STALE, Feed
from orchestrator.doors.web.navigation import (
    PLACES_OF_ROLE,
    ROLE_WORDS,
    Role,
    Visitor,
    is_here,
)
from orchestrator.doors.web.policy import ALWAYS, new_nonce, policy_of
from orchestrator.doors.web.states import LOOK_OF_STATE
from orchestrator.doors.web.words import language_of, reason_in
from orchestrator.foundation.clock import Clock
from orchestrator.planning.offers import processes_called

TEMPLATES = Path(__file__).parent / "templates"
SMALL_BYTES = 1_000


def nobody(_request: Request) -> Visitor:
    """The visitor of an app without sign-in."""
    return Visitor()


def anyone_may_follow(_request: Request, _topic: str) -> bool:
    """The answer of an app whose topics are all public."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What the pages need to know from the outside."""

    clock: Clock
    zone: ZoneInfo
    currency: str = "EUR"
    network: str = "Fabcommons"
    region_map: Path | None = None  # the region's PMTiles; None: lists only
    map_credit: str = "© OpenStreetMap contributors"
    show_styleguide: bool = False
    translations: gettext.NullTranslations = field(
        default_factory=gettext.NullTranslations
    )
    visitor_of: Callable[[Request], Visitor] = nobody
    may_follow: Callable[[Request, str], bool] = anyone_may_follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The frame of one page.

    `topics` are what the page hears about; `with_map` and `with_acts` load the map
    and the courier's offline acts; `glance` enlarges all for a board read at 2 m.
    """

    title: str
    description: str = ""
    topics: tuple[str, ...] = ()
    with_map: bool = False
    with_acts: bool = False
    glance: bool = False
    bare: bool = False  # no navigation: sign in, track


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """All that rendering needs, made once by `install` and kept at `app.state.pages`."""

    settings: PageSettings
    environment: Environment
    assets: Mapping[str, Asset]
    feed: Feed
    region_map_url: str | None


def environment_of(settings: PageSettings, assets: Mapping[str, Asset]) -> Environment:
    """Autoescaping, strict about names, with the formats as filters."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install_words = environment.install_gettext_translations  # type: ignore[attr-defined]
    install_words(settings.translations, newstyle=True)
    environment.filters.update(_filters(settings))
    environment.globals.update(
        static_url=lambda name: files.asset_url(assets, name),
        files=files,
        settings=settings,
        now=settings.clock.now,
        looks=LOOK_OF_STATE,
        processes_called=processes_called,
        role_words=ROLE_WORDS,
        places_of_role=PLACES_OF_ROLE,
        is_here=is_here,
        Role=Role,
    )
    return environment


def zone_of(request: Request) -> ZoneInfo:
    """By whose clock pages tell the time."""
    pages: Pages = request.app.state.pages
    return pages.settings.zone


def currency_of(request: Request) -> str:
    """In what members pay each other."""
    pages: Pages = request.app.state.pages
    return pages.settings.currency


def render(
    request: Request,
    template: str,
    *,
    page: Page | None = None,
    status: int = 200,
    **context: object,
) -> Response:
    """A whole page, or (without `page`) a fragment of one, with its policy.

    In the template: `page`, `visitor`, `nonce` (for `hx-nonce` on every element with
    an `hx-` attribute), `path`, `events_url`, `reason_told` (a kept reason in
    the reader's language), and what `context` holds.
    """
    pages: Pages = request.app.state.pages
    page = page or Page(title="")
    visitor = pages.settings.visitor_of(request)
    nonce = new_nonce()
    html = pages.environment.get_template(template).render(
        page=page,
        visitor=visitor,
        nonce=nonce,
        path=request.url.path,
        events_url=_events_url(request, page),
        region_map_url=pages.region_map_url,
        reason_told=partial(reason_in, language=language_of(request)),
        **context,
    )
    html = formats.stamps_there(html, pages.settings.clock.now(), pages.settings.zone)
    headers = {
        "Content-Security-Policy": policy_of(nonce, with_map=page.with_map),
        "Cache-Control": "no-cache" if visitor.name is None else "no-store",
        "Vary": "Accept-Encoding, Accept-Language, Cookie, HX-Request",
        **ALWAYS,
    }
    body = html.encode()
    if len(body) > SMALL_BYTES and files.takes_gzip(request):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(
        body, status_code=status, headers=headers, media_type="text/html; charset=utf-8"
    )


def _events_url(request: Request, page: Page) -> str | None:
    if not page.topics:
        return None
    mark: str = request.state.feed_mark
    query = [("topic", topic) for topic in page.topics] + [("since", mark)]
    return f"/events?{urlencode(query)}"


def _filters(settings: PageSettings) -> dict[str, Callable[..., str]]:
    def when(moment: datetime) -> Markup:
        words = formats.short_time(moment, settings.clock.now(), settings.zone)
        return _time_element(moment, words)

    def window(bounds: tuple[datetime, datetime]) -> Markup:
        start, end = bounds
        now = settings.clock.now()
        return _time_element(start, formats.time_range(start, end, now, settings.zone))

    return {
        "when": when,
        "window": window,
        "money": lambda cents: formats.money(cents, settings.currency),
        "distance": formats.distance,
        "duration": formats.duration,
        "percent": formats.percent,
        "code_groups": formats.code_groups,
        "listens": _listens,
        "said": lambda text: in_words(text, settings.translations.gettext),
    }


def _listens(topics: tuple[str, ...] | list[str], after_ms: int = 0) -> str:
    """An `hx-trigger` that reads again at any of `topics`, twice a second at most.

    Or, with `after_ms`, once they have been silent for so long.
    """
    pace = f"delay:{after_ms}ms" if after_ms else "throttle:500ms"
    return ", ".join(f"{topic} from:body {pace}" for topic in (*topics, STALE))


def _time_element(moment: datetime, words: str) -> Markup:
    iso = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(iso, words)
