"""Check an exported ledger, or a receipt of one entry, offline and without us.

This one file, Python and `cryptography` suffice; with `py-ed25519-zebra-bindings` it
takes half of the time. Both check what RFC 8032 asks for, `cryptography` by its
stricter equation; the log takes no entry that fails that.

    python verify.py FILE [--key PUBLIC_KEY] [--checkpoint NOTE_FILE] [--witness KEY]

`--key` is the log's public key (base64) as you know it from elsewhere; without it the
key in the file is believed. `--checkpoint` is an old signed statement of this log: the
export must still contain that very tree. `--witness` (NAME+HASH+KEY, may be repeated)
is an outsider who must have signed a checkpoint in the file. Exit 0: whole. Exit 1:
broken, and where.
"""

import argparse
import base64
import hashlib
import importlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

try:
    zebra: Any = importlib.import_module("ed25519_zebra")
except ImportError:
    zebra = None

FORMAT = "fabcommons-ledger-export-2"
RECEIPT_FORMAT = "fabcommons-ledger-receipt-1"
RECEIPT_MAX_BYTES = 1 << 20
LICENCE = ("LicenseRef-PPL", "Peer Production License")
LINE_MAX_BYTES = 1 << 24
FIELDS = {
    "header": {
        *("kind", "format", "licence", "licence_name", "origin"),
        *("key_id", "keys", "witnesses", "entry_count"),
    },
    "receipt": {
        *("kind", "format", "licence", "licence_name", "origin", "key_id", "keys"),
        *("witnesses", "entry", "size", "path", "checkpoint"),
    },
    "entry": {"kind", "position", "recorded_at", "key_id", "signature", "body"},
    "checkpoint": {"kind", "note"},
    "seal": {"kind", "sha256", "key_id", "signature"},
}
KEY_FIELDS = {"key_id", "public_key", "valid_from", "revoked_at"}
WITNESS_FIELDS = {"name", "public_key"}
SPELL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode
type Keys = Mapping[str, tuple[bytes, str, str | None]]


class BrokenError(Exception):
    """The export is not what its signers wrote; the text says where."""


@dataclass(frozen=True)
class Whole:
    """What a whole export holds."""

    entry_count: int
    root: bytes
    checkpoint_count: int
    size_seen_by: Mapping[str, int]  # by witness: its largest checkpoint


@dataclass(frozen=True)
class Received:
    """What a receipt proves: this entry is in the tree of `size` entries."""

    position: int
    body: str
    size: int
    size_seen_by: Mapping[str, int]


@dataclass
class Tree:
    """The roots of the full subtrees so far, largest first (RFC 6962)."""

    size: int = 0
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def append(self, digest: bytes) -> None:
        """Take the hash of the next leaf."""
        level = 0
        while self.peaks and self.peaks[-1][0] == level:
            digest = _node(self.peaks.pop()[1], digest)
            level += 1
        self.peaks.append((level, digest))
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = _node(left, digest)
        return digest


def verify(
    path: Path,
    *,
    log_key: bytes | None = None,
    checkpoint: str | None = None,
    witnesses: Collection[str] = (),
) -> Whole:
    """Recompute every hash and check every signature. Errors: BrokenError."""
    try:
        whole = _verified(path, log_key, checkpoint)
        _check_witnesses(next(_objects(path, hashlib.sha256()))[1], whole, witnesses)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BrokenError(f"a field is not what it should be: {error}") from error
    return whole


def verify_receipt(
    path: Path, *, log_key: bytes | None = None, witnesses: Collection[str] = ()
) -> Received:
    """Check that the entry in a receipt is in the log. Errors: BrokenError."""
    try:
        told = json.loads(path.read_bytes())
        received = _received(told, log_key)
        _check_witnesses(told, received, witnesses)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BrokenError(f"a field is not what it should be: {error}") from error
    return received


def is_receipt(path: Path) -> bool:
    """Whether the file holds one JSON object that calls itself a receipt."""
    if path.stat().st_size > RECEIPT_MAX_BYTES:
        return False
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("kind") == "receipt"


