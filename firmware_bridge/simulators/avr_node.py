"""A fabnode that isn't there: the real AVR image, simulated at the pace of the wall.

    with AvrNode(eeprom=folder / "node.eeprom") as node:
        commission(node.port, Commission(uuid=uuid4()))  # once per EEPROM
        machine = connect(node.port)
        node.current(amperes=2.0)
        node.press_done()

Each node is a process of its own that needs about a twentieth of a core and ends with
its host.
"""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self, cast

from firmware_bridge.errors import BridgeError
from firmware_bridge.sketches.build import build_sketch, built_once, run_tool

SOURCES = Path(__file__).parent / "avr"
DONE_PIN, FAULT_PIN, PIECE_PIN = "D2", "D3", "D4"
PAUSE_PIN, BACK_PIN, CALL_PIN, READY_PIN = "D5", "D6", "D7", "D8"
DISPLAY_COLUMNS, DISPLAY_PAGES = 128, 8
ZERO_MV = 2_500
MV_PER_A = 185  # ACS712, 5 A
MAINS_HZ = 50
PRESS_MS = 800  # the sketch wants 600
PIECE_MS = 60  # closed, then open; the sketch wants 20 of each

_FLAGS = ("-O2", "-Wall", "-Wextra", "-Wno-unused-parameter")
_LIBRARIES = ("-lsimavr", "-lutil", "-lm")


class SimulatorError(BridgeError):
    """The simulated board could not be started, or has ended."""

    code: ClassVar[str] = "simulator"


def build_simulator(cache: Path | None = None) -> Path:
    """Compile the host program, or return what an earlier call has built.

    Errors: BuildError.
    """
    sources = sorted(SOURCES.glob("*.[ch]"))

    def compile_into(folder: Path) -> None:
        units = [str(path) for path in sources if path.suffix == ".c"]
        program = str(folder / "avr_node")
        run_tool("gcc", *_FLAGS, "-o", program, *units, *_LIBRARIES)

    flags = " ".join(_FLAGS + _LIBRARIES)
    return built_once("avr_node", sources, flags, compile_into, cache) / "avr_node"


