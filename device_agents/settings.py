"""What one lab's agent is told in its folder: `agent.toml`, and `secrets.toml` beside it.

Unknown names stop the start and the nearest right one is named. Limits stand here and
nowhere else: nothing that comes over the network changes them.
"""

import difflib
import os
import re
import stat
import tomllib
import types
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from device_agents.contract.messages import (
    Id,
    MachineKind,
    Material,
    Millimetres,
    Word,
)
from device_agents.errors import SettingsError
from firmware_bridge.clock import Clock, ScaledClock, WallClock
from firmware_bridge.facts import DialectName
from firmware_bridge.hosts.address import host_address

SETTINGS = "agent.toml"
SECRETS = "secrets.toml"

BridgeName = Literal["home-assistant", "sparkplug"]
SparkplugId = Annotated[str, Field(pattern=r"^[^+/#\x00-\x1f]{1,80}$")]
LimitCelsius = Annotated[float, Field(ge=0, le=2_000, allow_inf_nan=False)]


class Section(BaseModel):
    """Frozen, and no name that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Envelope(Section):
    """The room in which a machine may move: its sizes, and its low corner.

    All in the coordinates of a program. A mill that cuts below its work zero has a
    negative `z_min_mm`.
    """

    x_mm: Annotated[Millimetres, Field(gt=0)]
    y_mm: Annotated[Millimetres, Field(gt=0)]
    z_mm: Annotated[Millimetres, Field(ge=0)]
    x_min_mm: Millimetres = 0.0
    y_min_mm: Millimetres = 0.0
    z_min_mm: Millimetres = 0.0


class Limits(Section):
    """What this machine may never be told to exceed, whatever the network says."""

    envelope: Envelope | None = None  # None: the envelope of the machine itself
    nozzle_max_c: LimitCelsius | None = None  # None: no nozzle may be heated
    bed_max_c: LimitCelsius | None = None  # None: no bed may be heated
    spindle_max: Annotated[float, Field(ge=0, le=1e6)] | None = None  # None: no S word
    feed_max_mm_per_min: Annotated[float, Field(gt=0, le=1e6)] | None = None
    job_max_s: Annotated[float, Field(gt=0, le=3.2e7)] | None = None


Camera = Annotated[
    str,
    Field(max_length=300, pattern=r"^(https?://[^\s/?#]+(/\S*)?|/dev/video\d{1,2})$"),
]


class Resume(Section):
    """How a printer finds its place again with a part on its bed.

    `z-holds`: its Z stays where it is without power; X and Y home beside the part.
    `homes-clear`: it homes every axis away from the part, as a delta does.
    """

    origin: Literal["lost", "z-holds", "homes-clear"] = "lost"
    bed_mesh_kept: bool = False  # the board stores what G29 measured


class Machine(Section):
    """One machine of the lab."""

    machine_id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    machine_kind: MachineKind
    port: Annotated[str, Field(min_length=1, max_length=200)]
    dialect: DialectName | Literal["detect"] = "detect"
    baud: Annotated[int, Field(ge=300, le=4_000_000)] | None = None  # None: try them
    processes: Annotated[tuple[Word, ...], Field(min_length=1, max_length=16)]
    envelope: Envelope | None = None  # None: what the firmware says
    materials: Annotated[tuple[Material, ...], Field(max_length=16)] = ()
    unattended: bool = False
    camera: Camera | None = None  # a snapshot's URL, or /dev/videoN; None: no pictures
    limits: Limits = Limits()
    resume: Resume = Resume()

    @model_validator(mode="after")
    def _port_of_one_sort(self) -> Self:
        """A serial port, or a server's address: `octoprint+http://octopi.local`."""
        if host_address(self.port) is None:
            return self
        if self.baud is not None or self.dialect != "detect":
            raise ValueError("a machine behind a server has no baud and no dialect")
        if self.machine_kind != "fdm-printer":
            raise ValueError("only a printer can be behind OctoPrint or Moonraker")
        return self


