"""Faults and oracle of hosted boards over a Unix socket, one JSON object a line."""

import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.errors import RequestError
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.host import Host
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.wire import Act, Direction, Wire

_LINE_BYTES_MAX = 65_536
_COUNT_MAX = 1_000_000

type Request = dict[str, object]
type Answer = dict[str, object]


def answer(host: Host, request: Request) -> Answer:
    """Carry out one request: `do` is list, oracle, unplug, plug or a fault's name.

    Faults: drop_ok, flip, drop (direction to_board or to_host, count, skip; flip also
    bit, drop also of_a_line: its first bytes), drop_lines, hurt_lines (direction, count), garbage (direction, count), reset,
    power_cut, freeze, thaw, off_rate, on_rate, limit and alarm (code; GRBL), run_away,
    run_out and filament_back (Marlin). `after`: not before so many more bytes have come
    from the host; unplug knows it too.
    A wrong request is answered with `error`, never raised.
    """
    do, name = request.get("do"), request.get("board")
    if do == "list":
        return {"ok": True, "boards": host.names()}
    if not isinstance(name, str) or name not in host.names():
        return {"ok": False, "error": f"no board {name!r}"}
    if do == "oracle":
        return {"ok": True, "oracle": host.oracle(name)}
    if do == "plug":
        host.plug(name)
        return {"ok": True}
    try:
        act = _action(host, name, request)
        if "after" in request:
            host.plan(name, _count(request, "after", 0), act)
        else:
            host.act(name, act)
    except RequestError as wrong:
        return {"ok": False, "error": str(wrong)}
    return {"ok": True}


def _action(host: Host, name: str, request: Request) -> Act:
    if request.get("do") == "unplug":
        return lambda *_: host.unplug(name)
    fault = _FAULTS.get(str(request.get("do")))
    if fault is None:
        raise RequestError(f"no such thing to do: {request.get('do')!r}")
    return lambda wire, now_s: fault(wire, now_s, request)


def _count(request: Request, field: str, otherwise: int) -> int:
    value = request.get(field, otherwise)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError(f"{field}: an integer expected, got {value!r}")
    if not 0 <= value <= _COUNT_MAX:
        raise RequestError(f"{field}: {value} is not in 0..{_COUNT_MAX}")
    return value


def _direction(wire: Wire, request: Request) -> Direction:
    named = request.get("direction", "to_board")
    if named not in ("to_board", "to_host"):
        raise RequestError(f"direction: to_board or to_host, got {named!r}")
    return wire.to_board if named == "to_board" else wire.to_host


def _drop_ok(wire: Wire, _: float, request: Request) -> None:
    wire.drop_ok = _count(request, "count", 1)


def _flip(wire: Wire, _: float, request: Request) -> None:
    way = _direction(wire, request)
    way.flip, way.flip_skip = _count(request, "count", 1), _count(request, "skip", 0)
    way.flip_bit = min(7, _count(request, "bit", 2))


def _drop(wire: Wire, _: float, request: Request) -> None:
    way = _direction(wire, request)
    way.drop, way.drop_skip = _count(request, "count", 1), _count(request, "skip", 0)
    way.drop_waits = request.get("of_a_line") is True


def _drop_lines(wire: Wire, _: float, request: Request) -> None:
    _direction(wire, request).drop_lines = _count(request, "count", 1)


def _hurt_lines(wire: Wire, _: float, request: Request) -> None:
    _direction(wire, request).hurt_lines = _count(request, "count", 1)


def _garbage(wire: Wire, now_s: float, request: Request) -> None:
    count = min(65_536, _count(request, "count", 64))
    if request.get("direction") == "to_board":
        wire.hear_noise(count, now_s)
    else:
        wire.say_noise(count)


def _off_rate(wire: Wire, _: float, request: Request) -> None:
    wire.off_rate = request.get("do") == "off_rate"


