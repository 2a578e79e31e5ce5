"""Who this agent is: a key made here, and what the network gave for a one-time code.

The private key never leaves its folder; the files are their owner's alone.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Annotated

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from device_agents.contract.contribution import Contribution
from device_agents.contract.messages import Id, SignedContribution
from device_agents.errors import EnrolmentError, SettingsError
from device_agents.settings import refuse_open_to_others, write_private

KEY = "device.key"
IDENTITY = "identity.json"
ENROL_PATH = "/api/v1/enrol"
ANSWER_MAX_BYTES = 64 * 1024


class Broker(BaseModel):
    """Where the network's broker listens."""

    model_config = ConfigDict(frozen=True)

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)]
    tls: bool
    ca_pem: str | None = None  # None with tls: the system's authorities


class Identity(BaseModel):
    """What the network answered; further fields of a later server are passed over."""

    model_config = ConfigDict(frozen=True)

    device_id: Id
    region: Id
    facility_id: Id
    broker: Broker
    token: Annotated[SecretStr, Field(min_length=16, max_length=512)]
    key_id: Id
    machine_ids: dict[str, Id] | None = None  # local machine_id to the network's

    def machine_id(self, local_id: str) -> str:
        """The network's name of a machine that the settings call `local_id`."""
        return (self.machine_ids or {}).get(local_id, local_id)


class Signer:
    """Signs what this device contributed."""

    def __init__(self, key: Ed25519PrivateKey, key_id: str) -> None:
        self._key = key
        self.key_id = key_id

    def sign(self, contribution: Contribution) -> SignedContribution:
        """The contribution's exact bytes with the device's signature."""
        body = contribution.canonical()
        signature = base64.b64encode(self._key.sign(body)).decode()
        return SignedContribution(
            body=body.decode(), key_id=self.key_id, signature=signature
        )


def enrol(folder: Path, *, server_url: str, code: str, name: str) -> Identity:
    """Turn a one-time code into an identity, and keep it. Errors: EnrolmentError.

    The key is written before the code is spent, so that a crash in between costs a
    code and never a key that the network knows and nobody has.
    """
    if (folder / IDENTITY).exists():
        raise EnrolmentError(
            f"{folder} has an identity already: take a new folder, or move "
            f"{IDENTITY} and {KEY} away if the network has shut it out"
        )
    key = _own_key(folder)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    request = {"code": code, "device_name": name, "public_key": public}
    answer = ask(server_url.rstrip("/") + ENROL_PATH, request)
    try:
        identity = Identity.model_validate_json(answer)
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors()})
        raise EnrolmentError(f"the network's answer is unfit: {fields}") from error
    write_private(folder / IDENTITY, _with_token(identity))
    return identity


def load_identity(folder: Path) -> Identity:
    """Read the identity. Errors: SettingsError, also if others may read it."""
    path = folder / IDENTITY
    if not path.exists():
        raise SettingsError(
            f"{folder} is not enrolled yet: fabcommons agent enrol {folder} --code CODE"
        )
    refuse_open_to_others(path)
    try:
        return Identity.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise SettingsError(f"{path} is damaged; enrol again") from error


def load_signer(folder: Path, identity: Identity) -> Signer:
    """Read the device's key. Errors: SettingsError."""
    path = folder / KEY
    refuse_open_to_others(path)
    return Signer(_read_key(path), identity.key_id)


def _own_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / KEY
    if path.exists():  # an earlier try got so far
        refuse_open_to_others(path)
        return _read_key(path)
    key = Ed25519PrivateKey.generate()
    write_private(path, base64.b64encode(key.private_bytes_raw()).decode() + "\n")
    return key


def _read_key(path: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(path.read_text(encoding="ascii"), validate=False)
        )
    except (ValueError, binascii.Error) as error:
        raise SettingsError(
            f"{path} is damaged; enrol again in a new folder"
        ) from error


def ask(url: str, request: dict[str, str]) -> bytes:
    """The network's answer to a request that carries a code. Errors: EnrolmentError."""
    try:
        with httpx.Client(timeout=20.0, trust_env=False) as client:
            answer = client.post(url, json=request)
    except httpx.HTTPError as error:
        raise EnrolmentError(f"{url} does not answer: {error}") from error
    if answer.status_code >= 300:
        raise EnrolmentError(
            f"{url} answered {answer.status_code}: {_detail(answer)}; ask the network "
            "for a new code if this one is used up"
        )
    if len(answer.content) > ANSWER_MAX_BYTES:
        raise EnrolmentError(f"{url} answered {len(answer.content)} bytes")
    return answer.content


def _detail(answer: httpx.Response) -> str:
    """An RFC 9457 problem's own words, if it is one."""
    try:
        problem = answer.json()
    except ValueError:
        return answer.reason_phrase
    if not isinstance(problem, dict):
        return answer.reason_phrase
    return str(problem.get("detail") or problem.get("title") or "")[:300]


def _with_token(identity: Identity) -> str:
    plain = identity.model_dump(mode="json")
    plain["token"] = identity.token.get_secret_value()
    return json.dumps(plain, indent=2) + "\n"
