"""The board at the other end of a port: there, away, in alarm; and what it shows.

Only this file opens ports. It tells the bulletin how the machine is, and never touches
a job.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import structlog
from pydantic import SecretStr

from device_agents.agent import gate
from device_agents.agent.bulletin import Bulletin
from device_agents.agent.jobs import Job
from device_agents.contract.messages import Capability, MachineState
from device_agents.errors import RefusedError, SettingsError
from device_agents.settings import Machine as MachineSettings
from firmware_bridge.clock import Clock
from firmware_bridge.detect import list_ports
from firmware_bridge.errors import BridgeError, UnknownFirmwareError
from firmware_bridge.facts import Identity, Patience, Progress, Status
from firmware_bridge.facts import MachineState as BoardState
from firmware_bridge.link import Port
from firmware_bridge.machine import Machine, connect
from firmware_bridge.whereabouts import Whereabouts

log = structlog.get_logger()

RECONNECT_S = (1.0, 2.0, 5.0, 10.0, 15.0)  # wall
LOOK_EVERY_S = 1.0  # wall

type State = Literal[
    "idle",
    "needs-arming",
    "needs-clearing",
    "running",
    "paused",
    "alarm",
    "offline",
    "unknown",
]
_OF_STAGE: dict[str, State] = {
    "received": "idle",
    "fetched": "idle",
    "needs-arming": "needs-arming",
    "armed": "needs-arming",
    "started": "running",
    "ended": "needs-clearing",
}

_AT_WORK: dict[BoardState, State] = {
    BoardState.RUNNING: "running",
    BoardState.PAUSED: "paused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a station needs of the agent."""

    bulletin: Bulletin
    clock: Clock
    wall: Clock
    patience: Patience | None = None
    ports: Callable[[], list[Port]] = list_ports
    taken: dict[str, str] = field(default_factory=dict)  # see `Whereabouts`


