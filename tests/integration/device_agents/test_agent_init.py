"""`fabcommons agent init`, as a person at a terminal and as a script meet it."""

import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from device_agents.agent.identity import load_identity
from device_agents.entry import agent_app
from device_agents.settings import load_secrets, load_settings
from firmware_bridge.simulators.marlin_board import MarlinBoard
from tests.integration.device_agents.stage import (
    AgentProcess,
    Boards,
    FileServer,
    network,
)
from tests.integration.device_agents.terminal import Terminal

CODE = "ABCD-EFGH-JKMN-PQRS"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A network that waits for a lab, and two machines that are plugged in."""

    files: FileServer
    mill: Path
    printer: Path

    @property
    def invitation(self) -> str:
        return f"{self.files.url}/join#{CODE}"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as closing:
        _broker, _hub, files = closing.enter_context(network(tmp_path / "broker"))
        files.codes.add(CODE)
        boards = Boards(tmp_path / "ports")
        closing.callback(boards.close)
        printer = tmp_path / "ports" / "printer"
        boards.host.add("printer", MarlinBoard(name="Original Prusa i3 MK3S"), printer)
        yield Room(files=files, mill=boards.grbl("mill"), printer=printer)


def command(*words: str) -> Result:
    """As a script calls it: nobody is at a terminal."""
    return CliRunner().invoke(agent_app, words, catch_exceptions=False)


def test_a_person_sets_up_a_lab_and_changes_it(room: Room, tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    ports = ("--port", str(room.mill), "--port", str(room.printer))
    with Terminal("init", str(folder), *ports) as terminal:
        terminal.answer("network's address", CODE)
        terminal.answer("whole link is needed", room.invitation)
        terminal.answer("Lab Kallio, Street 1 (helsinki). Right?", "")
        terminal.answer("call this computer", "By the window")
        terminal.answer("is none at work now?", "y")
        terminal.wait_for(f"{room.mill}: Grbl 1.1h.20190825, 300 x 200 x 80 mm")
        terminal.answer("Add it?", "")
        terminal.answer("people call it?", "Mill by the door")
        terminal.answer("Number", "2")
        terminal.answer("(S) that a job may ask for?", "fast")
        terminal.answer("is not a number", "9000")
        terminal.answer("Which material", "plywood-4mm")
        terminal.answer("nobody is in the room?", "y")
        terminal.wait_for("“Original Prusa i3 MK3S”")
        terminal.answer("Add it?", "")
        terminal.answer("people call it? [Prusa MK3]", "")
        terminal.answer("Number [1]", "")
        terminal.answer("nozzle get at most, in degrees Celsius? [280]", "260")
        terminal.answer("bed get at most, in degrees Celsius? [110]", "")
        terminal.answer("Which material is in it now? “-” for none [PLA]", "")
        terminal.answer("nobody is in the room?", "")
        terminal.answer("OctoPrint or Klipper?", "")
        terminal.answer("The PIN", "2468")
        terminal.wait_for("broker lets this computer in")
        terminal.wait_for(f"{room.files.url}/labs/lab-kallio/hours")
        terminal.wait_for(f"Next: fabcommons agent run {folder}")
        assert terminal.end() == 0
    mill, printer = load_settings(folder).machines
    assert (mill.name, mill.machine_kind, mill.port, mill.dialect, mill.unattended) == (
        *("Mill by the door", "cnc-mill", str(room.mill), "grbl", True),
    )
    assert (mill.envelope, mill.limits.spindle_max) == (None, 9000)
    assert (printer.name, printer.unattended) == ("Prusa MK3", False)
    assert (printer.limits.nozzle_max_c, printer.limits.bed_max_c) == (260, 110)
    assert load_identity(folder).facility_id == "lab-kallio"
    for name in ("agent.toml", "secrets.toml", "identity.json", "device.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    change(folder)


def change(folder: Path) -> None:
    """A second time: one machine is changed, one taken away; the rest stays."""
    mill, _printer = load_settings(folder).machines
    with Terminal("init", str(folder), "--no-look") as terminal:
        terminal.wait_for("is dev-kallio of the lab lab-kallio")
        terminal.answer("Keep them as they are?", "n")
        terminal.answer("Number", "2")
        terminal.answer("people call it? [Mill by the door]", "")
        terminal.answer("Number [2]", "")
        terminal.answer("power (S) that a job may ask for? [9000]", "")
        terminal.answer("now? “-” for none [plywood-4mm]", "-")
        terminal.answer("nobody is in the room? [Y/n]", "")
        terminal.answer("Number", "3")
        assert terminal.end() == 0
    (changed,) = load_settings(folder).machines
    assert changed == mill.model_copy(update={"materials": ()})
    assert load_secrets(folder).arming_pin.get_secret_value() == "2468"
    agent = AgentProcess(folder)
    agent.port = load_settings(folder).local.port
    try:
        agent.start()
        agent.wait_for("idle", changed.machine_id)
    finally:
        agent.kill()


def test_breaking_off_leaves_nothing_and_spends_nothing(
    room: Room, tmp_path: Path
) -> None:
    folder = tmp_path / "lab"
    words = ("init", str(folder), "--port", str(room.mill))
    with Terminal(*words, "--invitation", room.invitation) as terminal:
        terminal.answer("Right?", "")
        terminal.answer("call this computer", "")
        terminal.answer("is none at work now?", "")
        terminal.answer("Add it?", "")
        terminal.press_ctrl_c("people call it?")
        assert terminal.end() == 1
    assert not folder.exists()
    done = command(*words, "--invitation", room.invitation, "--yes", "--pin", "1234")
    assert done.exit_code == 0, done.stderr
    assert "broker lets this computer in" in done.stdout
    assert CODE not in done.stdout + done.stderr
    (mill,) = load_settings(folder).machines
    assert (mill.machine_kind, mill.limits.spindle_max) == ("cnc-mill", 1000)


def test_a_script_without_answers_is_told_which_flag(
    room: Room, tmp_path: Path
) -> None:
    folder = tmp_path / "lab"
    for words, told in (
        ((), "give --invitation"),
        (("--invitation", "http://192.0.2.1/#" + CODE), "give --plain-http"),
        (("--invitation", room.files.url), "give --code"),
        (("--invitation", f"{room.files.url}/join#{CODE}"), "give --yes"),
        (("--invitation", f"{room.files.url}/join#{CODE}", "--yes"), "no machine"),
        (("--server", room.files.url, "--region", "x-y", "--machine", "a,b"), "NAME"),
    ):
        done = command("init", str(folder), "--no-look", *words)
        assert done.exit_code == 1, words
        assert told in done.stderr, (told, done.stderr)
    assert not folder.exists()


def test_a_script_says_everything_of_a_machine(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    machine = (
        "Printer A,fdm-printer,/dev/ttyUSB0,3DP-FDM,envelope=220x220x250,nozzle=240,"
        "bed=80,material=PLA,unattended=yes"
    )
    words = ("--server", "https://fab.example.org", "--region", "helsinki")
    done = command("init", str(folder), *words, "--machine", machine)
    assert done.exit_code == 0, done.stderr
    again = command("init", str(folder), *words, "--machine", machine + ",nozzle=230")
    assert again.exit_code == 0, again.stderr
    (printer,) = load_settings(folder).machines
    assert printer.envelope is not None
    assert (printer.envelope.z_mm, printer.limits.nozzle_max_c) == (250, 230)
    assert (printer.materials[0].code, printer.unattended) == ("PLA", True)
