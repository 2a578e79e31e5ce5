"""A signature means one message of one key, or it is refused."""

import json
from pathlib import Path

import pytest

from orchestrator.foundation.signing import (
    BadKeyError,
    BadSignatureError,
    KeyFileError,
    checked_public_key,
    key_from_file,
    key_id_of,
    new_signing_key,
    public_key_of_text,
    signing_key,
    text_of,
    verify,
)

# RFC 8032, 7.1, test 2
SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
# The small-order points as deployed libraries blacklist them, and spellings beyond p.
LOW_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def test_the_vector_of_the_rfc_is_met() -> None:
    key = signing_key(bytes.fromhex(SEED))
    assert key.public.hex() == PUBLIC
    assert key.sign(b"\x72").hex() == SIGNATURE
    verify(key.public, bytes.fromhex(SIGNATURE), b"\x72")
    assert key.key_id == key_id_of(key.public)
    assert "private" not in repr(key)


def test_any_changed_bit_is_refused() -> None:
    public, signature = bytes.fromhex(PUBLIC), bytes.fromhex(SIGNATURE)
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignatureError):
            verify(public, bytes(changed), b"\x72")
    with pytest.raises(BadSignatureError):
        verify(public, signature, b"\x73")


@pytest.mark.parametrize("encoded", LOW_ORDER)
def test_keys_of_low_order_are_refused(encoded: str) -> None:
    with pytest.raises(BadKeyError):
        checked_public_key(bytes.fromhex(encoded))
    with pytest.raises(BadKeyError):
        verify(bytes.fromhex(encoded), bytes(64), b"any message")


def test_texts_have_one_spelling() -> None:
    public = bytes.fromhex(PUBLIC)
    assert public_key_of_text(text_of(public)) == public
    spelled = text_of(public)
    for text in ("", spelled[:-1], spelled + "\n", spelled[:-2] + "N=", "é" * 44):
        with pytest.raises(BadKeyError) as refused:
            public_key_of_text(text)
        assert refused.value.field == "public_key"


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "network.key"
    key = key_from_file(path)
    assert key_from_file(path).key_id == key.key_id
    assert path.stat().st_mode & 0o777 == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["network.key"]
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        key_from_file(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(KeyFileError):
        key_from_file(path)


def test_the_wycheproof_vectors_are_met(hostile: Path) -> None:
    path = hostile / "wycheproof/testvectors_v1/ed25519_test.json"
    groups = json.loads(path.read_text())["testGroups"] if path.exists() else []
    for group in groups:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            signature = bytes.fromhex(test["sig"])
            message = bytes.fromhex(test["msg"])
            if test["result"] == "valid":
                verify(public, signature, message)
            else:
                with pytest.raises((BadSignatureError, BadKeyError)):
                    verify(public, signature, message)


def test_two_keys_differ() -> None:
    assert new_signing_key().key_id != new_signing_key().key_id
