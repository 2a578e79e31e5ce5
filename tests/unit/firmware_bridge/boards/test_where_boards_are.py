"""A board that comes back at another port is the same machine, and no other one is."""

import os
from pathlib import Path
from typing import Any

import pytest

from device_agents.agent.bulletin import Bulletin
from device_agents.agent.station import Station, Surroundings
from device_agents.settings import Machine
from firmware_bridge.clock import WallClock
from firmware_bridge.facts import Identity
from firmware_bridge.link import Port
from firmware_bridge.plugs import Plugs
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.whereabouts import OtherMachineError, Whereabouts
from tests.unit.firmware_bridge.boards.conftest import PATIENCE

NAMELESS = Identity(firmware="Grbl", version="1.1h", dialect="grbl")


def named(name: str) -> Identity:
    return Identity(firmware="Grbl", version="1.1h", dialect="grbl", uuid=name)


def port(path: str, *, place: str, serial: str = "", model: str = "1a86:7523") -> Port:
    return Port(
        path=path,
        description="USB Serial",
        usb_serial=serial,
        usb_model=model,
        usb_place=place,
    )


@pytest.fixture
def here() -> list[Port]:
    """The ports of this computer; tests plug and unplug."""
    return []


@pytest.fixture
def mill(here: list[Port]) -> Whereabouts:
    here += [port("/dev/ttyUSB0", place="1-1", serial="A")]
    mill = Whereabouts("/dev/ttyUSB0", lambda: here)
    mill.settle("/dev/ttyUSB0", NAMELESS)
    return mill


def test_a_serial_number_of_its_own_is_followed(
    mill: Whereabouts, here: list[Port]
) -> None:
    assert mill.to_try() == ["/dev/ttyUSB0"]
    here[:] = [port("/dev/ttyUSB3", place="1-4", serial="A")]
    assert mill.to_try() == ["/dev/ttyUSB3"]
    mill.settle("/dev/ttyUSB3", NAMELESS)
    assert mill.taken == {"/dev/ttyUSB3": mill.named}


@pytest.mark.parametrize("serial", ["", "A"])
def test_adapters_that_are_alike_are_told_by_their_socket(
    here: list[Port], serial: str
) -> None:
    """Cheap adapters have no serial number, or all the same one."""
    here[:] = [port("/dev/ttyUSB0", place="1-1", serial=serial)]
    mill = Whereabouts("/dev/ttyUSB0", lambda: here)
    mill.settle("/dev/ttyUSB0", NAMELESS)
    here[:] = [
        port("/dev/ttyUSB0", place="1-2", serial=serial),
        port("/dev/ttyUSB1", place="1-1", serial=serial),
    ]
    assert mill.to_try() == ["/dev/ttyUSB1"]


def test_boards_that_nothing_tells_apart_are_not_guessed(
    mill: Whereabouts, here: list[Port]
) -> None:
    here[:] = [
        port("/dev/ttyUSB1", place="1-5", serial="A"),
        port("/dev/ttyUSB2", place="1-6", serial="A"),
    ]
    assert mill.to_try() == ["/dev/ttyUSB0"]


def test_a_name_of_its_own_is_looked_for_at_every_free_port_alike(
    here: list[Port],
) -> None:
    here += [port("/dev/ttyUSB0", place="1-1")]
    mill = Whereabouts("/dev/ttyUSB0", lambda: here, {"/dev/ttyUSB2": "another's"})
    mill.settle("/dev/ttyUSB0", named("mill-1"))
    mill.leave()
    here[:] = [port(f"/dev/ttyUSB{n}", place=f"1-{n + 4}") for n in (1, 2, 3)]
    assert mill.to_try() == ["/dev/ttyUSB1", "/dev/ttyUSB3"]
    with pytest.raises(OtherMachineError, match="mill-9 answers instead of mill-1"):
        mill.settle("/dev/ttyUSB1", named("mill-9"))
    mill.settle("/dev/ttyUSB3", named("mill-1"))


def test_another_adapter_at_the_named_port_is_another_machine(
    mill: Whereabouts, here: list[Port]
) -> None:
    here[:] = [port("/dev/ttyUSB0", place="1-1", serial="B")]
    assert mill.to_try() == ["/dev/ttyUSB0"]
    with pytest.raises(OtherMachineError, match="restart the agent"):
        mill.settle("/dev/ttyUSB0", NAMELESS)


def test_a_port_that_is_no_usb_stays_as_it_is_named() -> None:
    far = Whereabouts("rfc2217://pi.local:4000", list)
    far.settle("rfc2217://pi.local:4000", NAMELESS)
    assert far.to_try() == ["rfc2217://pi.local:4000"]


def test_a_station_follows_its_board_and_takes_no_other(
    bench: Any, here: list[Port]
) -> None:
    def seat(name: str, build: str, place: str) -> None:
        bench.seat(name, GrblBoard(build=build), 60.0)
        here.append(port(bench.port(name), place=place))

    def pull(name: str) -> None:
        bench.host.unplug(name)
        here[:] = [left for left in here if left.path != bench.port(name)]

    seat("usb0", "mill-1", "1-1")
    settings = Machine(
        machine_id="mill-1",
        name="Mill",
        machine_kind="cnc-mill",
        port=bench.port("usb0"),
        dialect="grbl",
        processes=("CNC-MIL-3AX",),
    )
    around = Surroundings(
        bulletin=Bulletin(lambda: None),
        clock=WallClock(),
        wall=WallClock(),
        patience=PATIENCE,
        ports=lambda: here,
    )
    station = Station(settings, "mill-1", around)
    assert station.look(None)
    station._looked_at_s = float("-inf")
    pull("usb0")
    assert not station.look(None)
    seat("usb1", "mill-2", "1-2")
    station.ports_changed()
    assert not station.look(None)
    shown = around.bulletin.state("mill-1")
    assert shown is not None
    assert (shown.state, "mill-2 answers instead of mill-1" in shown.text) == (
        "offline",
        True,
    )
    seat("usb2", "mill-1", "1-3")
    station.ports_changed()
    assert station.look(None)
    assert list(around.taken) == [bench.port("usb2")]
    station.let_go()
    assert not around.taken


def test_the_kernel_tells_it(tmp_path: Path) -> None:
    told = next(iter(Path("/sys/class/tty").glob("tty[0-9]*/uevent")), None)
    plugs = Plugs(folder=tmp_path)
    if plugs._events is None or told is None or not os.access(told, os.W_OK):
        pytest.skip("nobody may make such an event here")
    try:
        told.write_text("change", encoding="ascii")
    except OSError:
        pytest.skip("nobody may make such an event here")
    assert plugs.changed()
    plugs.close()


def test_a_cable_that_comes_or_goes_is_seen(tmp_path: Path) -> None:
    plugs = Plugs([str(tmp_path / "named")], folder=tmp_path)
    plugs._events = None  # the kernel's own are another test's matter
    assert not plugs.changed()
    for path in (tmp_path / "ttyUSB0", tmp_path / "named"):
        path.touch()
        assert plugs.changed()
        assert not plugs.changed()
        path.unlink()
        assert plugs.changed()
    plugs.close()