def _verified(path: Path, log_key: bytes | None, checkpoint: str | None) -> Whole:
    digest = hashlib.sha256()
    told = _objects(path, digest)
    header = next(told, (b"", {}))[1]
    if header.get("kind") != "header":
        raise BrokenError("line 1 is not the header of a ledger export")
    keys = _keys(header, FORMAT)
    public = _log_key(header, keys, log_key)
    known = _witness_keys(header)
    leaves, notes = _entries(told, header, keys, digest)
    roots: dict[int, bytes] = {}
    seen: dict[str, int] = {}
    for note in notes:
        size, roots[size], names = _note(note, header["origin"], public, known)
        seen |= {name: max(size, seen.get(name, 0)) for name in names}
    if checkpoint is not None:
        own_lines = "\n".join(checkpoint.split("\n")[:5]) + "\n"
        size, root, _ = _note(own_lines, header["origin"], public, {})
        roots[size] = root
    tree = _grown(leaves, roots)
    return Whole(tree.size, tree.root(), len(notes), seen)


def _received(told: dict[str, Any], log_key: bytes | None) -> Received:
    if set(told) != FIELDS["receipt"]:
        raise BrokenError("the receipt does not have the fields of its kind")
    keys = _keys(told, RECEIPT_FORMAT)
    public = _log_key(told, keys, log_key)
    note = told["checkpoint"]
    size, root, names = _note(note, told["origin"], public, _witness_keys(told))
    if size != told["size"]:
        raise BrokenError(f"the receipt is for {told['size']} entries, not {size}")
    entry, position = told["entry"], told["entry"]["position"]
    if set(entry) != FIELDS["entry"] - {"kind"}:
        raise BrokenError("the receipt's entry lacks a field")
    leaf, _ = _leaf(entry, position, keys)
    path = [_octets(step, 32, "the receipt's path") for step in told["path"]]
    if _climbed(leaf, position, size, path) != root:
        raise BrokenError(f"entry {position} is not in the signed tree of {size}")
    return Received(position, entry["body"], size, dict.fromkeys(names, size))


