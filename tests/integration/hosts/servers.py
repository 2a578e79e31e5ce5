"""Real servers before machines, in processes of their own, from PyPI."""

import fcntl
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests import waiting
from tests.waiting import free_port

HOUSE = Path(__file__).parents[3]
wait_until = partial(waiting.wait_until, timeout_s=120.0)  # such servers are slow

KEY = "0123456789ABCDEF0123456789ABCDEF"
TRUSTED = "127.0.0.2"  # from here Moonraker asks for no key
SMALL_KEY = "FEDCBA9876543210FEDCBA9876543210"

# None of these has to do with a printer; without them it starts in half the time.
_NO_PLUGINS = (
    "achievements",
    "announcements",
    "appkeys",
    "backup",
    "classicwebcam",
    "corewizard",
    "customcontrolmanager",
    "discovery",
    "errortracking",
    "eventmanager",
    "file_check",
    "firmware_check",
    "gcodeviewer",
    "health_check",
    "logging",
    "pi_support",
    "pluginmanager",
    "softwareupdate",
    "tracking",
    "uploadmanager",
)


def installed(name: str) -> Path:
    """The `bin` of that server's own environment, made by the Makefile if need be."""
    done = f".venv/hosts/{name}/.done"
    with (HOUSE / ".venv" / f"hosts-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", done], cwd=HOUSE, check=True, timeout=600)
    return HOUSE / f".venv/hosts/{name}/bin"


