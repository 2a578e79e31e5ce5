"""Bytes to messages and back, and the named reason of every refusal.

What comes over the wire is judged before it is parsed: size first, then UTF-8 and
depth, then JSON without NaN or duplicate keys, then the version, then the shape, and
last whether the body belongs to the topic that carried it.
"""

import json
import re
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from device_agents.contract import topics
from device_agents.contract.messages import (
    Acknowledgement,
    Birth,
    Capability,
    Death,
    DownEnvelope,
    JobEvent,
    MachineState,
    UpEnvelope,
)
from device_agents.contract.version import WIRE_VERSION
from device_agents.errors import DeviceAgentError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12  # the deepest message of version 1 has five levels
MAX_DIGITS = 32

CodecCode = Literal[
    "oversized", "not-json", "unknown-version", "invalid", "wrong-topic"
]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


class CodecError(DeviceAgentError):
    """These bytes are no message of this wire. `code` says in which way."""

    def __init__(self, code: CodecCode, message: str) -> None:
        super().__init__(message[:500])
        self.code = code


def encode(envelope: UpEnvelope | DownEnvelope) -> bytes:
    """The bytes of a message. Errors: CodecError "oversized"."""
    payload = envelope.model_dump_json(exclude_none=True).encode()
    if len(payload) > MAX_BYTES:
        raise CodecError("oversized", f"{len(payload)} bytes, at most {MAX_BYTES}")
    return payload


def decode_up(topic: str, payload: bytes) -> UpEnvelope:
    """A device's message, which belongs to `topic`. Errors: CodecError."""
    envelope = _read(UpEnvelope, payload)
    try:
        parsed = topics.parse_up(topic)
    except ValueError as error:
        raise CodecError("wrong-topic", str(error)) from error
    expected = topic_of(parsed.region, envelope)
    if topic != expected:
        raise CodecError(
            "wrong-topic", f"came on {topic[:200]!r}, belongs on {expected!r}"
        )
    return envelope


def decode_down(topic: str, payload: bytes) -> DownEnvelope:
    """The network's message to a device, which belongs to `topic`. Errors: CodecError."""
    envelope = _read(DownEnvelope, payload)
    region = topic.split("/")[2] if topic.count("/") == 5 else ""
    try:
        expected = down_topic_of(region, envelope)
    except ValueError as error:
        raise CodecError("wrong-topic", str(error)) from error
    if topic != expected:
        raise CodecError(
            "wrong-topic", f"came on {topic[:200]!r}, belongs on {expected!r}"
        )
    return envelope


def topic_of(region: str, envelope: UpEnvelope) -> str:
    """The one topic on which an upward message may travel."""
    body, device_id = envelope.body, envelope.device_id
    match body:
        case Birth() | Death():
            return topics.life(region, device_id)
        case Acknowledgement():
            return topics.acknowledgement(region, device_id)
        case Capability():
            return topics.capability(region, device_id, body.machine_id)
        case MachineState():
            return topics.state(region, device_id, body.machine_id)
        case JobEvent():
            return topics.job(region, device_id, body.machine_id, body.job_id)


def down_topic_of(region: str, envelope: DownEnvelope) -> str:
    """The one topic on which a downward message may travel."""
    if envelope.body.kind in ("job-start", "job-control"):
        return topics.command(region, envelope.device_id)
    return topics.receipt(region, envelope.device_id)


def _read[Envelope: BaseModel](shape: type[Envelope], payload: bytes) -> Envelope:
    """Judge, then parse. Errors: CodecError with every code but "wrong-topic"."""
    document = _plain_json(payload)
    if not isinstance(document, dict):
        raise CodecError("invalid", "the message is not a JSON object")
    version = document.get("version")
    if version != WIRE_VERSION or isinstance(version, bool | float):
        raise CodecError(
            "unknown-version",
            f"version {str(version)[:40]!r}, this side speaks {WIRE_VERSION}",
        )
    try:
        return shape.model_validate_json(payload, strict=True)
    except ValidationError as error:
        raise CodecError("invalid", _first_fault(error)) from error


def _plain_json(payload: bytes) -> Any:  # any JSON value
    if len(payload) > MAX_BYTES:
        raise CodecError("oversized", f"{len(payload)} bytes, at most {MAX_BYTES}")
    try:
        text = payload.decode("utf-8")
        _refuse_deep(text)
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_short_int,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise CodecError("not-json", str(error)) from error


def _refuse_deep(text: str) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} comes twice")
        found[key] = value
    return found


def _refuse_constant(word: str) -> Any:  # never returns
    raise ValueError(f"{word} is not JSON")


def _short_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the message"
    more = error.error_count() - 1
    return f"{where}: {fault['msg']}" + (f" (and {more} more)" if more else "")