HostName = Annotated[str, Field(max_length=180, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]


class LocalPage(Section):
    """The page at the machines: arming, clearing, stopping."""

    host: Annotated[str, Field(min_length=1, max_length=80)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8735  # 0: any that is free
    # Host names under which people call it; the first is told to the network.
    names: tuple[HostName, ...] = ()
    arming_s: Annotated[float, Field(ge=10, le=86_400)] = 900.0

    @property
    def url(self) -> str | None:
        """Where other devices in the lab find it; None: on this computer only."""
        is_here = self.host in ("localhost", "::1") or self.host.startswith("127.")
        everywhere = self.host in ("0.0.0.0", "::")  # noqa: S104  # told, not bound
        name = next(iter(self.names), None if everywhere else self.host)
        if is_here or name is None or self.port == 0:
            return None
        return f"http://{name}:{self.port}/"


class BridgeSettings(Section):
    """A broker of the lab's own, at which others listen; its password is a secret."""

    on: bool = True
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    tls: bool = False  # by the system's authorities
    user: Annotated[str, Field(max_length=200)] = ""


class HomeAssistantSettings(BridgeSettings):
    """Machines that Home Assistant finds by itself. Off: what it found is taken back."""

    prefix: Annotated[str, Field(pattern=r"^[\w-]+(/[\w-]+)*$", max_length=80)] = (
        "homeassistant"
    )


class SparkplugSettings(BridgeSettings):
    """The agent as an edge node of Sparkplug B."""

    group: SparkplugId = "fabcommons"
    node: SparkplugId | None = None  # None: the device's id
    primary_host: SparkplugId | None = None  # None: it speaks whoever listens


class ClockSettings(Section):
    """A demo's clock; factor 1 is the wall's own."""

    factor: Annotated[float, Field(ge=0.001, le=10_000)] = 1.0
    wall_origin: AwareDatetime | None = None
    simulated_origin: AwareDatetime | None = None  # None: as the wall at its origin

    @model_validator(mode="after")
    def _origin_where_it_turns(self) -> Self:
        if self.factor != 1 and self.wall_origin is None:
            raise ValueError("a factor other than 1 needs wall_origin")
        return self


class AgentSettings(Section):
    """All of `agent.toml`."""

    server_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$", max_length=200)]
    region: Id
    machines: Annotated[tuple[Machine, ...], Field(min_length=1, max_length=64)]
    local: LocalPage = LocalPage()
    clock: ClockSettings = ClockSettings()
    home_assistant: HomeAssistantSettings | None = None
    sparkplug: SparkplugSettings | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for what in ("machine_id", "port"):
            seen = [getattr(machine, what) for machine in self.machines]
            twice = sorted({one for one in seen if seen.count(one) > 1})
            if twice:
                raise ValueError(f"two machines have the {what} {twice[0]!r}")
        return self


def _header_words(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", key.get_secret_value()):
        raise ValueError("a key is of letters, digits and signs without blanks")
    return key


HostKey = Annotated[SecretStr, Field(max_length=500), AfterValidator(_header_words)]


class Secrets(Section):
    """All of `secrets.toml`; the file is readable by its owner alone."""

    arming_pin: Annotated[SecretStr, Field(min_length=4, max_length=64)]
    keys: dict[Id, HostKey] = {}  # of machines behind a server, by machine_id
    bridges: dict[BridgeName, SecretStr] = {}  # passwords at the lab's own broker


def load_settings(folder: Path) -> AgentSettings:
    """Read `agent.toml`. Errors: SettingsError that names file, field and remedy."""
    return _load(AgentSettings, folder / SETTINGS)


def load_secrets(folder: Path) -> Secrets:
    """Read `secrets.toml`. Errors: SettingsError, also if others may read it."""
    path = folder / SECRETS
    refuse_open_to_others(path)
    return _load(Secrets, path)


def store_key(folder: Path, machine_id: str, key: str) -> None:
    """Write the key of a machine behind a server to `secrets.toml`. SettingsError."""
    before = load_secrets(folder)
    keys = before.keys | {machine_id: SecretStr(key)}
    write_secrets(folder, before.model_copy(update={"keys": keys}))


def write_secrets(folder: Path, known: Secrets) -> None:
    """Write `secrets.toml`, for its owner alone."""
    lines = [_line("arming_pin", known.arming_pin.get_secret_value())]
    for table, kept in (("keys", known.keys), ("bridges", known.bridges)):
        if kept:
            lines += ["", f"[{table}]"]
            lines += [_line(one, key.get_secret_value()) for one, key in kept.items()]
    write_private(folder / SECRETS, "\n".join(lines) + "\n")


def clock_of(settings: ClockSettings) -> Clock:
    """The wall's clock for factor 1, else the demo's."""
    if settings.factor == 1 or settings.wall_origin is None:
        return WallClock()
    return ScaledClock(
        factor=settings.factor,
        wall_origin=settings.wall_origin,
        simulated_origin=settings.simulated_origin or settings.wall_origin,
    )


def refuse_open_to_others(path: Path) -> None:
    """Errors: SettingsError if the file is missing or not its owner's alone."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"{path} can be read by others: chmod 600 {path}")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all, and on the disk."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _load[Shape: Section](shape: type[Shape], path: Path) -> Shape:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        faults = "; ".join(_faults(shape, error))
        raise SettingsError(f"{path}: {faults}") from error


def _faults(shape: type[Section], error: ValidationError) -> Iterator[str]:
    """Each fault with its place; never its value, which may be a secret."""
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            wrong = str(fault["loc"][-1])
            known = list(_section_at(shape, fault["loc"][:-1]).model_fields)
            near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {known}"
            yield f"unknown setting {where!r}, {hint}"
        else:
            yield f"{where or 'the file'}: {fault['msg']}"


def _section_at(shape: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel]:
    for part in path:
        if isinstance(part, str) and part in shape.model_fields:
            shape = _section_in(shape.model_fields[part].annotation) or shape
    return shape


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) is None:
        return None
    found = (_section_in(part) for part in get_args(annotation))
    return next((section for section in found if section), None)


def toml_of(settings: AgentSettings) -> str:
    """The settings as a person would write them; what is None is left out."""
    document = settings.model_dump(mode="python", exclude_none=True)
    machines = document.pop("machines")
    lines = [_line(key, value) for key, value in document.items() if not _table(value)]
    for key, value in document.items():
        if _table(value):
            lines += ["", f"[{key}]", *(_line(*pair) for pair in value.items())]
    for machine in machines:
        lines += ["", "[[machines]]", *(_line(*pair) for pair in machine.items())]
    return "\n".join(lines) + "\n"


def _table(value: object) -> bool:
    return isinstance(value, dict)


def _line(key: str, value: object) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return value.isoformat()
        case str():
            return '"' + "".join(_escaped(letter) for letter in value) + '"'
        case list() | tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(_line(str(k), v) for k, v in value.items()) + "}"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
