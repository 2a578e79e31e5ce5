"""The local page over HTTP: the one way in for the act of arming.

Only a browser on this page or a program in the lab gets through: the host must be one
of ours, the origin the page itself, and what sets a machine in motion needs the PIN.
"""

import hmac
import json
import secrets
import threading
from collections import deque
from email.message import Message
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, cast
from urllib.parse import parse_qs, quote, unquote

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device_agents.agent import page
from device_agents.agent.agent import Agent
from device_agents.contract.messages import Id, Person
from device_agents.errors import RefusedError, SettingsError, StorageError
from device_agents.settings import LocalPage
from firmware_bridge.clock import Clock

log = structlog.get_logger()

BODY_MAX_BYTES = 4096
BY_MAX = 40
REQUEST_TIMEOUT_S = 10
WRONG_PINS_MAX = 5
WRONG_PINS_WITHIN_S = 60.0
WITHOUT_PIN = frozenset({"pause", "stop"})  # to stop needs less right than to start
SNAPSHOT = "/snapshot/"
ACTS = frozenset(
    {"arm", "go-on", "clear", "pause", "resume", "cancel", "stop", "unlock", "home"}
)


class Act(BaseModel):
    """What a person asks for, as JSON or as a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine_id: Id
    job_id: Id | None = None
    pin: Annotated[str, Field(max_length=64)] = ""
    line: Annotated[int, Field(ge=0, le=10**9)] | None = None  # to go on from
    looked: bool = False  # the part holds, the way is free
    pieces_good: Annotated[int, Field(ge=0, le=100_000)] | None = None
    by: Person | None = None  # who asks, in their own word


class LocalServer:
    """Serves the page until `end`."""

    def __init__(
        self, agent: Agent, settings: LocalPage, pin: str, wall: Clock
    ) -> None:
        """Listen. Errors: SettingsError if the port is taken."""
        self.agent = agent
        self._pin = pin.encode()
        self._wall = wall
        self._lock = threading.Lock()
        self._wrong_at_s: deque[float] = deque(maxlen=WRONG_PINS_MAX)
        try:
            self._server = _Server((settings.host, settings.port), _Handler)
        except OSError as error:
            raise SettingsError(
                f"local page: {settings.host}:{settings.port}: {error.strerror}"
            ) from error
        self._server.desk = self
        self.port: int = self._server.server_address[1]
        names = {settings.host, "localhost", "127.0.0.1", "[::1]", *settings.names}
        self.hosts = {f"{name}:{self.port}" for name in names}

    def run(self) -> None:
        """Answer until `end`."""
        self._server.serve_forever(poll_interval=0.2)

    def end(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def check_pin(self, given: str) -> None:
        """Errors: RefusedError "wrong-pin", or "too-many-pins" after five of them."""
        with self._lock:
            now_s = self._wall.monotonic_s()
            full = len(self._wrong_at_s) == WRONG_PINS_MAX
            if full and now_s - self._wrong_at_s[0] < WRONG_PINS_WITHIN_S:
                raise RefusedError(
                    "too-many-pins", "too many wrong PINs: wait a minute"
                )
            if not hmac.compare_digest(given.encode(), self._pin):
                self._wrong_at_s.append(now_s)
                raise RefusedError("wrong-pin", "that is not the PIN of this lab")

    def do(self, name: str, act: Act) -> None:
        """Carry out one act. Errors: RefusedError."""
        if name not in WITHOUT_PIN:
            self.check_pin(act.pin)
        agent, machine_id = self.agent, act.machine_id
        match name:
            case "arm":
                agent.arm(machine_id, _job_of(act), act.by)
            case "go-on":
                agent.go_on(machine_id, _job_of(act), _line_of(act), act.by)
            case "clear":
                agent.clear(machine_id, _job_of(act), act.pieces_good)
            case "pause":
                agent.pause(machine_id)
            case "resume":
                agent.resume(machine_id)
            case "cancel":
                agent.cancel(machine_id)
            case "stop":
                agent.stop_machine(machine_id)
            case "unlock" | "home":
                agent.unlock(machine_id, home=name == "home")
        log.info("local-act", act=name, machine_id=machine_id, job_id=act.job_id)


def _job_of(act: Act) -> str:
    if act.job_id is None:
        raise RefusedError("no-job-named", "job_id is missing")
    return act.job_id


def _line_of(act: Act) -> int:
    if act.line is None:
        raise RefusedError("no-line-named", "line is missing")
    if not act.looked:
        raise RefusedError(
            "not-looked", "look at the machine first, and tick that you have"
        )
    return act.line


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    desk: LocalServer


class _Handler(BaseHTTPRequestHandler):
    """Judges each request before it does anything."""

    timeout = REQUEST_TIMEOUT_S
    server_version = "fabcommons-agent"
    sys_version = ""
    _by: str | None = None  # who asks, where this request says so

    @property
    def _desk(self) -> LocalServer:
        return cast("_Server", self.server).desk

    def do_GET(self) -> None:  # the name http.server calls
        """The page, its changing part, or the state as JSON."""
        if not self._host_is_ours():
            return
        state = self._desk.agent.state()
        path, _, query = self.path.partition("?")
        self._by = parse_qs(query).get("by", [None])[-1]  # of the board's link
        match path:
            case "/":
                self._send_page(HTTPStatus.OK, state)
            case "/fragment":
                self._send(HTTPStatus.OK, "text/html", page.fragment(state))
            case "/state":
                self._send_json(HTTPStatus.OK, state)
            case path if path.startswith(SNAPSHOT):
                self._send_picture(path.removeprefix(SNAPSHOT))
            case _:
                self._refuse(HTTPStatus.NOT_FOUND, "not-found", "no such page")

    def do_POST(self) -> None:  # the name http.server calls
        """One act of a person."""
        if not self._host_is_ours() or not self._origin_is_ours():
            return
        name = self.path.removeprefix("/")
        if name not in ACTS:
            self._refuse(HTTPStatus.NOT_FOUND, "not-found", "no such act")
            return
        as_form = self.headers.get_content_type() != "application/json"
        try:
            act = self._act(as_form=as_form)
        except (ValueError, ValidationError) as error:
            self._answer(as_form, HTTPStatus.BAD_REQUEST, "invalid", _fault(error))
            return
        self._by = act.by or ""
        try:
            self._desk.do(name, act)
        except RefusedError as error:
            status = {
                "wrong-pin": HTTPStatus.FORBIDDEN,
                "too-many-pins": HTTPStatus.TOO_MANY_REQUESTS,
            }.get(error.reason, HTTPStatus.CONFLICT)
            self._answer(as_form, status, error.reason, str(error))
            return
        except StorageError as error:
            words = f"{error}. Free space on this computer, and look at the machine"
            status = HTTPStatus.INSUFFICIENT_STORAGE
            self._answer(as_form, status, error.code, words)
            return
        self._answer(as_form, HTTPStatus.OK, "done", "")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests carry PINs; they are not logged."""

    def _host_is_ours(self) -> bool:
        """A name that was bound to our address by a stranger is not one of ours."""
        if self.headers.get("Host", "").lower() in self._desk.hosts:
            return True
        self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "wrong-host", "not this host")
        return False

    def _origin_is_ours(self) -> bool:
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        ours = origin is None or origin == f"http://{self.headers.get('Host')}"
        if ours and site in ("same-origin", "none"):
            return True
        self._refuse(HTTPStatus.FORBIDDEN, "wrong-origin", "not from this page")
        return False

    def _act(self, *, as_form: bool) -> Act:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= BODY_MAX_BYTES:
            raise ValueError(f"a body of 1 to {BODY_MAX_BYTES} bytes is needed")
        body = self.rfile.read(length).decode("utf-8")
        if not as_form:
            return Act.model_validate_json(body)
        fields = {key: values[-1] for key, values in parse_qs(body).items()}
        machine_id, job_id, line, *_ = (*fields.get("what", "").split("/"), "", "")
        good = fields.get(f"good/{machine_id}/{job_id}", "")
        return Act(
            machine_id=machine_id,
            job_id=job_id or None,
            pin=fields.get("pin", ""),
            by=" ".join(fields.get("by", "").split()) or None,
            line=int(line) if line else None,
            looked=fields.get("looked") == f"{machine_id}/{job_id}",
            pieces_good=int(good) if good else None,
        )

    def _answer(self, as_form: bool, status: HTTPStatus, code: str, words: str) -> None:
        if not as_form:
            self._send_json(status, {"code": code, "detail": words})
        elif status is HTTPStatus.OK:
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", "/")
            self.send_header("Set-Cookie", _cookie_of(self._by or ""))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send_page(status, self._desk.agent.state(), words)

    def _send_picture(self, machine_id: str) -> None:
        picture = self._desk.agent.cameras.newest(machine_id)
        if picture is None:
            self._refuse(HTTPStatus.NOT_FOUND, "no-picture", "no new picture")
            return
        self._send_bytes(HTTPStatus.OK, picture.media_type, picture.content)

    def _refuse(self, status: HTTPStatus, code: str, words: str) -> None:
        self._send_json(status, {"code": code, "detail": words})

    def _send_json(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document))

    def _send_page(
        self, status: HTTPStatus, state: dict[str, Any], message: str | None = None
    ) -> None:
        nonce = secrets.token_urlsafe(16)
        by = _told_by(self.headers) if self._by is None else self._by
        text = page.page(state, nonce=nonce, message=message, by=by[:BY_MAX])
        self._send(status, "text/html", text, nonce)

    def _send(
        self, status: HTTPStatus, content_type: str, text: str, nonce: str = "none"
    ) -> None:
        kind = f"{content_type}; charset=utf-8"
        self._send_bytes(status, kind, text.encode(), nonce)

    def _send_bytes(
        self, status: HTTPStatus, content_type: str, body: bytes, nonce: str = "none"
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "same-origin")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
            " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
            " frame-ancestors 'none'",
        )
        self.end_headers()
        self.wfile.write(body)


def _cookie_of(by: str) -> str:
    """Keeps the name on the tablet that it was typed on, and nowhere else."""
    return (
        f"by={quote(by, safe='')}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Strict"
    )


def _told_by(headers: Message) -> str:
    """The name that this tablet keeps, "" if none."""
    kept = SimpleCookie(headers.get("Cookie", "")).get("by")
    return unquote(kept.value) if kept else ""


def _fault(error: ValueError) -> str:
    """What was wrong, without what was given: it may hold a PIN."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return f"{where}: {fault['msg']}"
    return str(error)
