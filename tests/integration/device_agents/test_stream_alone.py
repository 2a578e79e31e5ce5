"""`fabcommons stream`: one file to one machine, and an end that is told as it was."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from firmware_bridge.link import Link
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.control import answer
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.host import Host
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.reprap_board import RepRapBoard
from tests.waiting import wait_until

UNHOMED = {**DEFAULT_SETTINGS, 20: 0, 22: 0}
MILLED = "G21 G90\nM3 S800\nG1 X10 Y10 Z5 F1200\n" + "".join(
    f"G1 X{10 + place % 2 * 5} Y{10 + place * 0.1:.1f}\n" for place in range(200)
)
LONG = MILLED * 4  # more than is read ahead of what is sent


class Boards:
    """Simulated boards, and the command run against one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = Host()

    def seat(self, board: Board, scale: float) -> None:
        self.host.add("board", board, self.folder / "board", scale=scale)

    def begin(
        self, program: str | bytes, *options: str, stdout: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        file = self.folder / "program.nc"
        file.write_bytes(program if isinstance(program, bytes) else program.encode())
        port = ["--port", str(self.folder / "board")]
        command = [sys.executable, "-m", "orchestrator.entry", "stream", str(file)]
        return subprocess.Popen(
            [*command, *port, "--json", *options],
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
        out, err = process.communicate(timeout=60)
        assert out, err
        return process.returncode, json.loads(out)

    def run(self, program: str | bytes, *options: str) -> tuple[int, dict[str, Any]]:
        return self.end(self.begin(program, *options))

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        wait_until(lambda: wanted(self.host.oracle("board")), "the board is there")

    def fault(self, do: str) -> None:
        assert answer(self.host, {"board": "board", "do": do}) == {"ok": True}


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[Boards]:
    boards = Boards(tmp_path)
    server = threading.Thread(target=boards.host.serve)
    server.start()
    yield boards
    boards.host.stop()
    server.join(5)
    boards.host.close()


def test_a_file_is_milled_and_its_end_seen(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 100.0)
    code, told = boards.run(MILLED + "M5\nG0 X1 Y2 Z3")
    assert (code, told["outcome"]) == (0, "completed"), told
    assert told["lines_sent"] == told["lines_acknowledged"] == told["lines_total"]
    assert told["last_position_mm"] == [1.0, 2.0, 3.0]
    truth = boards.host.oracle("board")
    assert truth["machine_mm"] == pytest.approx([1, 2, 3], abs=0.01)


def test_a_file_is_printed_however_it_was_saved(boards: Boards) -> None:
    boards.seat(MarlinBoard(), 100.0)
    text = "\ufeff; Größe 10\r\nG28\r\n\r\nG1 X10 Y10 F3000 ; über\rG1 Z2\nG1 X20"
    code, told = boards.run(text.encode())
    assert (code, told["outcome"]) == (0, "completed"), told
    assert told["lines_total"] == 4
    assert told["last_position_mm"] == [20.0, 10.0, 2.0]


def test_a_signal_ends_it_at_a_safe_place(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 20.0)
    process = boards.begin(MILLED)
    boards.wait(lambda truth: truth["lines_executed"] > 30 and truth["spindle_on"])
    process.send_signal(signal.SIGTERM)
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (3, "cancelled"), told
    assert told["lines_acknowledged"] < told["lines_total"]
    truth = boards.host.oracle("board")
    assert (truth["state"], truth["spindle_on"]) == ("Idle", False)
    assert told["last_position_mm"] == pytest.approx(truth["machine_mm"], abs=0.01)


def test_signals_that_come_late_take_neither_report_nor_exit_code(
    boards: Boards,
) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 20.0)
    process = boards.begin(MILLED)
    boards.wait(lambda truth: truth["lines_executed"] > 30)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (3, "cancelled"), told


def test_a_signal_in_the_search_is_heard_at_once(boards: Boards) -> None:
    boards.seat(MarlinBoard(), 1.0)
    boards.fault("freeze")
    process = boards.begin("G28\n")
    boards.wait(lambda truth: truth["opened"])
    process.send_signal(signal.SIGINT)
    code, told = boards.end(process)
    assert (code, told["outcome"], told["lines_sent"]) == (3, "cancelled", 0)


def test_a_job_that_waits_for_a_person_goes_on_by_a_signal(boards: Boards) -> None:
    boards.seat(RepRapBoard(), 20.0)
    process = boards.begin("G28\n" + MILLED.replace("M3 S800\n", ""))
    boards.wait(lambda truth: truth["moves_taken"] > 30)
    boards.fault("run_out")
    assert process.stderr is not None
    while "the filament has run out" not in (line := process.stderr.readline()):
        assert line, "it never said so"
    process.send_signal(signal.SIGCONT)
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (0, "completed"), told


def test_a_board_that_says_nothing_is_told_of_before_it_is_given_up(
    boards: Boards,
) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 20.0)
    process = boards.begin(MILLED)
    boards.wait(lambda truth: truth["lines_executed"] > 30)
    boards.fault("freeze")
    assert process.stderr is not None
    assert "nothing new for 4 s" in process.stderr.readline()
    assert process.poll() is None
    boards.host.unplug("board")
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (1, "interrupted"), told


CHANGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda file: os.truncate(file, len(MILLED) - 1000),
    "emptied": lambda file: os.truncate(file, 0),
    "written anew": lambda file: file.write_text(MILLED.replace("Y2", "Y3")),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("board", [GrblBoard, MarlinBoard])
def test_a_file_that_is_changed_meanwhile_is_not_completed(
    boards: Boards, change: str, board: type[GrblBoard | MarlinBoard]
) -> None:
    mills = board is GrblBoard
    boards.seat(GrblBoard(settings=dict(UNHOMED)) if mills else MarlinBoard(), 20.0)
    text = LONG if mills else LONG.replace("M3 S800\n", "")
    process = boards.begin(text)
    boards.wait(lambda truth: truth["moves_taken"] > 30)
    CHANGES[change](boards.folder / "program.nc")
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (1, "interrupted"), told
    assert "the file is another one" in told["reason"]


def test_a_file_that_grows_meanwhile_is_made_as_far_as_it_was_read(
    boards: Boards,
) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 20.0)
    process = boards.begin(LONG)
    boards.wait(lambda truth: truth["moves_taken"] > 30)
    with (boards.folder / "program.nc").open("a") as file:
        file.write("G1 X90\n")
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (4, "unknown"), told
    assert "was added to" in told["reason"]
    assert told["lines_sent"] == told["lines_acknowledged"] == told["lines_total"]
    truth = boards.host.oracle("board")
    assert truth["machine_mm"] == pytest.approx([15, 29.9, 5], abs=0.01)


def test_a_full_disk_under_the_outcome_leaves_its_exit_code(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 100.0)
    with Path("/dev/full").open("w") as full:
        process = boards.begin(MILLED, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert '"outcome": "completed"' in err


def test_a_reset_in_mid_job_is_told(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 20.0)
    process = boards.begin(MILLED)
    boards.wait(lambda truth: truth["lines_executed"] > 30)
    boards.fault("reset")
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (1, "interrupted"), told
    assert "restarted" in told["reason"]


def test_unplugged_after_the_last_line_is_unknown(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 2.0)
    process = boards.begin("G1 X60 F600\n")
    boards.wait(lambda truth: truth["lines_executed"] >= 2)
    boards.host.unplug("board")
    code, told = boards.end(process)
    assert (code, told["outcome"]) == (4, "unknown"), told


def test_a_locked_machine_is_homed_where_asked(boards: Boards) -> None:
    quick_home = {**DEFAULT_SETTINGS, 25: 20_000}
    boards.seat(GrblBoard(settings=quick_home), 100.0)
    code, told = boards.run("G1 X-20 Y-20 F3000\n")
    assert (code, told["lines_sent"]) == (2, 0)
    assert "--home" in told["reason"]
    code, told = boards.run("G1 X-20 Y-20 F3000\n", "--home")
    assert (code, told["outcome"]) == (0, "completed"), told


REFUSED = {
    "missing": (None, "No such file"),
    "empty": (b"", "no line of code"),
    "comments only": (b"; nothing\n(at all)\n\n", "no line of code"),
    "binary": (bytes(range(256)) * 20, "line 1: "),
    "no port": (b"G0 X1\n", "nowhere"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_begin_says_why(tmp_path: Path, case: str) -> None:
    content, why = REFUSED[case]
    file = tmp_path / "program.nc"
    if content is not None:
        file.write_bytes(content)
    code, told = alone(file, tmp_path / "nowhere")
    assert (code, told["outcome"], told["lines_sent"]) == (2, "interrupted", 0)
    assert why in told["reason"], told


UNFIT = {
    "too long": (f"G1 X1 F100\nG1 X1{'.0' + '0' * 80}\n", "line 2: 86 bytes"),
    "acts at once": ("G1 X1 F100\nM117 Ready?\n", "line 2: '!', '~' and '?'"),
    "no word": ("G1 X1 F100\n\nG1 X&\n", "line 3"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_the_board_cannot_take_is_refused_whole(boards: Boards, case: str) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 100.0)
    text, why = UNFIT[case]
    code, told = boards.run(text)
    assert (code, told["outcome"], told["lines_sent"]) == (2, "interrupted", 0)
    assert why in told["reason"], told
    assert boards.host.oracle("board")["lines_executed"] == 0


def test_a_port_in_use_is_left_alone(boards: Boards) -> None:
    boards.seat(GrblBoard(settings=dict(UNHOMED)), 100.0)
    boards.wait(lambda truth: truth["plugged"])
    with Link(str(boards.folder / "board"), 115200):
        code, told = boards.run("G0 X1\n")
    assert (code, told["lines_sent"]) == (2, 0)
    assert "held by another process" in told["reason"]


def alone(file: Path, port: Path) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "orchestrator.entry", "stream", str(file)]
    said = subprocess.run(
        [*command, "--port", str(port), "--json"],
        check=False,
        capture_output=True,
        text=True,
    )
    return said.returncode, json.loads(said.stdout)
