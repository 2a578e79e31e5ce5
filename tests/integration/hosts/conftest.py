"""A server for the tests of one file; each leaves it idle."""

from collections.abc import Iterator

import pytest

from firmware_bridge.machine import Machine, connect
from tests.integration.hosts.programs import QUICK
from tests.integration.hosts.servers import (
    KEY,
    MoonrakerServer,
    OctoPrintServer,
    Proxy,
    moonraker,
    octoprint,
    wait_until,
)

IDLE = ("standby", "complete", "cancelled", "error")


@pytest.fixture(scope="module")
def _octoprint(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OctoPrintServer]:
    with octoprint(tmp_path_factory.mktemp("hosts") / "octoprint") as server:
        yield server


@pytest.fixture
def server(_octoprint: OctoPrintServer) -> Iterator[OctoPrintServer]:
    yield _octoprint
    if _octoprint.state in ("Printing", "Paused", "Pausing"):
        _octoprint.act("/api/job", command="cancel")
    if _octoprint.state.startswith("Offline"):
        _octoprint.act("/api/connection", command="connect")
    wait_until(_octoprint.ready, "OctoPrint is idle again")


@pytest.fixture
def machine(server: OctoPrintServer) -> Iterator[Machine]:
    found = connect(server.address, key=KEY, patience=QUICK)
    yield found
    found.close()


@pytest.fixture(scope="module")
def _moonraker(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MoonrakerServer]:
    with moonraker(tmp_path_factory.mktemp("hosts") / "moonraker") as server:
        yield server


@pytest.fixture
def klipper(_moonraker: MoonrakerServer) -> Iterator[MoonrakerServer]:
    """Moonraker with a Klippy that is idle."""
    yield _moonraker
    if _moonraker.state in ("printing", "paused"):
        _moonraker.act("/printer/print/cancel")
    if _moonraker.state == "shutdown":
        _moonraker.act("/printer/firmware_restart")
    wait_until(lambda: _moonraker.state in IDLE, "Klipper is idle again")


@pytest.fixture
def behind(klipper: MoonrakerServer) -> Iterator[Machine]:
    """The machine behind it."""
    found = connect(klipper.address, key=klipper.key, patience=QUICK)
    yield found
    found.close()


@pytest.fixture
def wire(server: OctoPrintServer) -> Iterator[Proxy]:
    """A wire to OctoPrint that can be cut."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def wired(wire: Proxy) -> Iterator[Machine]:
    """The machine at the other end of that wire."""
    found = connect(f"octoprint+{wire.url}", key=KEY, patience=QUICK)
    yield found
    found.close()