class AvrNode:
    """One running board. Everything electrical about it can be moved from here."""

    def __init__(
        self,
        *,
        eeprom: Path | None = None,
        image: Path | None = None,
        boot_loader: Path | None = None,
        cache: Path | None = None,
        resets_on_open: bool = True,
        speed: float = 1.0,
        is_turned: bool = False,
    ) -> None:
        """Build what is needed and switch the board on, with its machine at rest.

        `eeprom`: a file that outlives the node (None: blank at every start);
        `boot_loader`: a chip with this (Intel hex) and, without an `image`, no program;
        `resets_on_open`: as an Uno does, through DTR; `speed`: how many times as
        fast as the wall it lives, its line too (10 needs half a core); `is_turned`: it
        lives during `wait` alone.
        Errors: BuildError, SimulatorError.
        """
        command = [str(build_simulator(cache)), "-a", f"0={ZERO_MV}"]
        command += ["-x", str(speed)]
        if eeprom is not None:
            command += ["-e", str(eeprom)]
        if resets_on_open:
            command.append("-D")
        if is_turned:
            command.append("-t")
        if boot_loader is not None:
            command += ["-l", str(boot_loader)]
        if image is not None or boot_loader is None:
            command.append(str(image or build_sketch(cache).elf))
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port: str = str(self._read()["pty"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off: EEPROM is saved, the port is gone. Harmless when done twice."""
        if self._process.poll() is None:
            self._input().close()
            self._process.wait(timeout=10)
        self._output().close()

    def current(self, *, amperes: float) -> None:
        """What the machine draws from now on: alternating current, RMS; 0 = at rest."""
        if amperes:
            rms_mv = round(amperes * MV_PER_A)
            self.do(f"sine 0 {ZERO_MV} {rms_mv} {MAINS_HZ}")
        else:
            self.do(f"adc 0 {ZERO_MV}")

    def sensor_mv(self, millivolts: int) -> None:
        """A steady voltage at the sensor's pin; 0: as when it is unplugged."""
        self.do(f"adc 0 {millivolts}")

    def press_done(self, *, duration_ms: int = PRESS_MS) -> None:
        """Somebody presses 'done' for so long; the contact bounces."""
        self.do(f"press {DONE_PIN} {duration_ms}")

    def press_fault(self, *, duration_ms: int = PRESS_MS) -> None:
        """Somebody presses 'fault' for so long; the contact bounces."""
        self.do(f"press {FAULT_PIN} {duration_ms}")

    def count_pieces(
        self, pieces: int, *, each_ms: int = PIECE_MS, bounces: int = 3
    ) -> None:
        """So many pieces pass, one every 2 `each_ms`; the contact bounces."""
        self.do(f"pulse {PIECE_PIN} {pieces} {each_ms} {bounces}")

    def press(self, pin: str, *, duration_ms: int = PRESS_MS) -> None:
        """Somebody presses the button on that pin for so long; the contact bounces."""
        self.do(f"press {pin} {duration_ms}")

    def heat(self, celsius: float | None) -> None:
        """What the thermocouple's chip says from now on; None: it is away."""
        self.do("heatword ffffffff" if celsius is None else f"heat {celsius}")

    def display(self) -> tuple[bytes, ...] | None:
        """The display's dots, eight strips of 128 columns each, lowest bit on top.

        None: it is dark, away, or not set up.
        """
        self.do("show")
        shown = self._read()
        dots = bytes.fromhex(str(shown["dots"]))
        if not shown["lit"]:
            return None
        return tuple(
            dots[at : at + DISPLAY_COLUMNS]
            for at in range(0, DISPLAY_PAGES * DISPLAY_COLUMNS, DISPLAY_COLUMNS)
        )

    def reset(self) -> None:
        """The reset button: memory stays as it is."""
        self.do("reset")

    def power_cycle(self) -> None:
        """Power gone and back: memory is lost, EEPROM stays."""
        self.do("power")

    def do(self, line: str) -> None:
        """Any line that `avr/avr_node.c` knows. Errors: SimulatorError."""
        try:
            self._input().write(line + "\n")
            self._input().flush()
        except (BrokenPipeError, ValueError) as ended:
            raise SimulatorError(f"the simulated board has ended: {line}") from ended

    def stat(self) -> dict[str, float]:
        """Counters: board_s, resets, to_board, to_host (bytes), led, led_rises…

        `taken` and `given` are bytes from and to the port, whatever became of them.
        """
        self.do("stat")
        return self._counters()

    def wait(self, duration_s: float) -> dict[str, float]:
        """Block until so much of the board's own time is over, then `stat`.

        Not while frozen, unless its time is turned: then nothing passes.
        """
        self.do(f"wait {round(duration_s * 1000)}")
        return self._counters()

    def peek(self, address: int, size: int) -> bytes:
        """What stands in the board's memory."""
        self.do(f"peek {address} {size}")
        return bytes.fromhex(str(self._read()["bytes"]))

    @property
    def process_id(self) -> int:
        """Of the host program."""
        return self._process.pid

    def _counters(self) -> dict[str, float]:
        return {name: float(cast("float", v)) for name, v in self._read().items()}

    def _read(self) -> dict[str, object]:
        line = self._output().readline()
        if not line:
            raise SimulatorError("the simulated board has ended")
        answer = cast("dict[str, object]", json.loads(line))
        if "error" in answer:
            raise SimulatorError(f"the simulated board said: {answer['error']}")
        return answer

    def _input(self) -> IO[str]:
        if self._process.stdin is None:
            raise SimulatorError("the simulated board has no input")
        return self._process.stdin

    def _output(self) -> IO[str]:
        if self._process.stdout is None:
            raise SimulatorError("the simulated board has no output")
        return self._process.stdout
