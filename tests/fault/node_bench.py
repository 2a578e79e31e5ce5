"""A fabnode's real image in simavr, the person beside it, and its memory as the judge."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from uuid import UUID

from firmware_bridge.dialects.fabnode_frame import crc16
from firmware_bridge.drivers.fabnode import FabnodeMachine
from firmware_bridge.facts import Patience
from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.sketches.build import build_sketch
from tests.fault.turned import SLICE_S, TurnedClock, TurnedLink

NAME = "node"
UUID_OF_IT = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
PIECES = 4
ANSWER_BYTES = 40  # about one line of its
LOOK_S = 0.1

# The sketch's `struct Kept`: kept.h.
_KEPT = Struct("<HHHBB256s37sBBIIIBBB???IIIHH")
_EVENT = Struct("<HBBIII")
_EVENT_STARTED = 12
_RAM_AT = 0x800000  # where an AVR's linker puts it
ARMED, STARTED, ENDED = 1, 2, 3
DONE, FAULT = 1, 2


@cache
def kept_at() -> int:
    """The address of what the sketch keeps over a reset."""
    listed = subprocess.run(
        ["avr-nm", str(build_sketch().elf)], capture_output=True, text=True, check=True
    ).stdout
    names = (line.split() for line in listed.splitlines())
    (address,) = (int(words[0], 16) for words in names if words[-1] == "kept")
    return address - _RAM_AT


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The board's own account of its job, read out of its memory."""

    job: str
    phase: int
    why: int
    made: int
    started: frozenset[tuple[int, int]]  # boot and number of what tells of a start

    @property
    def is_open(self) -> bool:
        return self.phase in (ARMED, STARTED)


def memory_of(octets: bytes) -> Memory | None:
    """None: in the midst of a change, or not yet set up."""
    values = _KEPT.unpack(octets)
    if values[-1] != crc16(octets[:-2]):
        return None
    boot, events, job = values[1], values[5], values[6]
    known = (_EVENT.unpack_from(events, at) for at in range(0, 256, _EVENT.size))
    return Memory(
        job=job.split(b"\0")[0].decode("ascii"),
        phase=values[7],
        why=values[8],
        made=values[10],
        started=frozenset(
            (boot, event[0]) for event in known if event[1] == _EVENT_STARTED
        ),
    )


@dataclass
class NodeHost:
    """See `turned.Boards`: one chip, which lives until the clock's now."""

    clock: "TurnedClock[NodeHost]"
    folder: Path
    node: AvrNode | None = None
    memory: Memory | None = None
    jobs: set[str] = field(default_factory=set)  # that were ever open on it
    starts: set[tuple[int, int]] = field(default_factory=set)
    is_frozen: bool = False
    _lived_ms: int = 0
    _traffic: tuple[int, int] = (0, 0)

    def power_on(self) -> None:
        """On USB, as an Uno: the cable carries its power."""
        self.node = AvrNode(eeprom=self.folder / "eeprom", is_turned=True)
        path = self.folder / NAME
        path.unlink(missing_ok=True)
        path.symlink_to(self.node.port)
        self._lived_ms, self._traffic = self._now_ms(), (0, 0)

    def power_off(self) -> None:
        if self.node is not None:
            self.node.close()
        self.node = self.memory = None

    def step(self) -> float:
        node, now_ms = self.node, self._now_ms()
        if node is not None and now_ms > self._lived_ms:
            self._note(node.wait((now_ms - self._lived_ms) / 1000))
            self._look(node)
        self._lived_ms = now_ms
        return SLICE_S

    def plugged(self) -> set[str]:
        return {NAME} if self.node is not None else set()

    def traffic(self, _: str) -> tuple[int, int]:
        return self._traffic

    def await_bytes(self, *_: object) -> None:
        if self.node is not None:
            self._note(self.node.stat())

    def _note(self, told: dict[str, float]) -> None:
        self._traffic = int(told["taken"]), int(told["given"])

    def _look(self, node: AvrNode) -> None:
        seen = memory_of(node.peek(kept_at(), _KEPT.size))
        if seen is None:
            return
        self.memory = seen
        self.starts |= seen.started
        self.jobs |= {seen.job} if seen.is_open else set()

    def _now_ms(self) -> int:
        return int(self.clock.monotonic_s() * 1000)


