"""Which machines are at the ports of this computer, and in which words that is told."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from firmware_bridge.detect import list_ports
from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Identity, Patience
from firmware_bridge.machine import connect

LINKS = Path("/dev/serial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One port that was asked. `identity` None: `why` says what came instead."""

    port: str
    plug: str  # what the system calls the thing that is plugged in; may be empty
    identity: Identity | None
    why: str = ""


def ports_here(only: Sequence[str], *, known: Sequence[str]) -> dict[str, str]:
    """Ports by path with the system's words, without those of machines that are known.

    `only`: these and no others, where there are any.
    """
    if only:
        return {path: "" for path in only if path not in known}
    found = {}
    for port in list_ports():
        if {port.path, lasting := _lasting(port.path, port.usb_serial)}.isdisjoint(
            known
        ):
            found[lasting] = port.description
    return found


def survey(ports: dict[str, str], patience: Patience | None = None) -> list[Seen]:
    """Ask every port at the same time, in the order of `ports`. Most boards reset."""
    answers: SimpleQueue[Seen] = SimpleQueue()
    for path, plug in ports.items():
        threading.Thread(  # daemons: Ctrl-C need not wait for a silent port
            target=lambda path=path, plug=plug: answers.put(_ask(path, plug, patience)),
            daemon=True,
        ).start()
    seen = {one.port: one for one in (answers.get() for _ in ports)}
    return [seen[path] for path in ports]


def told(seen: Seen) -> str:
    """One sentence of what is at a port."""
    plug = f" ({seen.plug})" if seen.plug and seen.plug != "n/a" else ""
    place = f"{seen.port}{plug}"
    board = seen.identity
    if board is None:
        return f"{place}: {seen.why}"
    if board.dialect == "fabnode":
        return f"{place}: a node for a machine without an interface"
    name = f", “{board.model}”" if board.model else ""
    room = board.work_envelope_mm
    sizes = "" if room is None else f", {_sizes(room.size_mm)}"
    return f"{place}: {board.firmware} {board.version}{name}{sizes}"


def _lasting(path: str, usb_serial: str) -> str:
    """A name that a board keeps when it is plugged in again, else the socket's own.

    Boards without a serial number share one name in `by-id`.
    """
    for link in sorted(LINKS.glob("by-id/*" if usb_serial else "by-path/*")):
        if link.resolve() == Path(path):
            return str(link)
    return path


def _ask(path: str, plug: str, patience: Patience | None) -> Seen:
    try:
        board = connect(path, patience=patience)
        try:
            return Seen(port=path, plug=plug, identity=board.identify())
        finally:
            board.close()
    except BridgeError as error:
        words = str(error).removeprefix(f"{path}: ")
        why = {"link-busy": "another program uses it"}.get(error.code, words)
        return Seen(port=path, plug=plug, identity=None, why=why)


def _sizes(size_mm: tuple[float, float, float]) -> str:
    return " x ".join(f"{size:g}" for size in size_mm) + " mm"
