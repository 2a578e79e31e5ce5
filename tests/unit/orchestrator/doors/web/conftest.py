"""An application with the pages' plumbing and a clock that stands still."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import PageSettings

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=HELSINKI)


@dataclass(frozen=True)
class StillClock:
    """It is always noon."""

    def now(self) -> datetime:
        return NOON

    def monotonic_s(self) -> float:
        return 0.0

    def sleep(self, duration_s: float) -> None:
        raise AssertionError(f"nothing here may sleep {duration_s} s")


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def feed() -> Feed:
    return Feed(boot="boot1")


@pytest.fixture
def app(feed: Feed) -> FastAPI:
    app = FastAPI()
    settings = PageSettings(clock=StillClock(), zone=HELSINKI, show_styleguide=True)
    install(app, settings=settings, feed=feed)
    return app
