"""A server for the tests of one file; each leaves it idle."""

from collections.abc import Iterator

import pytest

from firmware_bridge.machine import Machine, connect
from tests.integration.hosts.programs import QUICK
from tests.integration.hosts.servers import (
    KEY,
    OctoPrintServer,
    Proxy,
    octoprint,
    wait_until,
)


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
