"""The stream over real HTTP: resuming, a restart seen as one, rights, a quick end."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.server import PageServer

LIMIT_S = 15
ROOT = Path(__file__).parents[5]
PROGRAM = """
import uvicorn
from zoneinfo import ZoneInfo
from fastapi import FastAPI
from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import PageSettings
from orchestrator.doors.web.server import PageServer
from orchestrator.foundation.clock import WallClock
app, feed = FastAPI(), Feed(boot="boot1")
install(app, settings=PageSettings(clock=WallClock(), zone=ZoneInfo("UTC")), feed=feed)
class Told(PageServer):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)
Told(uvicorn.Config(app, port=0, log_level="error"), feed).run()
"""


@pytest.fixture
def base(app: FastAPI, feed: Feed) -> Iterator[str]:
    server = PageServer(uvicorn.Config(app, port=0, log_level="error"), feed)
    thread = threading.Thread(target=server.run)
    thread.start()
    give_up_at = time.monotonic() + LIMIT_S
    while not server.started and time.monotonic() < give_up_at:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    feed.close()
    server.should_exit = True
    thread.join(LIMIT_S)


def first_events(url: str, count: int, **headers: str) -> list[dict[str, str]]:
    """The first `count` events of a stream, as field: value."""
    events: list[dict[str, str]] = []
    with httpx.stream("GET", url, headers=headers, timeout=LIMIT_S) as stream:
        fields: dict[str, str] = {}
        for line in stream.iter_lines():
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
            elif fields.get("event"):
                events.append(fields)
                fields = {}
            if len(events) == count:
                break
    return events


def test_a_page_hears_what_came_after_it_was_asked_for(base: str, feed: Feed) -> None:
    feed.announce("plan-changed")
    feed.announce("map-moved", '{"c":[1,2]}')
    url = f"{base}/events?topic=plan-changed&topic=map-moved&since=boot1-1"
    (event,) = first_events(url, 1)
    assert (event["event"], event["data"]) == ("map-moved", '{"c":[1,2]}')
    assert event["id"] == "boot1-2"


def test_the_header_of_a_reconnect_wins_over_the_address(base: str, feed: Feed) -> None:
    feed.announce("plan-changed")
    feed.announce("map-changed")
    url = f"{base}/events?topic=plan-changed&topic=map-changed&since=boot1-0"
    (event,) = first_events(url, 1, **{"Last-Event-ID": "boot1-1"})
    assert event["event"] == "map-changed"


@pytest.mark.parametrize(
    "mark", ["boot0-7", "boot1-99", "boot1-x", "boot1-" + "9" * 40, "9"]
)
def test_a_mark_of_another_time_means_read_again(base: str, mark: str) -> None:
    (event,) = first_events(
        f"{base}/events?topic=plan-changed", 1, **{"Last-Event-ID": mark}
    )
    assert event["event"] == "stale"


def test_silence_ticks_with_the_networks_time(base: str) -> None:
    (event,) = first_events(f"{base}/events?topic=plan-changed", 1)
    assert (event["event"], event["data"]) == ("tick", "12:00")


def test_a_term_signal_ends_open_streams_at_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        url = f"http://127.0.0.1:{port}/events?topic=plan-changed"
        with (
            httpx.Client(timeout=LIMIT_S) as client,
            client.stream("GET", url) as stream,
        ):
            assert stream.status_code == 200
            asked_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_S)
            assert time.monotonic() - asked_at < 4.5  # without it: 5 s
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
