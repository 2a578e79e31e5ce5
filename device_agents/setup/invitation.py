"""Where the network is and which lab this is: both are told by one invitation."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device_agents.agent.identity import ask
from device_agents.contract.messages import Id
from device_agents.errors import EnrolmentError

LOOK_PATH = "/api/v1/invitations/look"
_CODE = re.compile(r"[0-9A-Za-z]{4}(?:[- ]?[0-9A-Za-z]{4}){3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a person was given: `https://fab.example.org/join#ABCD-EFGH-JKMN-PQRS`."""

    server_url: str
    code: str | None  # None: only the address was given


class Lab(BaseModel):
    """The lab that an invitation is for, in the network's words."""

    model_config = ConfigDict(frozen=True)

    facility_id: Id
    name: str = Field(max_length=200)
    address: str = Field(max_length=400)
    region: Id


def read_invitation(text: str) -> Invitation:
    """A link with a code, or an address alone. ValueError says what is missing."""
    if _CODE.fullmatch(text):
        raise ValueError("this is the code alone; the whole link is needed")
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a link begins with https://")
    code = parts.fragment.strip() or None
    if code is not None and not _CODE.fullmatch(code):
        raise ValueError("its last part is no code: copy the whole link")
    return Invitation(server_url=f"{parts.scheme}://{parts.netloc}", code=code)


def read_code(text: str) -> str:
    """A code as it was typed. ValueError."""
    if not _CODE.fullmatch(text):
        raise ValueError("a code has four groups of four letters and digits")
    return text


def may_be_overheard(server_url: str) -> bool:
    """Whether what is sent there can be read on the way."""
    parts = urlsplit(server_url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


def look(server_url: str, code: str) -> Lab:
    """Which lab the code is for; the code is not spent. Errors: EnrolmentError."""
    answer = ask(server_url + LOOK_PATH, {"code": code})
    try:
        return Lab.model_validate_json(answer)
    except ValidationError as error:
        raise EnrolmentError(f"{server_url} is no network of this kind") from error
