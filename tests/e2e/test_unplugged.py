"""A machine is unplugged in mid-job: the board and the page beside it say what became of it.

Real processes, a board on a serial line, and the browser that stays open all the while.
"""

import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zlib import crc32

import httpx
import pytest

from orchestrator.entry.demo.client import Client, http_client
from orchestrator.entry.demo.shops import Wish, place
from tests.e2e.conftest import ARTEFACTS
from tests.e2e.region import Browse, Cookies, Report, WellMade
from tests.fault.region import (
    PASSWORD,
    FaultRegion,
    RunningLab,
    _ask,
    passable_folder,
    running,
)

FACTOR = 15.0
OPEN_WITHIN_S = 150.0  # of two browsers on a busy machine
TABLET = {"widths": [820], "schemes": ["light"]}
MACHINE = "esplanadi-plotter"


@pytest.fixture(scope="module")
def region() -> Iterator[FaultRegion]:
    with (
        passable_folder() as folder,
        running(folder, labs=("esplanadi",), factor=FACTOR) as ready,
    ):
        ready.labs[0].operators.end()  # the test itself stands at the machines
        yield ready


def test_the_board_says_what_became_of_the_job(
    region: FaultRegion, browse: Browse, well_made: WellMade
) -> None:
    (lab,) = region.labs
    job = _waiting(region, lab)
    board = f"/labs/{lab.seeded.facility_id}"
    watching = _Watching(
        browse,
        region.url,
        {
            "name": "unplugged-again",
            "url": board,
            "steps": [
                {"shot": "unplugged-open"},
                {"until": _says("Running")},
                {"shot": "unplugged-before"},
                {"until": _says("is away")},
                {"shot": "unplugged-away"},
                {"until": _says("Take out what is on the bed")},
            ],
        },
        cookies=_signed_in(region, "operator-esplanadi"),
    )
    beside = _Watching(
        browse,
        f"http://127.0.0.1:{lab.local_port}",
        {
            "name": "beside-again",
            "url": "/",
            "steps": [
                {"shot": "beside-open"},
                {"until": _says("% done")},
                {"shot": "beside-before"},
                {"until": _says("Not answering")},
                {"shot": "beside-away"},
                {"until": "!!document.querySelector('#clear-esplanadi-plotter')"},
            ],
        },
    )
    watching.saw("unplugged-open")  # before it runs: a job may not wait for a browser
    beside.saw("beside-open")
    _do(lab, "arm", job)
    watching.saw("unplugged-before")
    beside.saw("beside-before")
    _ask(lab.boards_socket, "unplug", MACHINE)
    began_s = time.monotonic()
    watching.saw("unplugged-away")
    print(f"shown after {time.monotonic() - began_s:.1f} s")
    beside.saw("beside-away")
    _ask(lab.boards_socket, "plug", MACHINE)
    well_made(watching.report())
    well_made(beside.report())
    state = next(m for m in lab.state()["machines"] if m["machine_id"] == MACHINE)
    assert state["state"] == "needs-clearing"
    assert state["job"]["job_id"] == job


class _Watching:
    """A page that stays open in a browser of its own."""

    def __init__(
        self,
        browse: Browse,
        base: str,
        page: dict[str, Any],
        cookies: Cookies | None = None,
    ) -> None:
        for old in ARTEFACTS.glob(f"{page['name'].split('-')[0]}-*"):
            old.unlink()
        self._seen: Report = []
        more = {"cookies": cookies} if cookies else {}

        def look() -> None:
            self._seen = browse(base, [page], **TABLET, **more)

        self._thread = threading.Thread(target=look, daemon=True)
        self._thread.start()

    def saw(self, shot: str) -> None:
        """Wait until that screenshot was made."""
        until_s = time.monotonic() + OPEN_WITHIN_S
        while not list(ARTEFACTS.glob(f"{shot}-*")):
            assert self._thread.is_alive(), self._seen
            assert time.monotonic() < until_s, shot
            time.sleep(0.05)

    def report(self) -> Report:
        self._thread.join(OPEN_WITHIN_S)
        return self._seen


