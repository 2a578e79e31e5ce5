"""Real parts around an agent: a broker, boards on ports, a file server, a small hub."""

import base64
import hashlib
import json
import multiprocessing
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from device_agents.agent.identity import enrol
from device_agents.contract import codec, topics
from device_agents.contract.messages import (
    Acknowledgement,
    Birth,
    Credit,
    Death,
    DownEnvelope,
    Downward,
    JobCommand,
    JobControl,
    JobEvent,
    MachineState,
    Notice,
    Program,
    Receipt,
    Refused,
    UpEnvelope,
)
from device_agents.entry import run
from device_agents.settings import (
    AgentSettings,
    ClockSettings,
    Envelope,
    LocalPage,
    Machine,
    toml_of,
    write_private,
)
from firmware_bridge.clock import WallClock
from firmware_bridge.simulators.control import answer
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.host import Host
from firmware_bridge.simulators.marlin_board import MarlinBoard
from tests.waiting import ask, free_port, wait_until

REGION = "helsinki"
DEVICE = "dev-kallio"
TOKEN = "a-token-of-some-length-0123456789"
PIN = "4711"

# A second's imports are paid once, not at each start of an agent.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def hash_line(user: str, token: str) -> str:
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", token.encode(), salt, 101)
    words = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7$101${'$'.join(words)}\n"


def make_certificates(folder: Path, host: str = "127.0.0.1") -> None:
    """`ca.pem`, and `cert.pem` with `key.pem` for `host`."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    ca = (
        _certificate(issuer, issuer, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    own = (
        _certificate(subject, issuer, key)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "cert.pem").write_bytes(own.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


class Broker:
    """A mosquitto of our own, with passwords and the two pattern lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.tls_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        (folder / "users").write_text(
            hash_line("hub", TOKEN) + hash_line(DEVICE, TOKEN)
        )
        (folder / "acl").write_text(
            "user hub\ntopic readwrite #\n"
            f"pattern write {topics.ROOT}/+/%u/up/#\n"
            f"pattern read {topics.ROOT}/+/%u/down/#\n"
        )
        (folder / "users").chmod(0o600)
        (folder / "acl").chmod(0o600)
        owner = "user root\n" if os.geteuid() == 0 else ""
        (folder / "mosquitto.conf").write_text(
            f"{owner}per_listener_settings false\nallow_anonymous false\n"
            f"listener {self.port} 127.0.0.1\n{self._tls_lines()}"
            f"password_file {folder}/users\nacl_file {folder}/acl\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
            "use_username_as_clientid true\nmax_inflight_messages 1000\n"
            "max_queued_messages 100000\n"
        )

    def _tls_lines(self) -> str:
        """A second listener, with TLS under an authority of our own."""
        make_certificates(self.folder)
        return (
            f"listener {self.tls_port} 127.0.0.1\ncafile {self.folder}/ca.pem\n"
            f"certfile {self.folder}/cert.pem\nkeyfile {self.folder}/key.pem\n"
        )

    def start(self) -> None:
        command = ["mosquitto", "-c", str(self.folder / "mosquitto.conf")]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", *command],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
        )
        wait_until(self._listens, "the broker listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Hub:
    """Listens, drops copies by number, sends receipts and commands, fences doubles."""

    def __init__(self, port: int, *, receipts: bool = True) -> None:
        self.receipts = receipts
        self.heard: list[UpEnvelope] = []
        self.stored: dict[int, UpEnvelope] = {}
        self.told = Counter[int]()  # how often each number came
        self.refuse: dict[int, str] = {}
        self.life: tuple[int, UUID] | None = None
        self._lock = threading.Lock()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="hub",
            clean_session=False,
            protocol=MQTTv311,
        )
        self._client.username_pw_set("hub", TOKEN)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._greet
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port, keepalive=10)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()  # its thread ends by itself

    def send(self, body: Downward, incarnation: UUID | None = None) -> None:
        envelope = DownEnvelope(device_id=DEVICE, incarnation=incarnation, body=body)
        topic = codec.down_topic_of(REGION, envelope)
        self._client.publish(topic, codec.encode(envelope), qos=1)

    def refuse_now(self, number: int) -> None:
        refused = Refused(
            sequence=number, code=self.refuse[number], text="refused by the test"
        )
        self.send(Receipt(refused=(refused,)))

    def send_raw(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain)

    def events(self, job_id: str | None = None) -> list[JobEvent]:
        """What happened, each once, in the order of the numbers."""
        with self._lock:
            bodies = [self.stored[number].body for number in sorted(self.stored)]
        return [
            body
            for body in bodies
            if isinstance(body, JobEvent) and job_id in (None, body.job_id)
        ]

    def happened(self, job_id: str) -> list[str]:
        return [event.event for event in self.events(job_id)]

    def answers(self) -> list[Acknowledgement]:
        with self._lock:
            bodies = [self.stored[number].body for number in sorted(self.stored)]
        return [body for body in bodies if isinstance(body, Acknowledgement)]

    def answer_to(self, command_id: str) -> Acknowledgement:
        found = wait_until(
            lambda: [one for one in self.answers() if one.command_id == command_id],
            f"an answer to {command_id}",
        )
        return found[0]

    def states(self, machine_id: str) -> list[str]:
        with self._lock:
            return [
                one.body.state
                for one in self.heard
                if isinstance(one.body, MachineState)
                and one.body.machine_id == machine_id
            ]

    def lives(self) -> list[Birth | Death]:
        with self._lock:
            return [
                one.body for one in self.heard if isinstance(one.body, Birth | Death)
            ]

    def _greet(self, *_what: object) -> None:
        self._client.subscribe(topics.every_up(REGION), qos=1)

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.payload == b"":
            return
        envelope = codec.decode_up(message.topic, bytes(message.payload))
        with self._lock:
            self.heard.append(envelope)
        if isinstance(envelope.body, Birth):
            self._register(envelope)
        if envelope.sequence is None:
            return
        number = envelope.sequence
        with self._lock:
            self.told[number] += 1
            before = self.stored.setdefault(number, envelope)
        assert before.body == envelope.body, "one number, two messages"
        if self.receipts and number not in self.refuse:
            self.send(Receipt(stored=(number,)), envelope.incarnation)

    def _register(self, envelope: UpEnvelope) -> None:
        before = self.life
        newer = before is None or envelope.epoch > before[0]
        if newer:
            self.life = (envelope.epoch, envelope.incarnation)
        elif before is not None and before[1] != envelope.incarnation:
            self.send(
                Notice(notice="fenced", text="another agent uses this identity"),
                envelope.incarnation,
            )