def _reset(wire: Wire, now_s: float, _: Request) -> None:
    wire.thaw(now_s)
    wire.board.reset(wire.board_time_s(now_s))


def _power_cut(wire: Wire, now_s: float, _: Request) -> None:
    wire.thaw(now_s)
    wire.board.power_cut(wire.board_time_s(now_s))


def _freeze(wire: Wire, now_s: float, _: Request) -> None:
    wire.freeze(now_s)


def _thaw(wire: Wire, now_s: float, _: Request) -> None:
    wire.thaw(now_s)


def _alarm(wire: Wire, now_s: float, request: Request) -> None:
    code = 1 if request.get("do") == "limit" else _count(request, "code", 5)
    _grbl(wire, "alarm").raise_alarm(code, wire.board_time_s(now_s))


def _run_away(wire: Wire, now_s: float, _: Request) -> None:
    _marlin(wire, "run_away").run_away(wire.board_time_s(now_s))


def _run_out(wire: Wire, now_s: float, _: Request) -> None:
    _marlin(wire, "run_out").run_out(wire.board_time_s(now_s))


def _filament_back(wire: Wire, now_s: float, _: Request) -> None:
    _marlin(wire, "filament_back").filament_back(wire.board_time_s(now_s))


def _grbl(wire: Wire, do: str) -> GrblBoard:
    if not isinstance(wire.board, GrblBoard):
        raise RequestError(f"{do}: only a GRBL board knows it")
    return wire.board


def _marlin(wire: Wire, do: str) -> MarlinBoard:
    if not isinstance(wire.board, MarlinBoard):
        raise RequestError(f"{do}: only a Marlin board knows it")
    return wire.board


_FAULTS: dict[str, Callable[[Wire, float, Request], None]] = {
    "drop_ok": _drop_ok,
    "flip": _flip,
    "drop": _drop,
    "drop_lines": _drop_lines,
    "hurt_lines": _hurt_lines,
    "garbage": _garbage,
    "reset": _reset,
    "power_cut": _power_cut,
    "freeze": _freeze,
    "thaw": _thaw,
    "off_rate": _off_rate,
    "on_rate": _off_rate,
    "limit": _alarm,
    "alarm": _alarm,
    "run_away": _run_away,
    "run_out": _run_out,
    "filament_back": _filament_back,
}


class Control:
    """The socket, served inside the host's loop."""

    def __init__(self, host: Host, path: Path) -> None:
        """Listen at `path`; an old socket there is replaced. Errors: OSError."""
        self._host = host
        self._path = path
        self._clients: dict[socket.socket, bytes] = {}
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(16)
        self._listener.setblocking(False)
        host.watch(self._listener, self._accept)

    def close(self) -> None:
        """End every conversation."""
        for client in list(self._clients):
            self._drop(client)
        self._host.unwatch(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(1.0)
        self._clients[client] = b""
        self._host.watch(client, lambda: self._read(client))

    def _read(self, client: socket.socket) -> None:
        try:
            chunk = client.recv(_LINE_BYTES_MAX)
        except OSError:
            chunk = b""
        held = self._clients[client] + chunk
        if not chunk or len(held) > 2 * _LINE_BYTES_MAX:
            self._drop(client)
            return
        *lines, self._clients[client] = held.split(b"\n")
        for line in lines:
            said = json.dumps(_answer_line(self._host, line)).encode() + b"\n"
            try:
                client.sendall(said)
            except OSError:
                self._drop(client)
                return

    def _drop(self, client: socket.socket) -> None:
        self._clients.pop(client, None)
        with contextlib.suppress(KeyError, ValueError):
            self._host.unwatch(client)
        client.close()


def _answer_line(host: Host, line: bytes) -> Answer:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {"ok": False, "error": "a JSON object a line, please"}
    if not isinstance(request, dict):
        return {"ok": False, "error": "a JSON object a line, please"}
    return answer(host, request)
