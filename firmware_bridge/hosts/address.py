"""How a machine behind a server, or at another computer's port, is named."""

import re
from dataclasses import dataclass
from typing import Literal, cast

type HostKind = Literal["octoprint", "moonraker"]

# No user and password, query or fragment: a key is a secret and stands elsewhere.
_ADDRESS = re.compile(
    r"(octoprint|moonraker)\+(https?://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)"
    r"(?::\d{1,5})?(?:/[A-Za-z0-9._~-]+)*)/?"
)

_REMOTE_PORT = re.compile(
    r"(?:rfc2217|socket)://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}"
)

EXAMPLE = (
    "octoprint+http://octopi.local, moonraker+http://mainsail.local:7125 or "
    "rfc2217://pi.local:4000"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddress:
    """Which server, and where; `url` has no slash at its end."""

    kind: HostKind
    url: str


def host_address(port: str) -> HostAddress | None:
    """What the text names; None for a serial port. Errors: ValueError, with an example.

    `octoprint+http://octopi.local`, `moonraker+https://farm.example:7125/printer-2`.
    """
    if "://" not in port or is_remote_port(port):
        return None
    found = _ADDRESS.fullmatch(port)
    if found is None:
        raise ValueError(f"expected an address like {EXAMPLE}, without a key in it")
    return HostAddress(kind=cast("HostKind", found.group(1)), url=found.group(2))


def is_remote_port(port: str) -> bool:
    """Whether the text names a serial port that another computer gives over TCP:
    `rfc2217://pi.local:4000`, or `socket://10.0.0.7:23` for plain bytes.
    """
    return _REMOTE_PORT.fullmatch(port) is not None
