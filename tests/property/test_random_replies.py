"""Whatever comes back on the wire, a parser and a driver end, and stay small.

With FABCOMMONS_SOAK=1 a million replies go through each dialect's parser, and a
million through each driver.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.detect import DIALECTS
from firmware_bridge.dialects.dialect import Dialect
from firmware_bridge.dialects.manner import REPRAP
from firmware_bridge.drivers.fabnode import FabnodeMachine
from firmware_bridge.drivers.grbl import GrblMachine
from firmware_bridge.drivers.marlin import MarlinMachine
from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Outcome, OutcomeKind, Patience, PieceCount
from firmware_bridge.gcode import Program
from tests.property.noise import NoisyLink, babble
from tests.property.noisy_boards import LINKS, REAL_LINES

IS_SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
REPLIES = 1_000_000 if IS_SOAK else 5_000
GROWTH_BYTES_MAX = 16_000_000  # of the process, from a tenth of the way to the end
SEED = 20261128
# It ends where the noisy boards stand, so that some jobs come to a completion.
MOVES = "".join(f"G1 X{place % 50} Y{place % 7} F1200\n" for place in range(60))
PROGRAM = Program(source=f"G21\nG90\n{MOVES}G1 X0 Y0\n".encode())
NAMES = [known.NAME for known in DIALECTS]
MACHINES: dict[str, Callable[..., Any]] = {
    "grbl": lambda link, **how: GrblMachine(link, clock=link.wall, **how),
    "marlin": MarlinMachine,
    "reprap": lambda link, **how: MarlinMachine(link, manner=REPRAP, **how),
    "fabnode": FabnodeMachine,
}


@pytest.mark.parametrize("dialect", DIALECTS, ids=NAMES)
def test_parsing_anything_takes_no_more_and_more_memory(dialect: Dialect) -> None:
    draw = random.Random(SEED)
    growth = Growth(REPLIES)
    for count in range(REPLIES):
        line = babble(REAL_LINES[dialect.NAME], draw)
        assert len(repr(dialect.parse(line))) <= 2_500  # type: ignore[attr-defined]
        dialect.recognises(line)
        growth.look(count)
    growth.assert_small()
    print(f"{dialect.NAME}: {REPLIES} replies parsed, {growth}")


@pytest.mark.parametrize("name", NAMES)
def test_a_driver_that_hears_anything_ends_and_tells(name: str) -> None:
    """Each job gives an outcome, or a refusal of the bridge's before it began."""
    draw = random.Random(SEED)
    growth = Growth(REPLIES)
    said = jobs = completed = 0
    while said < REPLIES:
        link = LINKS[name](draw)
        outcome = life(name, link)
        said += link.said
        growth.look(said)
        if outcome is not None:
            assert outcome.reason
            assert outcome.lines_acknowledged <= outcome.lines_sent
            assert len(outcome.incidents) <= 50
            jobs += 1
            completed += outcome.kind is OutcomeKind.COMPLETED
    growth.assert_small()
    assert jobs > completed > 0  # the noise neither drowns all nor harms none
    print(f"{name}: {said} replies, {jobs} jobs, {completed} completed, {growth}")


def life(name: str, link: NoisyLink) -> Outcome | None:
    """A machine is connected, works, is looked at and unlocked. None: never worked."""
    work = PieceCount(pieces_expected=3) if name == "fabnode" else PROGRAM
    outcome = None
    try:
        machine = MACHINES[name](link, wall=link.wall, patience=Patience())
        outcome = machine.run(work, lambda _: None)
        machine.status()
        machine.identify()
        machine.unlock()
    except BridgeError as refused:
        assert str(refused)  # noqa: PT017  (any refusal will do, a mute one will not)
    return outcome


class Growth:
    """What the process takes, seen at a tenth of the way and at its end."""

    def __init__(self, total: int) -> None:
        self._from = total // 10
        self._before = self._after = 0

    def look(self, count: int) -> None:
        if not self._before and count >= self._from:
            self._before = _resident_bytes()

    def assert_small(self) -> None:
        assert self._before
        self._after = _resident_bytes()
        assert self._after - self._before < GROWTH_BYTES_MAX

    def __str__(self) -> str:
        grown = (self._after - self._before) / 1e6
        return f"memory {self._after / 1e6:.1f} MB, {grown:+.1f} MB since a tenth"


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
