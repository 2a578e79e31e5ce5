"""What travels between a device and the network. A change needs a version note."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from device_agents.contract.version import WIRE_VERSION

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")]
Celsius = Annotated[float, Field(ge=-273.15, le=2_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Epoch = Annotated[int, Field(ge=1, lt=2**31)]
Fence = Annotated[int, Field(ge=1, lt=2**31)]
Sequence = Annotated[int, Field(ge=1, le=2**53)]
Grams = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Millimetres = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=3.2e7, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=500)]
Person = Annotated[str, Field(min_length=1, max_length=40)]  # a name or initials
Word = Annotated[str, Field(max_length=80, pattern=r"^[\x20-\x7e]*$")]

MachineKind = Literal["fdm-printer", "cnc-mill", "laser-cutter", "pen-plotter", "other"]
Dialect = Literal["marlin", "grbl", "fabnode"]
Source = Literal["measured", "maker", "declared"]


# Only such an address is ever made a link; it is of the lab's own network.
LocalUrl = Annotated[
    str, Field(max_length=200, pattern=r"^http://[A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5}/$")
]


class Part(BaseModel):
    """Frozen, and no field that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Birth(Part):
    """A device is here; it re-states all it has. Retained."""

    kind: Literal["birth"] = "birth"
    agent_version: Word
    machines: Annotated[tuple[Id, ...], Field(max_length=64)]
    local_page: LocalUrl | None = None  # where people in the lab find its own page
    observed_at: AwareDatetime


class Death(Part):
    """A device is gone: by its own word, or by its last will. Retained."""

    kind: Literal["death"] = "death"
    reason: Literal["connection-lost", "stopped"]
    observed_at: AwareDatetime  # of the birth that this death ends, for a last will


class Material(Part):
    """What is loaded in a machine."""

    code: Word  # "PLA", "plywood-4mm", …
    colour: Word | None = None
    remaining_g: Grams | None = None  # None: nobody knows


class Capability(Part):
    """What one machine can make. Retained."""

    kind: Literal["capability"] = "capability"
    machine_id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    machine_kind: MachineKind
    firmware: Word
    dialect: Dialect
    processes: Annotated[tuple[Word, ...], Field(min_length=1, max_length=16)]  # TsDC
    envelope_x_mm: Millimetres
    envelope_y_mm: Millimetres
    envelope_z_mm: Millimetres
    envelope_source: Source
    materials: Annotated[tuple[Material, ...], Field(max_length=16)] = ()
    nozzle_max_c: Celsius | None = None  # None: this machine has no nozzle
    bed_max_c: Celsius | None = None
    unattended: bool = False  # may run with nobody present
    observed_at: AwareDatetime


class MachineState(Part):
    """How one machine is now. Retained; a late copy is told by `observed_at`."""

    kind: Literal["state"] = "state"
    machine_id: Id
    state: Literal[
        "idle",  # free, bed clear
        "needs-arming",  # has a job, waits for a person at the machine
        "needs-clearing",  # ended a job, the piece is still on the bed
        "running",
        "paused",
        "alarm",
        "offline",  # the agent lives, the board does not answer
        "unknown",  # the outcome of a job is not known: a person must look
    ]
    job_id: Id | None = None
    done: Ratio | None = None
    remaining_s: Seconds | None = None
    nozzle_c: Celsius | None = None
    bed_c: Celsius | None = None
    text: Text | None = None  # the machine's own words, in an alarm
    observed_at: AwareDatetime


class Program(Part):
    """The file that a job runs: fetched over HTTP, known by its hash."""

    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,199}$")]
    sha256: Hash
    size_bytes: Annotated[int, Field(ge=1, le=512 * 2**20)]


class Credit(Part):
    """Who is to be named in the contributions that the device signs."""

    order_id: Id
    owner_id: Id  # the agent (REA) that owns the machine: provider of its use
    maker_id: Id  # the agent that does the labour at the machine
    receiver_id: Id  # the agent on whose behalf the order is made
    design_version_id: Id
    material_g: Grams
    labour_s: Seconds


class JobCommand(Part):
    """Make this. Runs only once a person at the machine has armed it."""

    kind: Literal["job-start"] = "job-start"
    command_id: Id
    job_id: Id
    fence: Fence  # grows with each new holder of the job
    not_after: AwareDatetime
    machine_id: Id
    label: Annotated[str, Field(max_length=80)]  # for the operator
    material: Word | None = None
    program: Program | None = None  # None: a retrofit machine, by hand
    pieces: Annotated[int, Field(ge=1, le=10_000)] = 1
    expected_s: Seconds
    credit: Credit


