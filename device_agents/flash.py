"""`fabcommons agent flash`: from an Arduino in its box to a node that knows its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

from device_agents.errors import SettingsError
from firmware_bridge import flash
from firmware_bridge.commission import commission, usual
from firmware_bridge.detect import list_ports
from firmware_bridge.dialects.fabnode_settings import MachineKind, shown_name
from firmware_bridge.facts import DialectName, Identity, Patience, Status
from firmware_bridge.link import Port
from firmware_bridge.machine import connect

MACHINES: dict[MachineKind, tuple[str, str]] = {
    "laser": ("a laser cutter", "LAS-CUT"),
    "sewing": ("a sewing machine", "TEX-SEW"),
    "drill": ("a drill press", "PROCESS"),
    "kiln": ("a kiln", "PROCESS"),
    "other": ("something else", "PROCESS"),
}


class Person(Protocol):
    """Who sits before the board."""

    def tell(self, words: str) -> None:
        """Say what happens."""
        ...

    def agrees(self, question: str) -> bool:
        """Ask for a yes or no."""
        ...

    def chooses(self, question: str, answers: Sequence[str]) -> int:
        """Ask which one; returns its place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line said; None: ask."""

    port: str | None = None
    kind: MachineKind | None = None
    name: str | None = None
    over: DialectName | None = None  # a firmware that may be lost
    patience: Patience = flash.LOOK  # with what runs there now


def flash_board(wish: Wish, person: Person) -> None:
    """Find, look, write, verify, greet, name, and say what comes next.

    Errors: BridgeError, SettingsError.
    """
    try:
        shown_name(wish.name or "Node")
    except ValueError as unfit:
        raise SettingsError(str(unfit)) from unfit
    port = wish.port or chosen_port(list_ports(), person)
    person.tell(f"Looking at what runs on {port}; this may take half a minute.")
    there = flash.look(port, wish.patience)
    refuse_a_machine(port, there, wish.over)
    if there != "fabnode":
        what = there or "nothing that we know"
        if not person.agrees(f"On {port} runs {what}. Write the sketch over it?"):
            raise SettingsError("nothing was written")
    person.tell("Writing and reading back, about ten seconds. Leave the cable in.")
    flash.write(port)
    person.tell("Written and verified. Waiting for its hello.")
    identity, status = _named(port, wish, person)
    for line in what_next(port, identity, status):
        person.tell(line)


def chosen_port(ports: Sequence[Port], person: Person) -> str:
    """The only port, or the one that a person points at. Errors: SettingsError."""
    if not ports:
        raise SettingsError(
            "no board is plugged in: a USB cable that carries data, then the same again"
        )
    if len(ports) == 1:
        return ports[0].path
    shown = [f"{port.path}  {port.description}".rstrip() for port in ports]
    return ports[person.chooses("Which one is the new board?", shown)].path


def refuse_a_machine(
    port: str, there: DialectName | None, over: DialectName | None
) -> None:
    """A board that drives a machine is left alone. Errors: SettingsError."""
    if there in (None, "fabnode") or there == over:
        return
    raise SettingsError(
        f"{port} runs {there}: it drives a machine, and a node in its place could not. "
        f"Nothing was written. If that board is free for good, say --over {there}"
    )


def what_next(port: str, identity: Identity, status: Status) -> list[str]:
    """For the person who has it on the table."""
    fitted = dict(option.split(" ", 1) for option in identity.options)
    kind, process = fitted["kind"], MACHINES[_kind(fitted["kind"])][1]
    sees = [f"{status.current_a or 0:.1f} A"]
    sees += [f"{value:.0f} °C" for value in status.temperatures_c.values()]
    return [
        f"It answers: {fitted['name']} ({kind}), {identity.uuid}; it sees "
        f"{', '.join(sees)}: {status.state}.",
        "Next:",
        f"1. Wire it as drawn on your network's page /wiring/{kind}, mains plug out.",
        "2. Run the machine for a moment: the display shows RUNNING, then FREE.",
        "3. Tell your agent, with its process in place of the last word:",
        f'   fabcommons agent init … --machine "{fitted["name"]},other,{port},{process}"',
    ]


def _named(port: str, wish: Wish, person: Person) -> tuple[Identity, Status]:
    """A board that has a name keeps it, and its settings unless others were asked for."""
    machine = connect(port, dialect="fabnode")
    try:
        found, status = machine.identify(), machine.status()
    finally:
        machine.close()
    if found.uuid is not None and wish.kind is None and wish.name is None:
        return found, status
    fitted = dict(option.split(" ", 1) for option in found.options)
    kind = wish.kind or (_kind(fitted["kind"]) if found.uuid else _asked_kind(person))
    name = wish.name or (fitted["name"] if found.uuid else kind.capitalize())
    uuid = UUID(found.uuid) if found.uuid else uuid4()
    return commission(port, usual(kind, uuid=uuid, name=name))


def _asked_kind(person: Person) -> MachineKind:
    words = [words for words, _ in MACHINES.values()]
    return [*MACHINES][person.chooses("What will it stand beside?", words)]


def _kind(text: str) -> MachineKind:
    return next(kind for kind in MACHINES if kind == text)
