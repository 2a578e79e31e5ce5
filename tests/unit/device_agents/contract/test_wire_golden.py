"""Golden messages decode, or are refused with the code that their file names."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator

from device_agents.contract import asyncapi, codec
from device_agents.contract.contribution import Contribution
from device_agents.contract.messages import DownEnvelope, JobEvent, UpEnvelope

FOLDER = Path(__file__).parents[3] / "golden" / "wire"
FILES = sorted(FOLDER.glob("*.json"))
DOCUMENT = asyncapi.document()


def load(path: Path) -> tuple[dict[str, Any], bytes]:
    golden = json.loads(path.read_text(encoding="utf-8"))
    text = golden.get("text") or json.dumps(golden["message"])
    return golden, (text + " " * golden.get("padding", 0)).encode()


def decode(golden: dict[str, Any], payload: bytes) -> UpEnvelope | DownEnvelope:
    decoder = codec.decode_up if golden["way"] == "up" else codec.decode_down
    return decoder(golden["topic"], payload)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_message_meets_its_fate(path: Path) -> None:
    golden, payload = load(path)
    if golden["error"] is None:
        envelope = decode(golden, payload)
        assert decode(golden, codec.encode(envelope)) == envelope
        return
    with pytest.raises(codec.CodecError) as refusal:
        decode(golden, payload)
    assert refusal.value.code == golden["error"]


@pytest.mark.parametrize(
    "path", [path for path in FILES if not path.stem.startswith("bad")], ids=str
)
def test_good_message_keeps_to_the_published_schema(path: Path) -> None:
    golden, _payload = load(path)
    kind = golden["message"]["body"]["kind"]
    message = next(
        found
        for found in DOCUMENT["components"]["messages"].values()
        if found["name"] == kind
    )
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(golden["message"])


def test_every_kind_of_message_has_a_golden_file() -> None:
    told = {
        load(path)[0]["message"]["body"]["kind"]
        for path in FILES
        if not path.stem.startswith("bad")
    }
    kinds = {found["name"] for found in DOCUMENT["components"]["messages"].values()}
    assert told == kinds


def test_published_document_is_the_one_that_the_messages_give() -> None:
    assert asyncapi.FILE.read_text(encoding="utf-8") == asyncapi.text(), (
        "run `python -m device_agents.contract.asyncapi`"
    )


def test_golden_signature_is_over_the_canonical_bytes() -> None:
    golden, payload = load(FOLDER / "job-event-completed.json")
    event = decode(golden, payload).body
    assert isinstance(event, JobEvent)
    signed = event.contributions[0]
    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(golden["note"].split()[-1].removesuffix("."))
    )
    key.verify(base64.b64decode(signed.signature), signed.body.encode())
    again = Contribution.model_validate_json(signed.body)
    assert again.canonical() == signed.body.encode()


def test_contribution_in_another_zone_has_the_same_bytes() -> None:
    golden, payload = load(FOLDER / "job-event-completed.json")
    event = decode(golden, payload).body
    assert isinstance(event, JobEvent)
    body = event.contributions[0].body
    elsewhere = body.replace("2026-11-23T09:00:00Z", "2026-11-23T11:00:00+02:00")
    assert elsewhere != body
    assert Contribution.model_validate_json(elsewhere).canonical() == body.encode()


def test_message_that_would_not_fit_is_not_encoded() -> None:
    golden, payload = load(FOLDER / "receipt.json")
    envelope = decode(golden, payload)
    refused = envelope.body.refused[0].model_copy(update={"text": "x" * 400})  # type: ignore[union-attr]
    body = envelope.body.model_copy(update={"refused": (refused,) * 300})
    with pytest.raises(codec.CodecError) as error:
        codec.encode(envelope.model_copy(update={"body": body}))
    assert error.value.code == "oversized"


def test_receipt_for_a_number_that_no_disk_holds_is_refused() -> None:
    golden, payload = load(FOLDER / "receipt.json")
    document = json.loads(payload)
    document["body"]["stored"] = [2**70]
    with pytest.raises(codec.CodecError) as error:
        codec.decode_down(golden["topic"], json.dumps(document).encode())
    assert error.value.code == "invalid"
