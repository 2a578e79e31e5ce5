"""Fixtures: the real image on a simulated ATmega328P, its line on a pseudo-terminal."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.commission import Commission, commission
from firmware_bridge.dialects import fabnode
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.facts import Patience
from firmware_bridge.link import Link
from firmware_bridge.simulators.avr_node import AvrNode

NODE_UUID = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


SPEED = 6.0  # the board lives so much faster than the wall: tests wait less


class Listener(FabnodeTalk):
    """A conversation in which a test can wait for what it wants to hear."""

    node: AvrNode

    def until(
        self, wanted: Callable[["Listener"], bool], *, timeout_s: float = 60.0
    ) -> None:
        """Listen until `wanted`; fail when the time (of the wall) is over."""
        until_s = self.wall.monotonic_s() + timeout_s
        while not wanted(self):
            assert self.wall.monotonic_s() < until_s, f"not heard; last: {self.state}"
            self.listen(0.05)

    def for_s(self, duration_s: float) -> None:
        """Listen for so long in the board's own time."""
        until_s = self.node.stat()["board_s"] + duration_s
        while self.node.stat()["board_s"] < until_s:
            self.listen(0.01)
        while self.listen(0.02) is not None:  # what was said in that time, all of it
            pass

    def kinds(self) -> list[str]:
        """The kinds of events heard so far, repeats left out."""
        return [event.kind for event in self.events]

    def until_event(self, kind: fabnode.EventKind) -> fabnode.Event:
        """Wait for an event of this kind, heard already or to come."""
        self.until(lambda _: kind in self.kinds())
        return next(event for event in self.events if event.kind == kind)


@pytest.fixture(scope="session")
def commissioned_eeprom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The EEPROM of a node that was put into service once."""
    path = tmp_path_factory.mktemp("fabnode") / "eeprom.bin"
    with AvrNode(eeprom=path, speed=SPEED) as node:
        commission(node.port, Commission(uuid=NODE_UUID))
    return path


@pytest.fixture
def eeprom(commissioned_eeprom: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copy(commissioned_eeprom, tmp_path / "eeprom.bin"))


@pytest.fixture
def node(eeprom: Path) -> Iterator[AvrNode]:
    """A commissioned node, its machine at rest; opening the port does not reset it."""
    with AvrNode(eeprom=eeprom, resets_on_open=False, speed=SPEED) as running:
        yield running


@pytest.fixture
def listener(node: AvrNode) -> Iterator[Listener]:
    """A conversation with the node, which has seen that its machine is at rest."""
    with Link(node.port, 115_200) as link:
        talk = Listener(link, wall=WallClock(), patience=Patience())
        talk.node = node
        talk.until_event("idle")
        talk.ask_hello()
        yield talk
