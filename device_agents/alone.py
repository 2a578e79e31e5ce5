"""One program on one machine, without a network: begun, watched, ended on a signal."""

import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import FrameType

from firmware_bridge.drivers.wishes import given_up
from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Identity, MachineState, Outcome, OutcomeKind, Progress
from firmware_bridge.gcode import Program
from firmware_bridge.machine import Machine

_LOOK_S = 0.1
_SIGNALS_MAX = 64
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT)


@dataclass(slots=True)
class Watch:
    """What the thread that shows a run sees of the thread that runs it."""

    identity: Identity | None = None  # None: nothing has answered yet
    progress: Progress | None = None  # None: nothing was sent yet
    asked: int = 0  # how often a signal asked for the end
    goes_on: int = 0  # how often one asked that a job that stands still goes on
    _machine: Machine | None = None
    _given_up: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def done_ratio(self) -> float:
        """How much of the job is done, 0..1."""
        return 0.0 if self.progress is None else self.progress.done_ratio

    @property
    def waits(self) -> bool:
        """Whether the job stands still until a person lets it go on."""
        told = self.progress
        return told is not None and told.status.state is MachineState.PAUSED

    @property
    def words(self) -> str:
        """What is going on, for people."""
        if self.asked:
            return "coming to rest"
        if self.identity is None:
            return "looking for the machine"
        told = self.progress
        if told is None:
            return "reading the program"
        if self.waits:
            why = told.status.note or "paused at the machine"
            return f"{why}; kill -CONT {os.getpid()} lets it go on"
        left_s = told.remaining_s
        left = (
            "" if left_s is None else f", {left_s // 60:.0f}:{left_s % 60:02.0f} left"
        )
        lines = f"line {told.lines_acknowledged} of {told.lines_total}"
        return f"{told.status.state}, {lines}{left}"

    def begin(self, machine: Machine) -> bool:
        """From now on the machine is asked to end; False: the job is given up."""
        with self._lock:
            self._machine = machine
            return not self._given_up

    def give_up(self) -> bool:
        """Whether the job was not begun, and now never will be."""
        with self._lock:
            self._given_up = self._machine is None
            return self._given_up

    def ask_on(self) -> None:
        """A person lets a job go on that stands still."""
        if self._machine is not None:
            with suppress(BridgeError):  # as in `ask_end`
                self._machine.resume()

    def ask_end(self, *, at_once: bool) -> None:
        """Ask the machine. A wish before its job begins or after its end is void."""
        if self._machine is None:
            return
        with suppress(BridgeError):  # a port that is gone: the job's outcome says so
            if at_once:
                self._machine.stop()
            else:
                self._machine.cancel()


def run_alone(
    ready: Callable[[], Machine],
    program: Program,
    watch: Watch,
    show: Callable[[Watch], None],
) -> Outcome:
    """Run the program on the machine that `ready` gives; `show` it in this thread.

    SIGINT, SIGTERM and SIGHUP end it at a safe place, a second one at once; SIGCONT lets
    it go on where it waits for a person.
    Errors: BridgeError if nothing was sent.
    """
    result: Future[Outcome] = Future()
    # A daemon: looking for a machine may take long, and a signal is not to wait for it.
    thread = threading.Thread(
        target=_run, args=(ready, program, watch, result), daemon=True
    )
    stops = ons = 0
    with _signals_to(watch) as heard:
        thread.start()
        while thread.is_alive():
            if select.select([heard], [], [], _LOOK_S)[0]:
                heard.recv(_SIGNALS_MAX)
            show(watch)
            if watch.goes_on > ons:
                ons = watch.goes_on
                watch.ask_on()
            if watch.asked and watch.give_up():
                return given_up()
            if watch.asked == 1:  # said again and again: harmless, and never too early
                watch.ask_end(at_once=False)
            elif watch.asked - 1 > stops:
                stops = watch.asked - 1
                watch.ask_end(at_once=True)
    return result.result()


def not_started(reason: str) -> Outcome:
    """Nothing was sent, for this reason."""
    return replace(
        given_up(), kind=OutcomeKind.INTERRUPTED, reason=f"not started: {reason}"
    )


def _run(
    ready: Callable[[], Machine],
    program: Program,
    watch: Watch,
    result: "Future[Outcome]",
) -> None:
    def take(progress: Progress) -> None:
        watch.progress = progress

    try:
        machine = ready()
        try:
            watch.identity = machine.identify()
            if watch.begin(machine):
                result.set_result(machine.run(program, take))
        finally:
            machine.close()
    except BaseException as error:  # noqa: BLE001 (goes on in the thread that waits)
        result.set_exception(error)


@contextmanager
def _signals_to(watch: Watch) -> Iterator[socket.socket]:
    """Each signal is noted, and can be read here, so that nobody sleeps over it.

    Afterwards they are ignored: the command ends, and one that comes late must not take
    its report and its exit code.
    """

    def ask(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGCONT:
            watch.goes_on += 1
        else:
            watch.asked += 1

    heard, told = socket.socketpair()
    told.setblocking(False)
    for number in _SIGNALS:
        signal.signal(number, ask)
    waker = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    try:
        yield heard
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(waker)
        heard.close()
        told.close()
