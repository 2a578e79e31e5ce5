"""Where the tool stands, from OctoPrint's terminal log.

REST doesn't tell it, only the log that its pages get over SockJS does; that speaks
plain HTTP as well (`xhr` polling, github.com/sockjs/sockjs-protocol).
"""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import marlin
from firmware_bridge.errors import CommandRefusedError, HostAnswerError, NoAnswerError
from firmware_bridge.hosts.answers import part, text
from firmware_bridge.hosts.web import Web
from firmware_bridge.space import Point

_QUESTIONS = ("M400", "M114")
_WANTED = r"Send:.*M114|Recv:.*X:.*Y:.*Z:"


def place_told(web: Web, *, wall: Clock, within_s: float) -> Point:
    """Ask for the place when all motion is over. Errors: NoAnswerError and `Web`'s."""
    session = f"/sockjs/000/{secrets.token_hex(8)}"
    web.text(f"{session}/xhr")  # opens it
    login = web.post("/api/login", {"passive": True})
    _say(web, session, {"auth": f"{text(login, 'name')}:{text(login, 'session')}"})
    quiet = {"state": {"logs": _WANTED, "messages": False}}
    _say(web, session, {"subscribe": {**quiet, "plugins": False, "events": False}})
    web.post("/api/printer/command", {"commands": list(_QUESTIONS)})
    until_s = wall.monotonic_s() + within_s
    asked = False
    while wall.monotonic_s() < until_s:
        for line in _lines(web.text(f"{session}/xhr")):
            asked = asked or line.startswith("Send:")
            said = line.removeprefix("Recv: ").removeprefix("ok ")
            reply = marlin.parse(said.encode())
            if asked and isinstance(reply, marlin.Position):
                return reply.mm
    raise NoAnswerError("the printer does not say where it stands")


def _say(web: Web, session: str, message: dict[str, Any]) -> None:
    try:
        web.text(f"{session}/xhr_send", [json.dumps(message)])
    except CommandRefusedError as refused:
        raise HostAnswerError(f"OctoPrint's log: {refused}") from refused


def _lines(frame: str) -> Iterator[str]:
    """Lines of the terminal in a frame of SockJS: `a[MESSAGE, …]`, or `h`: a beat."""
    if not frame.startswith("a"):
        return
    try:
        messages = json.loads(frame[1:])
    except (ValueError, RecursionError) as wrong:
        raise HostAnswerError("OctoPrint's log is no JSON") from wrong
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict):
            logs = part(message, "current").get("logs")
            yield from (line for line in logs or [] if isinstance(line, str))