class FileServer:
    """Programs by path, for whoever has the token; and one-time enrolment."""

    def __init__(self, broker_port: int) -> None:
        self.files: dict[str, bytes] = {}
        self.asked = Counter[str]()
        self.codes: set[str] = set()
        self.broker_port = broker_port
        self.ca_pem: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        ).start()

    def put(self, content: bytes) -> Program:
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"/api/v1/files/{digest}"] = content
        return Program(
            path=f"/api/v1/files/{digest}", sha256=digest, size_bytes=len(content)
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stage = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stage.asked[self.path] += 1
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self._say(401, b"")
                elif self.path in stage.files:
                    self._say(200, stage.files[self.path])
                else:
                    self._say(404, b"")

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                asked = json.loads(self.rfile.read(length))
                if asked["code"] not in stage.codes:
                    self._say(410, b'{"detail":"the code is used up"}')
                    return
                if self.path == "/api/v1/invitations/look":
                    self._say(200, json.dumps(stage.lab()).encode())
                    return
                stage.codes.discard(asked["code"])
                self._say(200, json.dumps(stage.identity()).encode())

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, *_: object) -> None: ...

        return Handler

    def lab(self) -> dict[str, str]:
        return {
            "facility_id": "lab-kallio",
            "name": "Lab Kallio",
            "address": "Street 1",
            "region": REGION,
        }

    def identity(self) -> dict[str, Any]:
        return {
            "device_id": DEVICE,
            "region": REGION,
            "facility_id": "lab-kallio",
            "broker": {
                "host": "127.0.0.1",
                "port": self.broker_port,
                "tls": self.ca_pem is not None,
                "ca_pem": self.ca_pem,
            },
            "token": TOKEN,
            "key_id": "key-kallio-1",
            "machine_ids": None,
        }