class JobControl(Part):
    """Pause, resume or cancel a job that was commanded before."""

    kind: Literal["job-control"] = "job-control"
    command_id: Id
    job_id: Id
    fence: Fence
    not_after: AwareDatetime
    machine_id: Id
    action: Literal["pause", "resume", "cancel"]


class Acknowledgement(Part):
    """A device's answer to a command: taken, or why not."""

    kind: Literal["ack"] = "ack"
    command_id: Id
    job_id: Id
    verdict: Literal["accepted", "duplicate", "expired", "fenced", "refused"]
    code: Word | None = None
    text: Text | None = None
    observed_at: AwareDatetime


class SignedContribution(Part):
    """An economic event in its exact bytes (RFC 8785 JSON), signed by the device."""

    body: Annotated[str, Field(max_length=4_000)]
    key_id: Id
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]  # Ed25519


class Evidence(Part):
    """What the machine itself showed at the end of a run."""

    lines_sent: Count = 0
    lines_acknowledged: Count = 0
    lines_total: Count | None = None
    last_x_mm: Millimetres | None = None
    last_y_mm: Millimetres | None = None
    last_z_mm: Millimetres | None = None
    pieces_counted: Count | None = None


class Rest(Part):
    """What is left of an interrupted job, from a safe place on."""

    line: Count  # of the program, before that place
    layer: Count | None = None  # None: not made in layers
    done: Ratio
    remaining_s: Seconds


class JobEvent(Part):
    """What happened to a job; told until the network's receipt comes."""

    kind: Literal["job-event"] = "job-event"
    job_id: Id
    machine_id: Id
    fence: Fence
    event: Literal[
        "armed",
        "started",
        "paused",
        "resumed",
        "completed",  # the end was seen at the machine
        "failed",
        "interrupted",
        "cancelled",
        "unknown",  # the end was not seen: never assumed
        "cleared",  # a person took the piece out and says the bed is clear
    ]
    done: Ratio | None = None
    pieces_good: Count | None = None
    code: Word | None = None
    text: Text | None = None
    evidence: Evidence | None = None
    contributions: Annotated[tuple[SignedContribution, ...], Field(max_length=8)] = ()
    rest: Rest | None = None  # interrupted: it may go on; resumed: it does
    by: Person | None = None  # armed, or let go on: by whom, in their own word
    observed_at: AwareDatetime


Upward = Annotated[
    Birth | Death | Capability | MachineState | Acknowledgement | JobEvent,
    Field(discriminator="kind"),
]


class UpEnvelope(Part):
    """Every upward message: who, in which life, and the number that makes it one.

    `sequence` numbers what must not be lost (job events, acknowledgements), is kept
    on disk and never used twice; births, states and capabilities, of which only the
    newest counts, have none.
    """

    version: Literal[1] = WIRE_VERSION
    device_id: Id
    epoch: Epoch  # grows by one at each start of the agent
    incarnation: UUID  # drawn at each start: two agents with one identity differ
    sequence: Sequence | None = None
    historical: bool = False  # kept on disk while the network was away
    body: Upward

    @model_validator(mode="after")
    def _numbered_where_it_counts(self) -> Self:
        numbered = self.body.kind in ("job-event", "ack")
        if numbered != (self.sequence is not None):
            word = "needs a" if numbered else "has no"
            raise ValueError(f"a {self.body.kind} {word} sequence number")
        return self


class Refused(Part):
    """A message that the network keeps for inspection and will not take."""

    sequence: Sequence
    code: Word
    text: Text


class Receipt(Part):
    """What the network has stored durably; the device may forget those."""

    kind: Literal["receipt"] = "receipt"
    stored: Annotated[tuple[Sequence, ...], Field(max_length=1_000)] = ()
    refused: Annotated[tuple[Refused, ...], Field(max_length=1_000)] = ()


class Notice(Part):
    """The network asks a device for a new birth, or tells it that it is fenced off."""

    kind: Literal["notice"] = "notice"
    notice: Literal["rebirth", "fenced", "revoked"]
    text: Text | None = None


Downward = Annotated[
    JobCommand | JobControl | Receipt | Notice, Field(discriminator="kind")
]


class DownEnvelope(Part):
    """Every downward message; `incarnation` None speaks to whoever listens."""

    version: Literal[1] = WIRE_VERSION
    device_id: Id
    incarnation: UUID | None = None
    body: Downward