class Station:
    """One port and the machine on it. `look` is called by the runner's thread only."""

    def __init__(
        self,
        settings: MachineSettings,
        machine_id: str,
        around: Surroundings,
        *,
        key: SecretStr | None = None,
    ) -> None:
        self.settings = settings
        self.machine_id = machine_id
        self._key = key  # of the server that the machine is behind, if any
        self._around = around
        self._where = Whereabouts(settings.port, around.ports, around.taken)
        self._board: Machine | None = None
        self._identity: Identity | None = None
        self._status: Status | None = None
        self._looked_at_s = float("-inf")
        self._tries = 0
        self._try_at_s = 0.0  # wall; not before
        self._shown: tuple[object, ...] = ()
        self._lock = threading.Lock()
        self._is_homed = False

    @property
    def is_homed(self) -> bool:
        """Whether its axes found their zero since its last job, alarm or loss."""
        return self._is_homed

    @property
    def identity(self) -> Identity:
        """What the board said it is. Errors: RefusedError while it is away."""
        if self._identity is None:
            raise RefusedError("machine-away", "the machine does not answer")
        return self._identity

    def look(self, job: Job | None) -> bool:
        """Look at the board, tell how it is with that job; False: it does not answer."""
        if self._board is None and not self._connect():
            return False
        board = self._board
        if board is None:
            return False
        now_s = self._around.wall.monotonic_s()
        if self._status is None or now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            self._status = board.status()
        if self._status.state is BoardState.OFFLINE:
            self._lose("the port or the machine behind it is gone")
            return False
        if self._status.state is not BoardState.IDLE:
            self._is_homed = False
        self._show(job, self._status)
        return True

    def rest_s(self) -> float:
        """How long to wait before the next try to find the board, in wall seconds."""
        return RECONNECT_S[min(self._tries, len(RECONNECT_S)) - 1]

    def ports_changed(self) -> None:
        """Something was plugged in or out: the next look tries at once."""
        self._try_at_s = 0.0

    def free_board(self) -> Machine | None:
        """The board if it is idle at this moment."""
        board = self._board
        if board is None:
            return None
        self._status = board.status()
        return board if self._status.state is BoardState.IDLE else None

    def idle_height_mm(self) -> float | None:
        """Where the board says that its tool stands, if it stands still."""
        board = self.free_board()
        place = self._status.position_mm if board and self._status else None
        return place[2] if place else None

    def show_start(self, job_id: str) -> None:
        """A job begins."""
        self._is_homed = False
        self._pin("running", job_id=job_id, done=0.0)

    def show_run(self, job_id: str, progress: Progress) -> None:
        """A job is under way."""
        status = progress.status
        paused = status.state is BoardState.PAUSED
        alarm = status.state is BoardState.ALARM
        self._status = None  # the next look after the run is a fresh one
        self._pin(
            "paused" if paused else "alarm" if alarm else "running",
            job_id=job_id,
            done=min(1.0, max(0.0, progress.done_ratio)),
            remaining_s=progress.remaining_s,
            status=status,
            text=status.alarm or status.note,
        )

    def unlock(self, *, home: bool) -> None:
        """Clear an alarm, or find the axes' zero. Errors: RefusedError."""
        board = self._board
        if board is None:
            raise RefusedError("machine-away", "the machine does not answer")
        try:
            with self._lock:
                self._status = board.home() if home else board.unlock()
                self._is_homed = home
        except BridgeError as error:
            raise RefusedError(error.code, str(error)) from error

    def halt(self) -> bool:
        """Stop what the machine does without us; False: it does nothing. RefusedError."""
        board, status = self._board, self._status
        if board is None or status is None or status.state not in _AT_WORK:
            return False
        try:
            board.stop()
        except BridgeError as error:
            raise RefusedError(error.code, str(error)) from error
        return True

    def let_go(self) -> None:
        """Close the port."""
        if self._board is not None:
            self._board.close()
            self._board = None
        self._where.leave()

    def _connect(self) -> bool:
        if self._around.wall.monotonic_s() < self._try_at_s:
            return False
        refused: BridgeError | SettingsError | None = None
        for port in self._where.to_try():
            try:
                self._open(port)
            except (BridgeError, SettingsError) as error:
                refused = refused or error
            else:
                return True
        return self._away(_words(refused) if refused else "no port")

    def _open(self, port: str) -> None:
        settings, around = self.settings, self._around
        board = connect(
            port,
            dialect=None if settings.dialect == "detect" else settings.dialect,
            baud=settings.baud,
            key=self._key.get_secret_value() if self._key else None,
            clock=around.clock,
            patience=around.patience,
        )
        try:
            identity = board.identify()
            self._where.settle(port, identity)
            capability = self._capability(identity)
        except (BridgeError, SettingsError):
            board.close()
            raise
        self._identity, self._board = identity, board
        self._status, self._tries = None, 0
        around.bulletin.pin(capability)
        log.info("machine-here", machine_id=self.machine_id, port=port)

    def _away(self, reason: str) -> bool:
        self._tries += 1
        self._try_at_s = self._around.wall.monotonic_s() + self.rest_s()
        if self._tries == 1:
            self._around.bulletin.alarm("machine-away", f"{self.machine_id}: {reason}")
            log.warning("machine-away", machine_id=self.machine_id, reason=reason)
        self._pin("offline", text=reason)
        return False

    def _lose(self, reason: str) -> None:
        self.let_go()
        self._identity = self._status = None
        self._is_homed = False
        self._away(reason)

    def _capability(self, identity: Identity) -> Capability:
        settings = self.settings
        room, measured = gate.envelope_of(settings, identity)
        if settings.machine_kind != "other":
            gate.limits_of(settings, identity)  # found out now, not at the first job
        x_mm, y_mm, z_mm = room.size_mm
        return Capability(
            machine_id=self.machine_id,
            name=settings.name,
            machine_kind=settings.machine_kind,
            firmware=_word(f"{identity.firmware} {identity.version}"),
            dialect=identity.dialect,
            processes=settings.processes,
            envelope_x_mm=x_mm,
            envelope_y_mm=y_mm,
            envelope_z_mm=z_mm,
            envelope_source="measured" if measured else "declared",
            materials=settings.materials,
            nozzle_max_c=settings.limits.nozzle_max_c,
            bed_max_c=settings.limits.bed_max_c,
            unattended=settings.unattended,
            observed_at=self._around.clock.now(),
        )

    def _show(self, job: Job | None, status: Status) -> None:
        state: State = "idle"
        text = status.alarm
        if job is not None:
            state = _OF_STAGE[job.stage]
            if job.stage == "ended":
                state = "unknown" if job.outcome == "unknown" else "needs-clearing"
                text = text or job.reason
        text = text or status.note
        if status.state is BoardState.ALARM and state in ("idle", "needs-arming"):
            state = "alarm"
        if status.state is BoardState.UNKNOWN and state in ("idle", "needs-arming"):
            state, text = "alarm", text or "the board does not say how it is"
        job_id = job.job_id if job else None
        if status.state in _AT_WORK and state in ("idle", "needs-arming"):
            state, job_id = _AT_WORK[status.state], None
            text = "it works on something that the network did not ask for"
        self._pin(state, job_id=job_id, text=text, status=status)

    def _pin(
        self,
        state: State,
        *,
        job_id: str | None = None,
        done: float | None = None,
        remaining_s: float | None = None,
        text: str | None = None,
        status: Status | None = None,
    ) -> None:
        """Tell, unless it was said just so before."""
        heat = status.temperatures_c if status is not None else {}
        nozzle_c, bed_c = heat.get("nozzle"), heat.get("bed")
        shown = (
            state,
            job_id,
            done,
            remaining_s,
            text,
            _whole(nozzle_c),
            _whole(bed_c),
        )
        if shown == self._shown:
            return
        self._shown = shown
        self._around.bulletin.pin(
            MachineState(
                machine_id=self.machine_id,
                state=state,
                job_id=job_id,
                done=done,
                remaining_s=None
                if remaining_s is None
                else min(max(remaining_s, 0), 3e7),
                nozzle_c=nozzle_c,
                bed_c=bed_c,
                text=text[:500] if text else None,
                observed_at=self._around.clock.now(),
            )
        )


def _words(refused: BridgeError | SettingsError) -> str:
    """Why it is away: for people, or with the code by which a page knows it."""
    if isinstance(refused, UnknownFirmwareError):
        return str(refused)
    return f"{refused.code}: {refused}"


def _whole(celsius: float | None) -> int | None:
    """Temperatures drift; a change of less than two degrees is no news."""
    return None if celsius is None else round(celsius / 2)


def _word(text: str) -> str:
    """Printable ASCII of at most 80, whatever a board says of itself."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)[:80]