@dataclass
class Person:
    """Works at the machine, whatever becomes of the board; believes its light."""

    host: NodeHost
    pieces: int
    button: str  # done or fault
    passed: int = 0
    pressed: int = 0

    def wait(self) -> None:
        """Until the light says that a job is armed."""
        if self.host.memory is not None and self.host.memory.is_open:
            self._begin()
        else:
            self.host.clock.after(LOOK_S, self.wait)

    def _begin(self) -> None:
        after = self.host.clock.after
        after(0.4, lambda: self._do(lambda node: node.current(amperes=2.0)))
        for number in range(self.pieces):
            after(0.8 + 0.5 * number, self._one_piece)
        after(0.8 + 0.5 * self.pieces, self._rest)
        after(1.5 + 0.5 * self.pieces, self._press)

    def _one_piece(self) -> None:
        self.passed += 1
        self._do(lambda node: node.count_pieces(1))

    def _rest(self) -> None:
        self._do(lambda node: node.current(amperes=0))

    def _press(self) -> None:
        """And again, as long as the light says that the job is open."""
        memory = self.host.memory
        if self.pressed and not (memory and memory.is_open):
            return
        self.pressed += 1
        done = self.button == "done"
        self._do(AvrNode.press_done if done else AvrNode.press_fault)
        self.host.clock.after(3.0, self._press)

    def _do(self, act: Callable[[AvrNode], None]) -> None:
        if self.host.node is not None:
            act(self.host.node)


@dataclass
class NodeBench:
    """The chip on a port, in time that is turned."""

    clock: TurnedClock[NodeHost]
    stalled_s: float = 0.0
    over: bool = False
    harmed: bool = False  # the line, at this moment
    _still_s: float = 0.0

    @property
    def host(self) -> NodeHost:
        return self.clock.host

    def connect(self) -> FabnodeMachine:
        link = TurnedLink(self.host.folder / NAME, 115_200, self.clock)
        self.clock.sleep(0.5)  # it was reset by that, and greets
        machine = FabnodeMachine(link, wall=self.clock, patience=Patience())
        machine.adopt(UUID_OF_IT)
        machine.tune(on_mv=60, off_mv=35, zero_mv=2500, mv_per_a=185, has_counter=True)
        return machine

    def look(self) -> None:
        """Count the time in which the board could tell how the job ended, and nobody
        says so.
        """
        if self.over:
            return
        self.clock.after(LOOK_S, self.look)
        host = self.host
        ended = host.memory is not None and host.memory.phase == ENDED
        reachable = host.node is not None and not host.is_frozen and not self.harmed
        self._still_s = self._still_s + LOOK_S if ended and reachable else 0.0
        self.stalled_s = max(self.stalled_s, self._still_s)

    def fault(self, request: dict[str, object]) -> None:
        """One of `device_faults`, as this board can have it."""
        host, do = self.host, str(request["do"])
        count, back = request.get("count", 1), request.get("direction") == "to_host"
        if do == "unplug":
            host.power_off()
        elif do == "plug":
            host.power_on()
        elif host.node is None:
            return
        elif do in ("freeze", "thaw"):
            host.is_frozen = do == "freeze"
            host.node.do(do)
        elif do in ("reset", "power_cut"):
            host.node.do("power" if do == "power_cut" else "reset")
        elif do in ("off_rate", "on_rate"):
            self.harmed = do == "off_rate"
            host.node.do("noise 1000 7" if self.harmed else "noise 0 1")
        elif do in ("flip", "garbage"):
            host.node.do(f"{'rgarble' if back else 'garble'} {count}")
        elif do in ("drop", "drop_lines"):
            size = int(str(count)) * (ANSWER_BYTES if do == "drop_lines" else 1)
            host.node.do(f"{'rdrop' if back else 'drop'} {size}")
        elif do == "drop_ok":
            host.node.do(f"rdrop {ANSWER_BYTES * int(str(count))}")
        else:
            raise ValueError(f"no node can have this: {request}")


@contextmanager
def node_bench() -> Iterator[NodeBench]:
    with TemporaryDirectory() as folder:
        clock = TurnedClock[NodeHost](lambda clock: NodeHost(clock, Path(folder)))
        clock.host.power_on()
        yield NodeBench(clock)
        clock.host.power_off()