class Server:
    """A process that listens on a port, and can be killed and started again."""

    def __init__(self, folder: Path, command: list[str], port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.api = httpx.Client(
            base_url=self.url,
            headers={"X-Api-Key": KEY},
            trust_env=False,
            timeout=10.0,
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *self._command],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "stderr").open("ab"),
            cwd=self.folder,
        )
        wait_until(self.ready, f"{self._command[0]} is ready", timeout_s=120)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self, *, frozen: bool) -> None:
        """Answer nothing, and hold every connection."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        self.api.close()

    def ready(self) -> bool:
        raise NotImplementedError

    def get(self, path: str) -> dict[str, Any]:
        document: dict[str, Any] = self.api.get(path).json()
        return document


class OctoPrintServer(Server):
    """OctoPrint with its own virtual printer, whose log is the oracle."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        octoprint = str(installed("octoprint") / "octoprint")
        options = ["--iknowwhatimdoing", "--host", "127.0.0.1", "--port", str(port)]
        command = [octoprint, "serve", "-b", str(folder), *options]
        super().__init__(folder, command, port)
        self.address = f"octoprint+{self.url}"
        config = {
            "accessControl": {"salt": "a salt of no meaning"},
            "server": {
                "firstRun": False,
                "onlineCheck": {"enabled": False},
                "pluginBlacklist": {"enabled": False},
            },
            "serial": {"port": "VIRTUAL", "baudrate": 115200, "autoconnect": True},
            "plugins": {
                "_disabled": _NO_PLUGINS,
                "virtual_printer": {"_config_version": 1, "enabled": True},
            },
        }
        folder.mkdir()
        (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        users = {
            "fab": _user(KEY, "users"),  # its pages call that group Operator
            "guest": _user(SMALL_KEY, "readonly"),
        }
        (folder / "users.yaml").write_text(json.dumps(users))

    def ready(self) -> bool:
        with suppress(httpx.HTTPError, ValueError):
            return self.get("/api/job").get("state") == "Operational"
        return False

    @property
    def state(self) -> str:
        return str(self.get("/api/job")["state"])

    @property
    def files(self) -> list[str]:
        folder = self.api.get("/api/files/local/fabcommons")
        children = folder.json()["children"] if folder.is_success else []
        return [child["path"] for child in children]

    def act(self, path: str, **command: object) -> None:
        """What a person does in OctoPrint's page."""
        answer = self.api.post(path, json=command)
        assert answer.is_success, answer.text

    def upload(self, name: str, content: bytes) -> str:
        """A person's own file."""
        answer = self.api.post("/api/files/local", files={"file": (name, content)})
        assert answer.is_success, answer.text
        return f"/api/files/local/{name}"

    def printed(self, line: str) -> int:
        """How often the printer got that line."""
        logs = (self.folder / "logs").glob("plugin_virtual_printer_serial.log*")
        told = "".join(log.read_text(errors="replace") for log in logs)
        lines = set(told.splitlines())  # it logs once more for each connection it had
        return sum(line in one for one in lines if "<<<" in one)


def _user(key: str, group: str) -> dict[str, Any]:
    return {
        "active": True,
        "apikey": key,
        "groups": [group],
        "password": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$bm9ib2R5",
        "permissions": [],
        "settings": {},
        "roles": ["user"],
    }


class MoonrakerServer(Server):
    """Moonraker, and a simulated Klippy behind it, whose log is the oracle."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        for name in ("config", "gcodes", "comms", "logs"):
            (folder / name).mkdir(parents=True)
        config = (
            f"[server]\nhost: 127.0.0.1\nport: {port}\n"
            f"klippy_uds_address: {folder}/comms/klippy.sock\n"
            f"[authorization]\ntrusted_clients:\n  {TRUSTED}\n"
            "[machine]\nprovider: none\nvalidate_service: False\n"
            "validate_config: False\n"
        )
        (folder / "config" / "moonraker.conf").write_text(config)
        moonraker = str(installed("moonraker") / "moonraker")
        super().__init__(folder, [moonraker, "-d", str(folder)], port)
        self.address = f"moonraker+{self.url}"
        self.klippy = Klippy(folder)

    def start(self) -> None:
        super().start()
        transport = httpx.HTTPTransport(local_address=TRUSTED)
        with httpx.Client(transport=transport, trust_env=False) as trusted:
            told = trusted.get(f"{self.url}/access/api_key").json()
        self.api.headers["X-Api-Key"] = told["result"]

    @property
    def key(self) -> str:
        """The key that Moonraker drew for itself."""
        return str(self.api.headers["X-Api-Key"])

    def ready(self) -> bool:
        """Whether it listens; what its Klippy does is `printing`'s."""
        with suppress(httpx.HTTPError):
            return self.api.get("/server/info").status_code in (200, 401)
        return False

    @property
    def state(self) -> str:
        """What Klipper says of its print, or how Klippy is where it says nothing."""
        klippy = self.get("/server/info")["result"]["klippy_state"]
        if klippy != "ready":
            return str(klippy)
        told = self.get("/printer/objects/query?print_stats")["result"]
        return str(told["status"]["print_stats"]["state"])

    @property
    def files(self) -> list[str]:
        return [file.name for file in (self.folder / "gcodes").rglob("*.gcode")]

    def act(self, path: str, **query: str) -> None:
        """What a person does in Mainsail or Fluidd."""
        answer = self.api.post(path, params=query)
        assert answer.is_success, answer.text

    def printed(self, line: str) -> int:
        """How often the printer ran that line."""
        log = self.folder / "printed"
        return log.read_text().splitlines().count(line) if log.exists() else 0


class Klippy(Server):
    """The simulated Klippy: a process of its own, as Klipper is."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "comms" / "klippy.sock"
        parts = [str(self._socket), str(folder / "gcodes"), str(folder / "printed")]
        command = [sys.executable, str(HOUSE / "tests/integration/hosts/klippy.py")]
        super().__init__(folder, [*command, *parts], 0)

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(str(self._socket))
            return True
        return False


class Proxy:
    """A wire between us and a server that can be cut, or lose an answer."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.cut_after_bytes: int | None = None  # of what goes to the server
        self.lose_request: bytes | None = None  # it never arrives, nor an answer
        self.lose_answer: bytes | None = None  # the request with these bytes arrives
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            far = socket.create_connection(("127.0.0.1", self._target))
            with far:
                lost = threading.Event()
                back = threading.Thread(
                    target=self._back, args=(far, near, lost), daemon=True
                )
                back.start()
                self._forth(near, far, lost)

    def _forth(
        self, near: socket.socket, far: socket.socket, lost: threading.Event
    ) -> None:
        carried = 0
        while chunk := near.recv(65536):
            carried += len(chunk)
            if self.cut_after_bytes is not None and carried > self.cut_after_bytes:
                return
            if self.lose_request is not None and self.lose_request in chunk:
                return
            if self.lose_answer is not None and self.lose_answer in chunk:
                lost.set()
            far.sendall(chunk)

    def _back(
        self, far: socket.socket, near: socket.socket, lost: threading.Event
    ) -> None:
        with suppress(OSError):
            while chunk := far.recv(65536):
                if lost.is_set():
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(chunk)
            near.shutdown(socket.SHUT_RDWR)


@contextmanager
def moonraker(folder: Path) -> Iterator[MoonrakerServer]:
    server = MoonrakerServer(folder)
    try:
        server.klippy.start()
        server.start()
        wait_until(lambda: server.state == "standby", "Klipper is ready")
        yield server
    finally:
        server.klippy.close()
        server.close()


@contextmanager
def octoprint(folder: Path) -> Iterator[OctoPrintServer]:
    server = OctoPrintServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()
        shutil.rmtree(folder / "generated", ignore_errors=True)
