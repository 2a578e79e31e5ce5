"""Settings: environment with one prefix; an unknown name stops the start."""

import difflib
import os
import socket
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from orchestrator.foundation.clock import Clock, clock_of
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.opening import checked_zone

PREFIX = "FABCOMMONS_"
# Read by tests and benchmarks only, never by the server.
FOREIGN = frozenset({"FABCOMMONS_DATA", "FABCOMMONS_SOAK", "FABCOMMONS_ARTEFACTS"})


def _zone(name: str) -> str:
    try:
        return checked_zone(name)
    except InvalidInputError as unknown:
        raise ValueError(str(unknown)) from unknown


def default_home() -> Path:
    """Where a node keeps its data when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/fabcommons")
    return Path.home() / ".local" / "share" / "fabcommons"


class Settings(BaseModel):
    """One node's settings, each from `FABCOMMONS_<NAME>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home)
    database_url: str | None = None  # None: SQLite in `home`
    region: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")] = (
        "helsinki"
    )
    region_folder: Path | None = None  # None: the region that ships with the program
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    public_url: str | None = None  # None: http://host:port
    broker_url: str | None = None  # mqtt://user:password@host:port; None: our own child
    broker_port: Annotated[int, Field(ge=0, le=65_535)] = 0  # 0: a free one
    broker_listen: str = "127.0.0.1"
    smtp_url: str | None = None  # smtp://user:password@host:587; None: no mail
    mail_from: str | None = (
        None  # From of every mail; None: fabcommons@ the public host
    )
    planners: Annotated[int, Field(ge=0, le=64)] = 1  # cells planned at the same time
    node: str = "node"  # of several on one database each needs a name of its own
    # In which pages tell the time, and labs added here open.
    zone: Annotated[str, AfterValidator(_zone)] = "Europe/Helsinki"
    demo: bool = False  # shows the style guide and the demo's logins
    clock_factor: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    clock_origin: datetime | None = None  # when a turned clock and the wall agreed

    @property
    def database(self) -> str:
        """The SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home / 'app.db'}"

    @property
    def broker_name(self) -> str:
        """Under which name device agents find a broker of our own."""
        if self.broker_listen not in {"0.0.0.0", "::"}:  # noqa: S104
            return self.broker_listen
        return urlsplit(self.public_url or "").hostname or socket.gethostname()

    @property
    def site(self) -> str:
        """Under which address people find the pages."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_address(self) -> str | None:
        """From whom mails come; None where none are sent."""
        if self.smtp_url is None:
            return None
        return self.mail_from or f"fabcommons@{urlsplit(self.site).hostname}"

    @property
    def clock(self) -> Clock:
        """The clock that the whole node lives by."""
        return clock_of(self.clock_factor, self.clock_origin)

    def environment(self) -> dict[str, str]:
        """The same settings as a child process reads them."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {PREFIX + name.upper(): str(value) for name, value in told.items()}


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    Errors: InvalidInputError naming an unknown setting and the nearest right name,
    or the setting whose value is wrong.
    """
    names = os.environ if environment is None else environment
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in names:
        if name.startswith(PREFIX) and name not in known | FOREIGN:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InvalidInputError(f"unknown setting {name}.{hint}", field=name)
    values = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in names.items()
        if name in known
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise InvalidInputError(f"{name}: {first['msg']}", field=name) from wrong
