"""Putting the sketch onto a board: a look at what is there, avrdude, the first hello."""

import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from firmware_bridge.clock import WallClock
from firmware_bridge.detect import open_recognised
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.errors import BridgeError, UnknownFirmwareError
from firmware_bridge.facts import DialectName, Patience
from firmware_bridge.sketches.build import SHIPPED

BAUD, OLD_BAUD = 115_200, 57_600

LOOK = Patience(boot_s=2.5, answer_s=0.7)
_AVRDUDE_MAX_S = 180.0

# What avrdude's words mean for the person at the table; the first that fits.
_MEANINGS = (
    (
        ("permission denied",),
        "this user may not open the port: add the user to the group dialout "
        "(sudo usermod -aG dialout NAME), log out and in again",
    ),
    (("busy", "locked"), "another program holds the port: stop the agent first"),
    (
        ("verification", "mismatch"),
        "what was read back is not what was written: another cable or USB port, "
        "then the same again",
    ),
    (
        ("expected signature",),
        "the chip is no ATmega328P: only Uno and Nano boards with that one will do",
    ),
)


class FlashError(BridgeError):
    """The board was not, or not wholly, written; the message says what to do."""

    code: ClassVar[str] = "flash-failed"


def look(port: str, patience: Patience = LOOK) -> DialectName | None:
    """Which firmware runs there; None: none that we know. Resets the board.

    Errors: LinkBusyError, LinkLostError; FlashError if it is a fabnode with a job.
    """
    wall = WallClock()
    try:
        link, dialect = open_recognised(port, patience=patience, wall=wall)
    except UnknownFirmwareError:
        return None
    with link:
        if dialect != "fabnode":
            return dialect
        state = FabnodeTalk(link, wall=wall, patience=Patience()).ask_state()
    if state.job is not None and state.job.phase in ("armed", "started"):
        raise FlashError(f"{port}: a job is {state.job.phase} there: end it first")
    return dialect


def write(port: str, image: Path = SHIPPED) -> None:
    """Write and verify the program; the EEPROM with name and settings stays.

    Errors: FlashError.
    """
    done = _avrdude(port, BAUD, "-D", "-U", f"flash:w:{image}:i")
    if done.returncode == 0:
        return
    said = done.stderr.lower()
    for words, meaning in _MEANINGS:
        if any(word in said for word in words):
            raise FlashError(f"{port}: {meaning}")
    if _avrdude(port, OLD_BAUD).returncode == 0:
        raise FlashError(
            f"{port}: this board has the old boot loader, which hangs after a watchdog "
            "reset. Put Optiboot on it first (Arduino IDE: board 'Arduino Uno', "
            "Tools, Burn Bootloader), then the same again"
        )
    raise FlashError(
        f"{port}: no boot loader answers. Is it an Uno or a Nano (ATmega328P), and does "
        f"its cable carry data? avrdude said: {_last_words(done.stderr)}"
    )


def _avrdude(port: str, baud: int, *what: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("avrdude")
    if tool is None:
        raise FlashError("avrdude is not installed: sudo apt-get install avrdude")
    command = [tool, "-p", "atmega328p", "-c", "arduino", "-b", str(baud), "-P", port]
    try:
        return subprocess.run(
            [*command, *what],
            capture_output=True,
            text=True,
            check=False,
            timeout=_AVRDUDE_MAX_S,
        )
    except subprocess.TimeoutExpired as late:
        raise FlashError(
            f"{port}: avrdude did not end in {_AVRDUDE_MAX_S:.0f} s: pull the cable, "
            "plug it in again, then the same again"
        ) from late


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "TIOCMGET" not in line and "done." not in line]
    return telling[-1] if telling else "nothing"
