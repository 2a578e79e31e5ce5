"""A board at another computer's port, over RFC 2217 or plain TCP, is a board."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from firmware_bridge.detect import detect
from firmware_bridge.errors import LinkLostError
from firmware_bridge.facts import MachineState, OutcomeKind
from firmware_bridge.hosts.address import host_address, is_remote_port
from firmware_bridge.link import Link
from firmware_bridge.machine import connect
from firmware_bridge.simulators.marlin_board import MarlinBoard
from tests.unit.firmware_bridge.boards.conftest import PATIENCE
from tests.unit.firmware_bridge.boards.port_server import PortServer, port_server


@pytest.fixture
def served(bench: Any) -> Iterator[Callable[..., PortServer]]:
    """A printer's board behind a server of its port."""
    with ExitStack() as stack:

        def serve(*, rfc2217: bool, **traits: Any) -> PortServer:
            bench.seat("printer", MarlinBoard(**traits), 100.0)
            reset = lambda: bench.fault("printer", "reset")  # noqa: E731
            server = port_server(bench.port("printer"), reset, rfc2217=rfc2217)
            return stack.enter_context(server)

        yield serve


def plug_in(bench: Any, server: PortServer) -> Any:
    machine = connect(server.url, patience=PATIENCE)
    bench.machines.append(machine)
    return machine


def test_its_rate_is_found_and_set_over_rfc_2217(bench: Any, served: Any) -> None:
    """At any other rate the simulated wire carries noise."""
    server = served(rfc2217=True, baud=250000)
    found = detect(server.url, patience=PATIENCE)
    assert (found.dialect, found.baud) == ("marlin", 250000)


@pytest.mark.parametrize("rfc2217", [True, False])
def test_a_job_runs_to_its_proven_end(
    bench: Any, served: Any, print_program: Any, *, rfc2217: bool
) -> None:
    # A pseudo-terminal that nobody has set runs at 38400; plain bytes can't change it.
    server = served(rfc2217=rfc2217, baud=115200 if rfc2217 else 9600)
    machine = plug_in(bench, server)
    outcome = bench.run(machine, print_program(60))
    oracle = bench.oracle("printer")
    assert outcome.kind is OutcomeKind.COMPLETED, outcome
    assert oracle["extruded_mm"] == pytest.approx(5.9)
    assert oracle["bytes_overrun"] == 0


def test_its_reset_line_reaches_over_rfc_2217(
    bench: Any, served: Any, print_program: Any
) -> None:
    machine = plug_in(bench, served(rfc2217=True))
    job = bench.start(machine, print_program(300))
    job.wait_for(20)
    before = bench.oracle("printer")["resets"]
    machine.stop()
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.CANCELLED
    assert "confirm" not in outcome.reason
    assert bench.oracle("printer")["resets"] > before
    assert bench.oracle("printer")["nozzle_target_c"] == 0


def test_a_stop_that_cannot_be_seen_is_not_claimed(
    bench: Any, served: Any, print_program: Any
) -> None:
    """Plain bytes have no reset line."""
    machine = plug_in(bench, served(rfc2217=False, baud=9600))
    job = bench.start(machine, print_program(300))
    job.wait_for(20)
    machine.stop()
    assert "did not confirm" in job.outcome().reason


@pytest.mark.parametrize("rfc2217", [True, False])
@pytest.mark.parametrize("break_it", ["hang up", "unplug there"])
def test_a_lost_connection_is_an_unplugged_cable(
    bench: Any, served: Any, print_program: Any, break_it: str, *, rfc2217: bool
) -> None:
    server = served(rfc2217=rfc2217, baud=115200 if rfc2217 else 9600)
    machine = plug_in(bench, server)
    job = bench.start(machine, print_program(300))
    job.wait_for(20)
    if break_it == "hang up":
        server.hang_up()
    else:
        bench.host.unplug("printer")
    outcome = job.outcome()
    assert outcome.kind is OutcomeKind.INTERRUPTED, outcome
    assert server.url in outcome.reason
    assert machine.status().state is MachineState.OFFLINE
    machine.close()
    if break_it == "unplug there":
        bench.host.plug("printer")
    assert plug_in(bench, server).status().state is MachineState.IDLE


def test_nobody_at_home_is_a_lost_link_that_names_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for scheme in ("rfc2217", "socket"):
        with pytest.raises(LinkLostError, match=f"{scheme}://127.0.0.1:{port}"):
            Link(f"{scheme}://127.0.0.1:{port}", 115200)


@pytest.mark.parametrize(
    "port",
    [
        "rfc2217://pi.local",
        "rfc2217://pi.local:4000?logging=debug",
        "socket://user:secret@pi.local:23",
        "loop://",
        "spy:///dev/ttyUSB0",
        "alt:///dev/ttyUSB0?class=PosixPollSerial",
    ],
)
def test_only_plain_addresses_are_ports(port: str) -> None:
    """pyserial knows more schemes and options than a lab should meet by mistake."""
    assert not is_remote_port(port)
    if "://" in port:
        with pytest.raises(ValueError, match="an address like"):
            host_address(port)


def test_a_remote_port_is_no_server_before_a_machine() -> None:
    for port in ("rfc2217://pi.local:4000", "socket://[fe80::1]:23"):
        assert is_remote_port(port)
        assert host_address(port) is None
