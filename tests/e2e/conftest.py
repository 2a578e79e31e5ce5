"""A real server on a free port, and a real Chromium that looks at its pages."""

import hashlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.server import PageServer
from tests.e2e.browser import Browsers
from tests.e2e.region import Browse, Report, Stage, staged

HERE = Path(__file__).parent
ARTEFACTS = HERE.parents[1] / "artefacts" / "pages"
INSTALL_LIMIT_S = 120
START_LIMIT_S = 20

Serve = Callable[[FastAPI, Feed], str]


@pytest.fixture(scope="session")
def browser_tools() -> Path:
    """The folder of browse.mjs, its packages installed as the lock file says."""
    lock = HERE / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".lock-sha256"
    with lock.open() as held:
        flock(held, LOCK_EX)  # other workers want the same packages
        if not stamp.is_file() or stamp.read_text() != wanted:
            subprocess.run(["npm", "ci"], cwd=HERE, check=True, timeout=INSTALL_LIMIT_S)
            stamp.write_text(wanted)
    return HERE


@pytest.fixture(scope="session")
def browse(browser_tools: Path) -> Iterator[Browse]:
    """Look at pages: `browse(base, pages, **job)` gives the report of browse.mjs.

    Screenshots are kept in `artefacts/pages/`, one per page, width and scheme.
    """
    browsers = Browsers(browser_tools)

    def look(base: str, pages: list[dict[str, Any]], **job: Any) -> Report:
        return browsers.report(
            {"base": base, "pages": pages, "shots": str(ARTEFACTS), **job}
        )

    yield look
    browsers.end()


@contextmanager
def serving() -> Iterator[Serve]:
    """Serves applications until the block ends; gives their addresses."""
    running: list[tuple[PageServer, threading.Thread]] = []

    def start(app: FastAPI, feed: Feed) -> str:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")
        server = PageServer(config, feed)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        give_up_at = time.monotonic() + START_LIMIT_S
        while not server.started:
            assert time.monotonic() < give_up_at, "the server did not start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread in running:
        server.feed.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application until the test ends; gives its address."""
    with serving() as start:
        yield start


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's region at noon, one for all tests of a module."""
    with staged(tmp_path_factory.mktemp("stage")) as ready:
        yield ready


@pytest.fixture(scope="module")
def stage_url(stage: Stage) -> Iterator[str]:
    """Where the stage is served."""
    with serving() as start:
        yield start(stage.app, stage.feed)


def assert_well_made(report: list[dict[str, Any]]) -> None:
    """Nothing for axe to say, nothing undecided, no overflow, a silent console."""
    for seen in report:
        where = f"{seen['name']} {seen['width']} {seen['scheme']} {seen['direction']}"
        assert seen["failed_step"] is None, (where, seen["failed_step"])
        assert seen["violations"] == [], where
        assert seen["undecided_contrast"] == [], where
        assert seen["overflow_px"] == 0, (where, seen["wide"])
        assert seen["console_errors"] == [], where


@pytest.fixture(scope="session")
def well_made() -> Callable[[list[dict[str, Any]]], None]:
    """`well_made(report)`: the rules that hold for every page."""
    return assert_well_made
