"""`fabcommons stream`: one file to one machine, with no broker, server or agent."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from device_agents.alone import Watch, not_started, run_alone
from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.errors import BridgeError, NotReadyError, ProgramError
from firmware_bridge.facts import MachineState, Outcome, OutcomeKind
from firmware_bridge.gcode import Program
from firmware_bridge.gcode.words import parse
from firmware_bridge.machine import Machine, connect

EXITS = {
    OutcomeKind.COMPLETED: 0,
    OutcomeKind.INTERRUPTED: 1,
    OutcomeKind.CANCELLED: 3,
    OutcomeKind.UNKNOWN: 4,
}
NOT_STARTED_EXIT = 2

_FIRST_LINES = 1000
_NOTHING_NEW_S = 4.0
_LOCKED = (MachineState.ALARM, MachineState.UNKNOWN)  # GRBL's check mode too


def stream(  # noqa: PLR0917  # options by name
    file: Annotated[Path, typer.Argument(help="The program: G-code.", metavar="FILE")],
    port: Annotated[
        str, typer.Option(help="The machine's port, for instance /dev/ttyUSB0.")
    ],
    baud: Annotated[
        int | None, typer.Option(help="Its rate; found out where not given.", min=1)
    ] = None,
    home: Annotated[
        bool, typer.Option("--home", help="Home the machine before the program.")
    ] = False,
    unlock: Annotated[
        bool, typer.Option("--unlock", help="Clear an alarm first: the place is right.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The outcome as JSON on stdout.")
    ] = False,
) -> None:
    """Stream a file of G-code to a machine, and say how it ended.

    Ctrl-C ends it at a safe place, a second one at once (no emergency stop). A job that
    waits for a person goes on by SIGCONT.
    Exit 0: completed, the end was seen at the machine. 1: interrupted. 2: nothing was
    sent. 3: cancelled. 4: unknown, somebody must look.
    """
    program, watch = Program(source=file), Watch()

    def ready() -> Machine:
        _look_into(program, file)  # before the machine is touched: opening resets most
        machine = connect(port, baud=baud)
        if unlock and machine.status().state in _LOCKED:
            machine.unlock()
        if home:
            machine.home()
        return machine

    with _shown(file.name) as show:
        try:
            outcome = run_alone(ready, program, watch, show)
        except NotReadyError as error:
            outcome = not_started(f"{error} (see --home and --unlock)")
        except BridgeError as error:
            outcome = not_started(str(error))
    _say(outcome, watch, as_json=as_json)
    began = outcome.lines_total > 0 or outcome.kind is OutcomeKind.CANCELLED
    raise typer.Exit(EXITS[outcome.kind] if began else NOT_STARTED_EXIT)


def _look_into(program: Program, file: Path) -> None:
    """Errors: ProgramError where the first lines are no program."""
    number = 0
    for number, code in islice(program.lines(), _FIRST_LINES):
        try:
            parse(code)
        except ProgramError as unfit:
            raise ProgramError(f"line {number}: {unfit}") from unfit
    if not number:
        raise ProgramError(f"{file} has no line of code")


def _say(outcome: Outcome, watch: Watch, *, as_json: bool) -> None:
    place = outcome.last_position_mm
    if as_json:
        said = asdict(outcome) | {"kind": outcome.kind.value}
        said |= {"outcome": said.pop("kind"), "firmware": None, "version": None}
        if watch.identity is not None:
            said["firmware"] = watch.identity.firmware
            said["version"] = watch.identity.version
        _put_out(json.dumps(said))
        return
    at = "unknown" if place is None else " ".join(f"{mm:.3f}" for mm in place)
    typer.echo(f"{outcome.kind}: {outcome.reason}")
    typer.echo(
        f"lines: {outcome.lines_total}, sent {outcome.lines_sent}, "
        f"acknowledged {outcome.lines_acknowledged}; last confirmed position: {at}"
    )
    for incident in outcome.incidents:
        typer.echo(f"survived: {incident}")


@dataclass(slots=True)
class _News:
    """What a stderr that is no terminal is told: that a job waits, or stands still."""

    say: Callable[[str], None]
    wall: Clock = field(default_factory=WallClock)
    _seen: object = None
    _since_s: float = 0.0
    _is_told: bool = False

    def take(self, watch: Watch) -> None:
        """Look at the job. Said once, until something is new."""
        told, now_s = watch.progress, self.wall.monotonic_s()
        far = told and (told.lines_acknowledged, told.status.position_mm)
        seen = (watch.identity, watch.asked, watch.waits, far)
        if seen != self._seen:
            self._seen, self._since_s, self._is_told = seen, now_s, False
        stands = now_s - self._since_s > _NOTHING_NEW_S
        if (watch.waits or stands) and not self._is_told:
            why = "" if watch.waits else f"; nothing new for {_NOTHING_NEW_S:.0f} s"
            self.say(f"{watch.words}{why}")
            self._is_told = True


def _put_out(line: str) -> None:
    """Where nothing can be written, as on a full disk, the exit code says it still."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except OSError as full:
        typer.echo(f"the outcome can't be written: {full}\n{line}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _shown(name: str) -> Iterator[Callable[[Watch], None]]:
    """A bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=1.0, words="")
        news = _News(console.print)

        def show(watch: Watch) -> None:
            if not console.is_terminal:  # nobody sees the bar
                news.take(watch)
            bar.update(task, completed=watch.done_ratio, words=watch.words)

        yield show
