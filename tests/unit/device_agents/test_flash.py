"""An Arduino from its box becomes a node, and a board that drives a machine does not."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from device_agents.entry import agent_app
from device_agents.errors import SettingsError
from device_agents.flash import Wish, chosen_port, flash_board
from firmware_bridge import flash
from firmware_bridge.clock import WallClock
from firmware_bridge.commission import commission, usual
from firmware_bridge.dialects import fabnode
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.facts import Patience
from firmware_bridge.flash import FlashError
from firmware_bridge.link import Link, Port
from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.host import Host
from firmware_bridge.sketches.build import ARDUINO, SHIPPED, build_sketch, run_tool

OPTIBOOT = ARDUINO / "bootloaders/optiboot/optiboot_atmega328.hex"
COMPILER_OF_SHIPPED = "5.4.0"
READING_FROM_BYTES = 2_000  # while it is written the board says a few hundred
QUICK = Patience(boot_s=0.2, answer_s=0.1)
NODE_UUID = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


class Someone:
    """Says yes, takes the first, and hears everything."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.heard: list[str] = []
        self.asked: list[str] = []
        self._agrees = agrees

    def tell(self, words: str) -> None:
        self.heard.append(words)

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self._agrees

    def chooses(self, question: str, answers: Sequence[str]) -> int:
        self.asked.append(question)
        return answers.index("a kiln") if "a kiln" in answers else 0


@pytest.fixture
def arduino(tmp_path: Path) -> Iterator[AvrNode]:
    """As it comes out of the box: Optiboot, no program, a blank EEPROM."""
    with AvrNode(boot_loader=OPTIBOOT, eeprom=tmp_path / "eeprom") as board:
        yield board


def test_shipped_image_is_what_the_sketch_builds_to() -> None:
    if COMPILER_OF_SHIPPED not in run_tool("avr-gcc", "--version"):
        pytest.skip(f"the shipped image is avr-gcc {COMPILER_OF_SHIPPED}'s")
    assert SHIPPED.read_bytes() == build_sketch().hex.read_bytes(), (
        "run: python -m firmware_bridge.sketches.build --ship"
    )


def test_from_the_box_to_a_node_with_a_name_and_again(arduino: AvrNode) -> None:
    someone = Someone()
    arduino.heat(21)
    flash_board(Wish(port=arduino.port, patience=QUICK), someone)
    assert someone.asked == [
        f"On {arduino.port} runs nothing that we know. Write the sketch over it?",
        "What will it stand beside?",
    ]
    first = _hello(arduino)
    assert (first.kind, first.name, first.hot_c) == ("kiln", "Kiln", 60)
    assert any("/wiring/kiln" in line for line in someone.heard)

    again = Someone()  # a newer sketch: name and settings stay, nobody is asked
    flash_board(Wish(port=arduino.port, patience=Patience(boot_s=3)), again)
    assert again.asked == []
    second = _hello(arduino)
    assert (second.uuid, second.kind, second.name) == (first.uuid, "kiln", "Kiln")


def test_what_is_read_back_otherwise_is_told(arduino: AvrNode) -> None:
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(flash.write, arduino.port)
        while arduino.stat()["to_host"] < READING_FROM_BYTES:
            assert not writing.done(), writing.result()
        arduino.do("rgarble 1")
        with pytest.raises(FlashError, match=r"read back|boot loader"):
            writing.result()


def test_a_no_writes_nothing(arduino: AvrNode) -> None:
    with pytest.raises(SettingsError, match="nothing was written"):
        flash_board(
            Wish(port=arduino.port, patience=QUICK, kind="drill"),
            Someone(agrees=False),
        )


def test_a_board_that_drives_a_machine_is_left_alone(tmp_path: Path) -> None:
    host = Host()
    host.add("mill", GrblBoard(), tmp_path / "mill", scale=1.0)
    server = threading.Thread(target=host.serve)
    server.start()
    try:
        port = str(tmp_path / "mill")
        with pytest.raises(SettingsError, match="--over grbl"):
            flash_board(Wish(port=port, over="marlin"), Someone())
        unsure = Someone(agrees=False)
        with pytest.raises(SettingsError, match="nothing was written"):
            flash_board(Wish(port=port, over="grbl"), unsure)
        assert unsure.asked == [f"On {port} runs grbl. Write the sketch over it?"]
    finally:
        host.stop()
        server.join(5)
        host.close()


def test_a_node_in_mid_job_is_left_alone() -> None:
    with AvrNode(resets_on_open=False, speed=6.0) as node:
        commission(node.port, usual("drill", uuid=NODE_UUID, name="Drill"))
        with Link(node.port, 115_200) as link:
            talk = FabnodeTalk(link, wall=WallClock(), patience=Patience())
            while talk.ask_state().unread:
                talk.listen(0.1)
            talk.order(lambda request: fabnode.arm(request, "job-1", 2))
        with pytest.raises(FlashError, match="a job is armed there"):
            flash_board(Wish(port=node.port), Someone())


def test_missing_avrdude_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FlashError, match="apt-get install avrdude"):
        flash.write("/dev/ttyACM0")


def test_ports_are_pointed_at_only_when_there_are_several() -> None:
    def port(path: str) -> Port:
        return Port(path=path, description="Arduino Uno", usb_serial="")

    someone = Someone()
    with pytest.raises(SettingsError, match="no board is plugged in"):
        chosen_port([], someone)
    assert chosen_port([port("/dev/ttyACM0")], someone) == "/dev/ttyACM0"
    assert someone.asked == []
    assert chosen_port([port("/dev/ttyACM0"), port("/dev/ttyUSB0")], someone)
    assert someone.asked == ["Which one is the new board?"]


@pytest.mark.parametrize("name", ["Säulenbohrmaschine", "x" * 17, "a*b"])
def test_a_name_that_the_display_can_not_show_is_refused_first(name: str) -> None:
    with pytest.raises(SettingsError, match="letters without accents"):
        flash_board(Wish(port="/dev/null", name=name), Someone())


def _hello(board: AvrNode) -> fabnode.Hello:
    patience = Patience(answer_s=10)  # the boot loader comes first
    with Link(board.port, 115_200) as link:
        return FabnodeTalk(link, wall=WallClock(), patience=patience).ask_hello()


def test_the_command_refuses_in_one_line() -> None:
    said = CliRunner().invoke(
        agent_app, ["flash", "--port", "/dev/null", "--name", "Säulenbohrmaschine"]
    )
    assert said.exit_code == 1
    assert "letters without accents" in said.output
    assert "Traceback" not in said.output
