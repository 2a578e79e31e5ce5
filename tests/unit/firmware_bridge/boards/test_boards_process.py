"""`python -m firmware_bridge.simulators`: boards, faults and oracle from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.errors import BoardFileError, UnknownFirmwareError
from firmware_bridge.facts import OutcomeKind, Patience
from firmware_bridge.machine import Program, connect
from firmware_bridge.simulators.boards_file import boards_of, read_boards

ROOT = Path(__file__).parents[4]


class Client:
    """One conversation with the control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(5)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rwb")

    def ask(self, line: str | dict[str, Any]) -> dict[str, Any]:
        text = line if isinstance(line, str) else json.dumps(line)
        self._file.write(text.encode() + b"\n")
        self._file.flush()
        said: dict[str, Any] = json.loads(self._file.readline())
        return said

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def test_a_process_of_boards_from_start_to_sigterm(tmp_path: Path) -> None:
    description = tmp_path / "boards.json"
    control = tmp_path / "control"
    boards = [
        {"name": "m1", "kind": "grbl", "link": str(tmp_path / "m1"), "scale": 100},
        {
            "name": "p1",
            "kind": "marlin",
            "link": str(tmp_path / "p1"),
            "scale": 100,
            "envelope_mm": [200, 210, 220],
        },
    ]
    description.write_text(json.dumps({"socket": str(control), "boards": boards}))
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware_bridge.simulators", str(description)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"2 boards\n"
        client = Client(control)
        assert client.ask({"do": "list"}) == {"ok": True, "boards": ["m1", "p1"]}
        assert client.ask("nonsense")["ok"] is False
        assert client.ask("[" * 100_00)["ok"] is False
        assert client.ask({"do": "explode", "board": "m1"})["ok"] is False
        assert client.ask({"do": "flip", "board": "m1", "count": -1})["ok"] is False
        assert client.ask({"do": "run_away", "board": "m1"})["ok"] is False

        machine = connect(str(tmp_path / "m1"), patience=Patience(poll_s=0.05))
        machine.unlock()
        program = Program(source=b"G0 X10 Y10\nG1 X50 F2000\n")
        outcome = machine.run(program, lambda _: None)
        assert outcome.kind is OutcomeKind.COMPLETED
        oracle = client.ask({"do": "oracle", "board": "m1"})["oracle"]
        assert oracle["programs_started"] == 1
        assert oracle["machine_mm"][:2] == pytest.approx([-250, -190], abs=0.01)
        assert client.ask({"do": "unplug", "board": "m1"}) == {"ok": True}
        assert not (tmp_path / "m1").is_symlink()
        assert client.ask({"do": "plug", "board": "m1"}) == {"ok": True}
        assert (tmp_path / "m1").is_symlink()
        machine.close()
        client.close()

        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert not control.exists()
    assert not (tmp_path / "p1").is_symlink()


BOARD = {"name": "a", "kind": "grbl", "link": "/x/a"}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "file"),
        ({"boards": []}, "boards"),
        ({"boards": [BOARD], "more": 1}, "file.more"),
        ({"boards": [{**BOARD, "kind": "klipper"}]}, "boards[0].kind"),
        ({"boards": [{"kind": "grbl", "link": "/x"}]}, "boards[0].name"),
        ({"boards": [{**BOARD, "sclae": 2}]}, "boards[0].sclae"),
        ({"boards": [{**BOARD, "scale": 0}]}, "boards[0].scale"),
        ({"boards": [{**BOARD, "scale": True}]}, "boards[0].scale"),
        ({"boards": [{**BOARD, "envelope_mm": [1, 2]}]}, "boards[0].envelope_mm"),
        ({"boards": [{**BOARD, "settings": {"7": 1}}]}, "boards[0].settings"),
        ({"boards": [BOARD, BOARD]}, "every name once"),
    ],
)
def test_a_wrong_description_is_refused_with_its_field(
    content: object, field: str
) -> None:
    with pytest.raises(BoardFileError) as refused:
        boards_of(content)
    assert field in str(refused.value)


def test_unreadable_description(tmp_path: Path) -> None:
    with pytest.raises(BoardFileError):
        read_boards(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(BoardFileError):
        read_boards(tmp_path / "bad.json")


def test_a_port_that_says_nothing_we_know(bench: Any) -> None:
    machine = bench.grbl()
    machine.close()
    bench.fault("mill", "freeze")
    quick = Patience(boot_s=0.2, answer_s=0.1)
    before_s = time.monotonic()
    with pytest.raises(UnknownFirmwareError, match="grbl"):
        connect(bench.port("mill"), dialect="grbl", patience=quick)
    assert time.monotonic() - before_s < 3
