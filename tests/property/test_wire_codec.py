"""Whatever bytes come over the wire, the codec answers with a message or a named error."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from device_agents.contract import codec

FOLDER = Path(__file__).parents[1] / "golden" / "wire"
CODES = {"oversized", "not-json", "unknown-version", "invalid", "wrong-topic"}


def golden() -> list[tuple[str, str, bytes]]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        one = json.loads(path.read_text(encoding="utf-8"))
        text = one.get("text") or json.dumps(one["message"])
        found.append((one["way"], one["topic"], text.encode()))
    return found


GOLDEN = golden()


def judge(way: str, topic: str, payload: bytes) -> None:
    """Either it decodes, and then back to the same, or the refusal has a name."""
    decode: Any = codec.decode_up if way == "up" else codec.decode_down
    refusal: codec.CodecError | None = None
    try:
        envelope = decode(topic, payload)
    except codec.CodecError as error:
        refusal = error
    if refusal is None:
        assert decode(topic, codec.encode(envelope)) == envelope
    else:
        assert refusal.code in CODES
        assert len(str(refusal)) <= 500


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(GOLDEN))
def test_any_bytes(payload: bytes, kind: tuple[str, str, bytes]) -> None:
    judge(kind[0], kind[1], payload)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(GOLDEN), st.data())
def test_golden_message_with_a_wound(
    kind: tuple[str, str, bytes], data: st.DataObject
) -> None:
    way, topic, payload = kind
    at = data.draw(st.integers(0, len(payload)))
    cut = data.draw(st.integers(0, 20))
    graft = data.draw(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(
                [b"NaN", b"1e999", b"-0", b"null", b"[[", b'"a":1,', b"9" * 400]
            ),
        )
    )
    judge(way, topic, payload[:at] + graft + payload[at + cut :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([one for one in GOLDEN if one[2].startswith(b"{")]), st.data())
def test_golden_message_with_a_foreign_value(
    kind: tuple[str, str, bytes], data: st.DataObject
) -> None:
    way, topic, payload = kind
    try:
        document = json.loads(payload)
    except ValueError:
        return
    place: dict[str, Any] = document
    if data.draw(st.booleans()) and isinstance(document.get("body"), dict):
        place = document["body"]
    key = data.draw(st.sampled_from(sorted(place)))
    place[key] = data.draw(JSON)
    judge(way, topic, json.dumps(document).encode("utf-8", "replace"))