def _climbed(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    place, last = index, size - 1
    found = leaf
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = _node(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, step)
        place, last = place >> 1, last >> 1
    return found if last == 0 <= index < size else None


def _log_key(told: dict[str, Any], keys: Keys, wanted: bytes | None) -> bytes:
    public = keys[told["key_id"]][0]
    if wanted is not None and public != wanted:
        raise BrokenError("the file is signed by another log than the one you named")
    return public


def _witness_keys(told: dict[str, Any]) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for witness in told["witnesses"]:
        if not isinstance(witness, dict) or set(witness) != WITNESS_FIELDS:
            raise BrokenError("a witness in the file lacks a field")
        keys[witness["name"]] = _octets(witness["public_key"], 32, "a witness's key")
    return keys


def _check_witnesses(
    told: dict[str, Any], found: Whole | Received, wanted: Collection[str]
) -> None:
    keys = _witness_keys(told)
    for verifier_key in wanted:
        name, _, rest = verifier_key.partition("+")
        public = _octets(rest.partition("+")[2], 33, "--witness")[1:]
        if keys.get(name) != public or name not in found.size_seen_by:
            raise BrokenError(f"the witness {name} signed no checkpoint in this file")


def _objects(path: Path, digest: Any) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each line as it is and as it reads; all but the seal go into `digest`."""
    entry_count = 0
    with path.open("rb") as stream:
        for number, line in enumerate(
            iter(lambda: stream.readline(LINE_MAX_BYTES), b"")
        ):
            is_entry = 1 <= number <= entry_count
            told = _object(
                line, f"entry {number - 1}" if is_entry else f"line {number + 1}"
            )
            if number == 0 and told["kind"] == "header":
                entry_count = int(told["entry_count"])
            if told["kind"] != "seal":
                digest.update(line)
            yield line, told


def _object(line: bytes, where: str) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise BrokenError(f"{where} is cut off")
    try:
        told = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"{where} is not JSON: {error}") from error
    if not isinstance(told, dict) or set(told) != FIELDS.get(str(told.get("kind"))):
        raise BrokenError(f"{where} does not have the fields of its kind")
    if SPELL(told).encode("utf-8", "surrogatepass") + b"\n" != line:
        raise BrokenError(f"{where} is not in its canonical spelling")
    return told


def _keys(header: dict[str, Any], form: str) -> Keys:
    if header["format"] != form:
        raise BrokenError(f"the header's format is not {form}")
    if (header["licence"], header["licence_name"]) != LICENCE:
        raise BrokenError("the header does not name the Peer Production License")
    keys: dict[str, tuple[bytes, str, str | None]] = {}
    for told in header["keys"]:
        if not isinstance(told, dict) or set(told) != KEY_FIELDS:
            raise BrokenError("a key in the header lacks a field")
        public = _octets(told["public_key"], 32, "a key in the header")
        if told["key_id"] != f"key-{hashlib.sha256(public).hexdigest()[:40]}":
            raise BrokenError(f"key {told['key_id']} is not the key that it names")
        keys[told["key_id"]] = (public, told["valid_from"], told["revoked_at"])
    if header["key_id"] not in keys:
        raise BrokenError("the header does not hold the log's own key")
    return keys


def _entries(
    told: Iterator[tuple[bytes, dict[str, Any]]],
    header: dict[str, Any],
    keys: Keys,
    digest: Any,
) -> tuple[bytearray, list[str]]:
    """The hashes of the leaves, 32 bytes each, and the checkpoints."""
    leaves, notes, seen = bytearray(), list[str](), set[str]()
    count = 0
    for _, line in told:
        if line["kind"] == "entry" and not notes:
            leaf, event_id = _leaf(line, count, keys)
            if event_id in seen:
                raise BrokenError(f"entry {count} repeats event {event_id}")
            seen.add(event_id)
            leaves += leaf
            count += 1
        elif line["kind"] == "checkpoint":
            notes.append(line["note"])
        elif line["kind"] == "seal":
            _check_seal(line, header, keys, digest)
            break
        else:
            raise BrokenError(f"after entry {count - 1}: a line out of its place")
    else:
        raise BrokenError(f"cut off after entry {count - 1}: there is no seal")
    if next(told, None) is not None:
        raise BrokenError("there is something after the seal")
    if header["entry_count"] != count:
        raise BrokenError(
            f"the header promises {header['entry_count']} entries, found {count}"
        )
    return leaves, notes


def _leaf(line: dict[str, Any], position: int, keys: Keys) -> tuple[bytes, str]:
    where = f"entry {position}"
    if type(line["position"]) is not int or line["position"] != position:
        raise BrokenError(f"{where} calls itself {line['position']!r}")
    if line["key_id"] not in keys:
        raise BrokenError(f"{where} is signed by a key that the header lacks")
    public, valid_from, revoked_at = keys[line["key_id"]]
    recorded_at = line["recorded_at"]
    if not valid_from <= recorded_at < (revoked_at or "9"):
        raise BrokenError(f"{where} was recorded when its key was not valid")
    body = str(line["body"]).encode()
    _check(public, _octets(line["signature"], 64, where), body, where)
    event = json.loads(body)
    parts = ("fabcommons-entry-1", line["key_id"], line["signature"], recorded_at)
    leaf = "\n".join(parts).encode() + b"\n" + body
    return hashlib.sha256(b"\x00" + leaf).digest(), str(event["id"])


def _check_seal(
    seal: dict[str, Any],
    header: dict[str, Any],
    keys: Keys,
    digest: Any,
) -> None:
    if seal["sha256"] != digest.hexdigest():
        raise BrokenError("the seal is of another text: header or checkpoints changed")
    if seal["key_id"] != header["key_id"]:
        raise BrokenError("the seal is not by the log's own key")
    signature = _octets(seal["signature"], 64, "the seal")
    _check(keys[seal["key_id"]][0], signature, digest.digest(), "the seal")


def _note(
    note: str, origin: str, public: bytes, witnesses: Mapping[str, bytes]
) -> tuple[int, bytes, list[str]]:
    """Size and root of a checkpoint that the log signed, and which witnesses did too."""
    text, _, signed = note.partition("\n\n")
    lines, signatures = text.split("\n"), signed.split("\n")
    where = f"checkpoint {lines[1] if len(lines) > 1 else '?'}"
    if len(lines) != 3 or lines[0] != origin or not lines[1].isdecimal():
        raise BrokenError(f"{where} is not a checkpoint of {origin}")
    if len(signatures) < 2 or signatures.pop():
        raise BrokenError(f"{where} is not signed by {origin}")
    message = f"{text}\n".encode()
    signature = _signature(signatures[0], origin, b"\x01" + public, where)
    _check(public, signature, message, where)
    names = []
    for line in signatures[1:]:
        name = line.rpartition(" ")[0].removeprefix("\N{EM DASH} ")
        if name not in witnesses:
            raise BrokenError(f"{where} is signed by a witness whom the file lacks")
        told = _signature(line, name, b"\x04" + witnesses[name], where)
        seen_at = f"cosignature/v1\ntime {int.from_bytes(told[:8])}\n".encode()
        _check(witnesses[name], told[8:], seen_at + message, f"{where}, {name}")
        names.append(name)
    return int(lines[1]), _octets(lines[2], 32, where), names


def _signature(line: str, name: str, key: bytes, where: str) -> bytes:
    """A signed note's line without dash, name and the hash of the key (C2SP)."""
    told = f"\N{EM DASH} {name} "
    size = 4 + 64 + (8 if key[0] == 4 else 0)
    if not line.startswith(told):
        raise BrokenError(f"{where} is not signed by {name}")
    signature = _octets(line[len(told) :], size, where)
    if signature[:4] != hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]:
        raise BrokenError(f"{where} is signed by another key of {name}")
    return signature[4:]