def _says(words: str) -> str:
    return f"document.body.innerText.includes({words!r})"


def _signed_in(region: FaultRegion, who: str) -> Cookies:
    answer = httpx.post(
        f"{region.url}/sign-in",
        data={"email": f"{who}@demo.example", "password": PASSWORD},
        timeout=60,
    )
    assert answer.status_code == 303, answer.text
    return [{"name": name, "value": value} for name, value in answer.cookies.items()]


def _waiting(region: FaultRegion, lab: RunningLab) -> str:
    """Order a poster; it waits for a person at the plotter."""
    shop = region.cast.shops[0]
    wish = Wish(
        number=1,
        shop=shop,
        design_key="poster",
        version_id=region.cast.version_of["poster"],
        quantity=1,
    )
    with http_client(region.url) as http:
        client = Client(http=http, key=shop.person.key)
        placed = place(client, wish, region.store.clock, again=lambda: True)
    assert placed.order_id, placed.refusal

    def waits() -> bool:
        return _machine(lab)["state"] == "needs-arming"

    region.wait("the job waits at the plotter", waits, wait_s=OPEN_WITHIN_S)
    job: str = _machine(lab)["job"]["job_id"]
    return job


def _machine(lab: RunningLab) -> dict[str, Any]:
    state = lab.state()
    assert state is not None
    return next(one for one in state["machines"] if one["machine_id"] == MACHINE)


def _do(lab: RunningLab, act: str, job: str) -> None:
    answer = httpx.post(
        f"http://127.0.0.1:{lab.local_port}/{act}",
        json={"machine_id": MACHINE, "job_id": job, "pin": "314159"},
    )
    assert answer.is_success, answer.text


def test_a_camera_shows_the_machine_to_its_lab_alone(
    region: FaultRegion, browse: Browse, well_made: WellMade
) -> None:
    (lab,) = region.labs
    with _camera() as url:
        lab.agent.end()
        settings = lab.home / "agent.toml"
        told = settings.read_text()
        mine = f'machine_id = "{MACHINE}"\n'
        settings.write_text(told.replace(mine, f'{mine}camera = "{url}"\n'))
        lab.agent.start()
        picture = f"/api/v1/machines/{MACHINE}/snapshot"
        cookies = _signed_in(region, "operator-esplanadi")
        own = {one["name"]: one["value"] for one in cookies}

        def is_there() -> bool:
            return httpx.get(region.url + picture, cookies=own).is_success

        region.wait("the picture is there", is_there)
        seen = httpx.get(region.url + picture, cookies=own)
        assert seen.content == PICTURE
        assert seen.headers["content-type"] == "image/png"
        assert httpx.get(region.url + picture).status_code == 401
        others = _signed_in(region, "courier-aino")
        stranger = {one["name"]: one["value"] for one in others}
        assert httpx.get(region.url + picture, cookies=stranger).status_code == 403
        loaded = "[...document.images].some((one) => one.naturalWidth === 16)"
        page = {"name": "camera", "url": f"/machines/{MACHINE}"}
        beside = {"name": "camera-beside", "url": "/"}
        steps = [{"until": loaded}]
        well_made(
            browse(region.url, [page | {"steps": steps}], cookies=cookies, **TABLET)
        )
        local = f"http://127.0.0.1:{lab.local_port}"
        well_made(browse(local, [beside | {"steps": steps}], **TABLET))


def _png() -> bytes:
    """A grey square of 16 by 16."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", crc32(body))

    head = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\x80" * 16) * 16)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", lines), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PICTURE = _png()


@contextmanager
def _camera() -> Iterator[str]:
    """A camera's own little web server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_request(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/snapshot.png"
    server.shutdown()
    server.server_close()