class Boards:
    """Simulated boards, served by one thread; their oracles tell what really happened."""

    def __init__(self, folder: Path, *, scale: float = 1.0) -> None:
        self.folder = folder
        self.scale = scale
        self.host = Host()
        self._thread = threading.Thread(target=self.host.serve, daemon=True)
        self._thread.start()

    def grbl(self, name: str, *, homing: bool = False) -> Path:
        board = GrblBoard(  # without homing switches it has no lock
            settings={**DEFAULT_SETTINGS, 22: int(homing), 25: 20_000},
            offsets={"G54": (-300.0, -200.0, -40.0)},
        )
        self.host.add(name, board, self.folder / name, scale=self.scale)
        return self.folder / name

    def marlin(self, name: str) -> Path:
        self.host.add(name, MarlinBoard(), self.folder / name, scale=self.scale)
        return self.folder / name

    def fault(self, name: str, do: str) -> None:
        assert answer(self.host, {"board": name, "do": do}) == {"ok": True}

    def oracle(self, name: str) -> dict[str, Any]:
        return dict(self.host.oracle(name))

    def close(self) -> None:
        self.host.stop()
        self._thread.join(5)
        self.host.close()


def run_agent(folder: Path) -> None:
    """`agent run`, in a process that can be killed at any moment."""
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    run(folder)


def run_agent_on_a_stepped_clock(folder: Path) -> None:
    """Likewise, on a computer whose clock is off by the seconds in `clock-step`."""
    step = folder / "clock-step"

    def now(_: WallClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(step.read_text() or 0))

    WallClock.now = now  # type: ignore[method-assign]
    run_agent(folder)


@contextmanager
def network(folder: Path) -> Iterator[tuple[Broker, Hub, FileServer]]:
    """What an agent talks to: a broker in `folder`, the hub behind it, its files."""
    with ExitStack() as closing:
        broker = Broker(folder)
        broker.start()
        closing.callback(broker.kill)
        hub = Hub(broker.port)
        closing.callback(hub.close)
        files = FileServer(broker.port)
        closing.callback(files.close)
        yield broker, hub, files


