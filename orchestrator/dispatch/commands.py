"""What the network asks of a machine, free of any wire: outbox rows carry these.

`payload_of` and `command_of` are each other's inverse; a door that publishes reads
`command_of(row.payload)` and translates. Topic-free: device and machine ids only.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from orchestrator.foundation.errors import InvalidInputError

Action = Literal["pause", "resume", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFile:
    """The file that a job runs: an address below the network's own, and its hash."""

    path: str  # /api/v1/files/SHA
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Whom the device names in the contributions that it signs.

    `material_g` and `labour_s` are for the whole run, not for one piece.
    """

    order_id: str
    owner_id: str  # owns the machine
    maker_id: str  # works at it
    receiver_id: str  # the shop, for which it is made
    design_version_id: str
    material_g: float
    labour_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Make this run; the machine waits for a person to arm it."""

    command_id: str
    device_id: str
    machine_id: str
    job_id: str
    fence: int  # grows with each new holder of the job, from 1
    not_after: datetime
    label: str
    material: str
    program: ProgramFile | None  # None: made by hand at a retrofit machine
    pieces: int
    expected_s: int
    credit: Credit


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlJob:
    """Pause, resume or cancel a job that was sent before."""

    command_id: str
    device_id: str
    machine_id: str
    job_id: str
    fence: int
    not_after: datetime
    action: Action


Command = StartJob | ControlJob


def payload_of(command: Command) -> dict[str, Any]:
    """The command as plain JSON, for an outbox row."""
    payload = asdict(command)
    payload["kind"] = "start" if isinstance(command, StartJob) else "control"
    payload["not_after"] = command.not_after.isoformat()
    return payload


def command_of(payload: dict[str, Any]) -> Command:
    """The command that `payload_of` wrote. Errors: InvalidInputError."""
    fields = dict(payload)
    kind = fields.pop("kind", None)
    try:
        fields["not_after"] = datetime.fromisoformat(fields["not_after"])
        if kind == "control":
            return ControlJob(**fields)
        if kind == "start":
            program = fields["program"]
            fields["program"] = ProgramFile(**program) if program else None
            fields["credit"] = Credit(**fields["credit"])
            return StartJob(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"this is no command: {error}") from error
    raise InvalidInputError(f"no command is of the kind {kind!r}")
