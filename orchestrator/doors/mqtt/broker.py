"""The broker ladder: a URL that is given, else a supervised `mosquitto` of our own.

The child's users and access list are generated files; the truth is our database.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from orchestrator.doors.mqtt.certificates import certificate_for
from orchestrator.foundation.clock import WallClock
from orchestrator.foundation.errors import FabcommonsError

START_WAIT_S = 10.0
BROKER_USER = "mosquitto"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TLS_PORT = 8883
log = structlog.get_logger()


class BrokerUnavailableError(FabcommonsError):
    """No broker can be had: none was given, and none can be started here."""

    code = "broker-unavailable"
    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the broker is reached; `authority_pem`: by TLS, vouched for by that."""

    host: str
    port: int
    authority_pem: str | None = None


class ChildBroker:
    """A mosquitto that lives and dies with this process and is restarted if it falls.

    `folder` holds its settings, users, access list and persistence. Start it from a
    thread that lives as long as the server: the child ends with the thread that made it.
    We ourselves come in by the loopback at `endpoint`, and so do devices of this
    computer; those beyond it come by TLS to `device_endpoint`.
    """

    def __init__(
        self, folder: Path, *, region: str, port: int, listen: str, name: str
    ) -> None:
        """`name`: by which host name or address devices find this computer.

        `port` 0: at the loopback a free one that lasts, beyond it 8883.
        """
        inside = listen in LOOPBACK
        loopback = listen if inside else "127.0.0.1"
        self.endpoint = self.device_endpoint = Endpoint(
            host=loopback, port=(port if inside else 0) or _lasting_port(folder)
        )
        self._tls: list[str] = []
        if not inside:
            files = certificate_for(
                name,
                folder,
                vouched_in=folder.with_name("broker-authority"),
                now=WallClock().now(),
            )
            self.device_endpoint = Endpoint(
                host=name, port=port or TLS_PORT, authority_pem=files.authority_pem
            )
            self._tls = [
                f"listener {port or TLS_PORT} {listen}",
                f"certfile {files.certificate.resolve()}",
                f"keyfile {files.key.resolve()}",
                "tls_version tlsv1.2",
            ]
        self._folder = folder
        self._region = region
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._reload_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="broker")

    def start(self, user_lines: Sequence[str]) -> None:
        """Write the files and wait until it answers. Errors: BrokerUnavailableError."""
        if (
            shutil.which("mosquitto") is None
            and not Path("/usr/sbin/mosquitto").exists()
        ):
            raise BrokerUnavailableError(
                "mosquitto is not installed. Install it (Debian: apt install mosquitto), "
                "or set FABCOMMONS_BROKER_URL to a broker that you run."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder / "mosquitto.conf", self._settings())
        _write(self._folder / "acl", _access_list(self._region))
        _write(self._folder / "users", "".join(user_lines))
        self._give_to_broker_user()
        self._thread.start()
        if not self._ready.wait(START_WAIT_S):
            self.stop()
            raise BrokerUnavailableError(
                f"mosquitto did not answer on port {self.endpoint.port} within "
                f"{START_WAIT_S:.0f} s; see {self._folder / 'mosquitto.log'}"
            )

    def set_users(self, told: Callable[[], Sequence[str]]) -> None:
        """Replace all users by those now told: a revoked one is off within milliseconds.

        They are asked for in turn, so that no older list is written over a newer one.
        """
        with self._reload_lock:
            users = self._folder / "users"
            fresh = users.with_suffix(".new")
            _write(fresh, "".join(told()))
            if os.geteuid() == 0:
                shutil.chown(fresh, BROKER_USER, BROKER_USER)
            fresh.replace(users)
            process = self._process
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End the child and its supervisor."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @property
    def process_id(self) -> int | None:
        """The child's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _supervise(self) -> None:
        wait_s = 0.1
        while not self._stop.is_set():
            try:
                self._process = process = self._spawn()
                if self._stop.is_set():
                    process.terminate()
                if _answers(self.endpoint, process):
                    self._ready.set()
                    wait_s = 0.1
                fate = f"status {process.wait()}"
            except OSError as error:  # no file or process to be had just now
                fate = str(error)
            if not self._stop.is_set():
                log.warning("broker fell and is started again", fate=fate)
                self._stop.wait(wait_s)
                wait_s = min(wait_s * 2, 4.0)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self._folder / "mosquitto.log").open("ab") as out:
            return subprocess.Popen(
                self._command(), stdout=out, stderr=subprocess.STDOUT
            )

    def _command(self) -> list[str]:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        run = [program, "-c", str(self._folder / "mosquitto.conf")]
        if os.geteuid() == 0:
            who = [f"--reuid={BROKER_USER}", f"--regid={BROKER_USER}", "--clear-groups"]
            return ["setpriv", *who, "--pdeathsig=TERM", *run]
        return ["setpriv", "--pdeathsig=TERM", *run]

    def _settings(self) -> str:
        folder = self._folder.resolve()
        return "\n".join(
            [
                "per_listener_settings false",
                f"listener {self.endpoint.port} {self.endpoint.host}",
                *self._tls,
                "allow_anonymous false",
                f"password_file {folder}/users",
                f"acl_file {folder}/acl",
                "persistence true",
                f"persistence_location {folder}/",
                "autosave_interval 1",
                "max_inflight_messages 1000",
                "max_queued_messages 100000",
                "message_size_limit 262144",
                "persistent_client_expiration 14d",
                "use_username_as_clientid true",
                "",
            ]
        )

    def _give_to_broker_user(self) -> None:
        self._folder.chmod(0o700)
        if os.geteuid() != 0:
            return
        for path in (self._folder, *self._folder.iterdir()):
            shutil.chown(path, BROKER_USER, BROKER_USER)
        home, *above = self._folder.resolve().parents
        home.chmod(home.stat().st_mode | 0o011)
        shut = [parent for parent in above if not parent.stat().st_mode & 0o001]
        if shut:
            raise BrokerUnavailableError(
                f"the broker runs as user {BROKER_USER!r}, who cannot enter {shut[0]}. "
                "Set FABCOMMONS_HOME to a folder that others may pass, "
                "for example /var/lib/fabcommons."
            )


def _access_list(region: str) -> str:
    root = f"fabcommons/v1/{region}"
    return "\n".join(
        [
            "user hub",
            f"topic readwrite {root}/#",
            f"pattern write {root}/%u/up/#",
            f"pattern read {root}/%u/down/#",
            "",
        ]
    )


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _lasting_port(folder: Path) -> int:
    """Any free port the first time, then always that one: devices remember it."""
    kept = folder / "port"
    if kept.exists():
        return int(kept.read_text())
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    _write(kept, str(port))
    return port


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(endpoint: Endpoint, process: subprocess.Popen[bytes]) -> bool:
    """Whether the broker takes a connection before it ends."""
    waited = threading.Event()
    for _ in range(int(START_WAIT_S / 0.05)):
        if process.poll() is not None:
            return False
        with (
            contextlib.suppress(OSError),
            socket.create_connection((endpoint.host, endpoint.port), timeout=1),
        ):
            return True
        waited.wait(0.05)
    return False
