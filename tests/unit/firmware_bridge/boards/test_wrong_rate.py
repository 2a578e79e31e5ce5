"""A port at another rate carries noise: that is found out, and said with what to do."""

from typing import Any

import pytest

from firmware_bridge.detect import detect
from firmware_bridge.errors import UnknownFirmwareError, WrongRateError
from firmware_bridge.facts import Patience
from firmware_bridge.machine import connect
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.marlin_board import MarlinBoard

QUICK = Patience(boot_s=0.2, answer_s=0.15)


@pytest.mark.parametrize(
    ("board", "name", "set_to", "true"),
    [
        (GrblBoard(), "grbl", 57_600, 115_200),
        (MarlinBoard(baud=250_000), "marlin", 115_200, 250_000),
    ],
)
def test_its_own_rate_is_named(
    bench: Any, board: Board, name: str, set_to: int, true: int
) -> None:
    bench.seat("machine", board, 60.0)
    with pytest.raises(WrongRateError) as told:
        connect(bench.port("machine"), baud=set_to, patience=QUICK)
    words = f"a {name} board answers at {true} baud, and it is set to {set_to}"
    assert words in str(told.value)
    assert f"Write {true} instead, or leave the rate out" in str(told.value)
    machine = connect(bench.port("machine"), baud=true, patience=QUICK)
    bench.machines.append(machine)  # the port was let go
    assert machine.dialect == name


def test_a_rare_rate_is_found(bench: Any) -> None:
    bench.seat("printer", MarlinBoard(baud=500_000), 60.0)
    found = detect(bench.port("printer"), patience=QUICK)
    assert (found.dialect, found.baud) == ("marlin", 500_000)


def test_noise_silence_and_other_words_are_told_apart(bench: Any) -> None:
    port = bench.port("machine")
    bench.seat("machine", GrblBoard(), 60.0)

    def refusal(dialect: Any) -> str:
        with pytest.raises(UnknownFirmwareError) as told:
            connect(port, dialect=dialect, patience=QUICK)
        assert not isinstance(told.value, WrongRateError)
        return str(told.value)

    other = refusal("marlin")
    assert "it answers, and says nothing that is known here" in other
    assert "Grbl 1.1" in other
    bench.fault("machine", "off_rate")
    assert "something answers that can't be read" in refusal("grbl")
    bench.fault("machine", "freeze")
    silent = refusal("grbl")
    assert "nothing answers" in silent
    assert "Is the machine on" in silent