def _grown(leaves: bytearray, roots: dict[int, bytes]) -> Tree:
    """Grow the tree, and hold each checkpoint against the tree of its size."""
    count = len(leaves) // 32
    beyond = [size for size in roots if size > count]
    if beyond:
        raise BrokenError(
            f"a checkpoint tells of {max(beyond)} entries, the export has {count}: "
            "it was made of an older copy, or cut"
        )
    tree = Tree()
    _hold(tree, roots)
    for start in range(0, len(leaves), 32):
        tree.append(bytes(leaves[start : start + 32]))
        if tree.size in roots:
            _hold(tree, roots)
    return tree


def _hold(tree: Tree, roots: dict[int, bytes]) -> None:
    stated = roots.get(tree.size)
    if stated is not None and stated != tree.root():
        raise BrokenError(
            f"the first {tree.size} entries are not those of a checkpoint"
        )


def _check(public: bytes, signature: bytes, message: bytes, where: str) -> None:
    if not is_signed(public, signature, message):
        raise BrokenError(f"{where}: the signature is not over these bytes")


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is by this key over these bytes."""
    if zebra is not None:
        return bool(zebra.ed_verify(signature, message, public))
    try:
        _key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _octets(text: object, size: int, where: str) -> bytes:
    try:
        octets = base64.b64decode(str(text).encode("ascii"), validate=True)
    except ValueError as error:
        raise BrokenError(f"{where}: not base64") from error
    if len(octets) != size or base64.b64encode(octets).decode() != text:
        raise BrokenError(f"{where}: not {size} bytes in base64")
    return octets


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check a ledger or a receipt.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the log's public key, base64")
    parser.add_argument("--checkpoint", type=Path, help="an old signed statement")
    parser.add_argument("--witness", action="append", default=[], help="NAME+HASH+KEY")
    told = parser.parse_args()
    try:
        key = _octets(told.key, 32, "--key") if told.key else None
        note = told.checkpoint.read_text() if told.checkpoint else None
        text = check(told.file, log_key=key, checkpoint=note, witnesses=told.witness)
    except (BrokenError, OSError) as error:
        sys.stdout.write(f"BROKEN: {error}\n")
        return 1
    sys.stdout.write(f"{text}\n")
    return 0


def check(
    file: Path,
    *,
    log_key: bytes | None = None,
    checkpoint: str | None = None,
    witnesses: Collection[str] = (),
) -> str:
    """Check an export or a receipt; what it proves, in words. Errors: BrokenError."""
    found: Whole | Received
    if is_receipt(file):
        found = verify_receipt(file, log_key=log_key, witnesses=witnesses)
        told = f"in the log: entry {found.position} of {found.size}\n{found.body}"
    else:
        found = verify(
            file, log_key=log_key, checkpoint=checkpoint, witnesses=witnesses
        )
        told = f"whole: {found.entry_count} entries, root {found.root.hex()}"
    for name, size in sorted(found.size_seen_by.items()):
        told += f"\nseen by {name}: {size} entries"
    return told


if __name__ == "__main__":
    raise SystemExit(main())
