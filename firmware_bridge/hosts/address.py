"""How a machine behind a server is named in place of a serial port."""

import re
from dataclasses import dataclass
from typing import Literal, cast

type HostKind = Literal["octoprint", "moonraker"]

# No user and password, query or fragment: a key is a secret and stands elsewhere.
_ADDRESS = re.compile(
    r"(octoprint|moonraker)\+(https?://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)"
    r"(?::\d{1,5})?(?:/[A-Za-z0-9._~-]+)*)/?"
)

EXAMPLE = "octoprint+http://octopi.local or moonraker+http://mainsail.local:7125"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddress:
    """Which server, and where; `url` has no slash at its end."""

    kind: HostKind
    url: str


def host_address(port: str) -> HostAddress | None:
    """What the text names; None for a serial port. Errors: ValueError, with an example.

    `octoprint+http://octopi.local`, `moonraker+https://farm.example:7125/printer-2`.
    """
    if "://" not in port:
        return None
    found = _ADDRESS.fullmatch(port)
    if found is None:
        raise ValueError(f"expected an address like {EXAMPLE}, without a key in it")
    return HostAddress(kind=cast("HostKind", found.group(1)), url=found.group(2))