class AgentProcess:
    """An agent in a process of its own: `agent run DIR`."""

    def __init__(
        self, folder: Path, target: Callable[[Path], None] = run_agent
    ) -> None:
        self.folder = folder
        self.port = 0
        self.process: ForkServerProcess | None = None
        self._target = target

    def configure(
        self, files: FileServer, machines: tuple[Machine, ...], clock: ClockSettings
    ) -> None:
        self.folder.mkdir(mode=0o700)
        self.port = free_port()
        settings = AgentSettings(
            server_url=files.url,
            region=REGION,
            machines=machines,
            local=LocalPage(port=self.port),
            clock=clock,
        )
        write_private(self.folder / "agent.toml", toml_of(settings))
        write_private(self.folder / "secrets.toml", f'arming_pin = "{PIN}"\n')

    def enrol(self, files: FileServer) -> None:
        code = secrets.token_hex(8)
        files.codes.add(code)
        enrol(self.folder, server_url=files.url, code=code, name="kallio")

    def start(self, *, connected: bool = True) -> None:
        """Start, and wait until it listens: to people, and to the network."""
        self.process = FORKS.Process(target=self._target, args=(self.folder,))
        self.process.start()
        wait_until(self._answers, f"the agent answers; {self.folder / 'log'}")
        if connected:
            wait_until(lambda: self.state()["connected"], "the agent is in touch")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def terminate(self) -> int:
        assert self.process is not None
        self.process.terminate()
        self.process.join(40)
        code = self.process.exitcode
        assert code is not None, "it did not end"
        self.process = None
        return code

    def state(self) -> dict[str, Any]:
        answer = ask(f"http://127.0.0.1:{self.port}/state")
        document: dict[str, Any] = answer.json()
        return document

    def machine(self, machine_id: str = "mill-1") -> dict[str, Any]:
        found: dict[str, Any] = next(
            one for one in self.state()["machines"] if one["machine_id"] == machine_id
        )
        return found

    def wait_for(self, state: str, machine_id: str = "mill-1") -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            machine = self.machine(machine_id)
            return machine if machine["state"] == state else None

        found = wait_until(look, f"{machine_id} {state}; is {self.machine(machine_id)}")
        assert found is not None
        return found

    def post(self, act: str, **fields: object) -> httpx.Response:
        body = {"machine_id": "mill-1", "pin": PIN, **fields}
        url = f"http://127.0.0.1:{self.port}/{act}"
        return ask(url, by="POST", json=body)

    def arm(self, job_id: str, machine_id: str = "mill-1") -> None:
        self.wait_for("needs-arming", machine_id)
        answer = self.post("arm", job_id=job_id, machine_id=machine_id)
        assert answer.status_code == 200, answer.text

    def tidy(self, machine_id: str = "mill-1") -> None:
        """Take every job away, as a person would."""
        while (job := self.machine(machine_id)["job"]) is not None:
            self.post("cancel", machine_id=machine_id)
            self.post("clear", machine_id=machine_id, job_id=job["job_id"])
            time.sleep(0.02)

    def clone(self, folder: Path) -> "AgentProcess":
        """A copy of the whole folder: somebody restored a backup on a second machine."""
        shutil.copytree(self.folder, folder)
        copy = AgentProcess(folder)
        copy.port = free_port()
        path = folder / "agent.toml"
        text = path.read_text().replace(f"port = {self.port}", f"port = {copy.port}")
        path.write_text(text)
        return copy

    def _answers(self) -> bool:
        try:
            return self.state() is not None
        except httpx.HTTPError:
            return False


def mill(port: Path, machine_id: str = "mill-1", *, unattended: bool = True) -> Machine:
    return Machine(
        machine_id=machine_id,
        name="Mill by the door",
        machine_kind="cnc-mill",
        port=str(port),
        dialect="grbl",
        baud=115200,
        processes=("CNC-MIL-3AX",),
        envelope=Envelope(x_mm=300, y_mm=200, z_mm=80, z_min_mm=-40),
        unattended=unattended,
    )


def squares(count: int, feed_mm_per_min: int = 3000) -> bytes:
    """A program of `count` squares of 10 mm, ending at zero."""
    lines = ["G21", "G90", f"G1 X0 Y0 F{feed_mm_per_min}"]
    for number in range(count):
        low = number % 7
        lines += [
            f"G1 X{low + x} Y{y}" for x, y in ((10, 0), (10, 10), (0, 10), (0, 0))
        ]
    return "\n".join([*lines, "G1 X0 Y0", "M2", ""]).encode()


def job(program: Program | None, job_id: str = "job-0001", **fields: Any) -> JobCommand:
    known: dict[str, Any] = {
        "command_id": f"cmd-{secrets.token_hex(4)}",
        "job_id": job_id,
        "fence": 1,
        "not_after": datetime.now(UTC) + timedelta(hours=2),
        "machine_id": "mill-1",
        "label": "2 hooks",
        "material": "plywood-4mm",
        "program": program,
        "pieces": 2,
        "expected_s": 60.0,
        "credit": Credit(
            order_id="order-19",
            owner_id="lab-kallio",
            maker_id="member-4",
            receiver_id="shop-9",
            design_version_id="design-hook-v3",
            material_g=12.5,
            labour_s=300.0,
        ),
    }
    return JobCommand(**{**known, **fields})


def control(action: str, job_id: str = "job-0001", **fields: Any) -> JobControl:
    known: dict[str, Any] = {
        "command_id": f"cmd-{secrets.token_hex(4)}",
        "job_id": job_id,
        "fence": 1,
        "not_after": datetime.now(UTC) + timedelta(hours=2),
        "machine_id": "mill-1",
        "action": action,
    }
    return JobControl(**{**known, **fields})
