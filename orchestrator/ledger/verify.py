"""Check an exported ledger offline: this one file, Python and `cryptography` suffice.

    python verify.py EXPORT [--key PUBLIC_KEY] [--checkpoint NOTE_FILE]

`--key` is the log's public key (base64) as you know it from elsewhere; without it the
key in the file is believed. `--checkpoint` is an old signed statement of this log: the
export must still contain that very tree. Exit 0: whole. Exit 1: broken, and where.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "fabcommons-ledger-export-1"
LICENCE = ("LicenseRef-PPL", "Peer Production License")
LINE_MAX_BYTES = 1 << 24
FIELDS = {
    "header": {
        *("kind", "format", "licence", "licence_name", "origin"),
        *("key_id", "keys", "entry_count"),
    },
    "entry": {"kind", "position", "recorded_at", "key_id", "signature", "body"},
    "checkpoint": {"kind", "note"},
    "seal": {"kind", "sha256", "key_id", "signature"},
}
KEY_FIELDS = {"key_id", "public_key", "valid_from", "revoked_at"}


class BrokenError(Exception):
    """The export is not what its signers wrote; the text says where."""


@dataclass(frozen=True)
class Whole:
    """What a whole export holds."""

    entry_count: int
    root: bytes
    checkpoint_count: int


@dataclass
class Tree:
    """The roots of the full subtrees so far, largest first (RFC 6962)."""

    size: int = 0
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        level, digest = 0, hashlib.sha256(b"\x00" + leaf).digest()
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
    path: Path, *, log_key: bytes | None = None, checkpoint: str | None = None
) -> Whole:
    """Recompute every hash and check every signature. Errors: BrokenError."""
    try:
        return _verified(path, log_key, checkpoint)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BrokenError(f"a field is not what it should be: {error}") from error


def _verified(path: Path, log_key: bytes | None, checkpoint: str | None) -> Whole:
    digest = hashlib.sha256()
    told = _objects(path, digest)
    header = next(told, (b"", {}))[1]
    if header.get("kind") != "header":
        raise BrokenError("line 1 is not the header of a ledger export")
    keys = _keys(header)
    if log_key is not None and keys[header["key_id"]][0] != log_key:
        raise BrokenError("the export is signed by another log than the one you named")
    public = keys[header["key_id"]][0]
    tree, notes = _entries(told, header, keys, digest)
    roots = dict(_notes(notes, header["origin"], public))
    if checkpoint is not None:
        roots.update(_notes([checkpoint], header["origin"], public))
    _check_roots(path, roots, tree)
    return Whole(entry_count=tree.size, root=tree.root(), checkpoint_count=len(notes))


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
    spelled = json.dumps(
        told, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    if spelled.encode("utf-8", "surrogatepass") + b"\n" != line:
        raise BrokenError(f"{where} is not in its canonical spelling")
    return told


def _keys(header: dict[str, Any]) -> dict[str, tuple[bytes, str, str | None]]:
    if header["format"] != FORMAT:
        raise BrokenError(f"the header's format is not {FORMAT}")
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
    keys: dict[str, tuple[bytes, str, str | None]],
    digest: Any,
) -> tuple[Tree, list[str]]:
    tree, notes, seen = Tree(), list[str](), set[str]()
    for _, line in told:
        if line["kind"] == "entry" and not notes:
            leaf, event_id = _leaf(line, tree.size, keys)
            if event_id in seen:
                raise BrokenError(f"entry {tree.size} repeats event {event_id}")
            seen.add(event_id)
            tree.append(leaf)
        elif line["kind"] == "checkpoint":
            notes.append(line["note"])
        elif line["kind"] == "seal":
            _check_seal(line, header, keys, digest)
            break
        else:
            raise BrokenError(f"after entry {tree.size - 1}: a line out of its place")
    else:
        raise BrokenError(f"cut off after entry {tree.size - 1}: there is no seal")
    if next(told, None) is not None:
        raise BrokenError("there is something after the seal")
    if header["entry_count"] != tree.size:
        raise BrokenError(
            f"the header promises {header['entry_count']} entries, found {tree.size}"
        )
    return tree, notes


def _leaf(
    line: dict[str, Any], position: int, keys: dict[str, tuple[bytes, str, str | None]]
) -> tuple[bytes, str]:
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
    return "\n".join(parts).encode() + b"\n" + body, str(event["id"])


def _check_seal(
    seal: dict[str, Any],
    header: dict[str, Any],
    keys: dict[str, tuple[bytes, str, str | None]],
    digest: Any,
) -> None:
    if seal["sha256"] != digest.hexdigest():
        raise BrokenError("the seal is of another text: header or checkpoints changed")
    if seal["key_id"] != header["key_id"]:
        raise BrokenError("the seal is not by the log's own key")
    signature = _octets(seal["signature"], 64, "the seal")
    _check(keys[seal["key_id"]][0], signature, digest.digest(), "the seal")


def _notes(notes: list[str], origin: str, public: bytes) -> Iterator[tuple[int, bytes]]:
    """Size and root of each checkpoint that the log's key signed."""
    told = origin.encode() + b"\n\x01" + public
    key_hash = hashlib.sha256(told).digest()[:4]
    for note in notes:
        text, _, signature_line = note.partition("\n\n")
        lines = text.split("\n")
        where = f"checkpoint {lines[1] if len(lines) > 1 else '?'}"
        prefix = f"\N{EM DASH} {origin} "
        if len(lines) != 3 or lines[0] != origin or not lines[1].isdecimal():
            raise BrokenError(f"{where} is not a checkpoint of {origin}")
        if not signature_line.startswith(prefix) or signature_line[-1] != "\n":
            raise BrokenError(f"{where} is not signed by {origin}")
        signature = _octets(signature_line[len(prefix) : -1], 68, where)
        if signature[:4] != key_hash:
            raise BrokenError(f"{where} is signed by another key")
        _check(public, signature[4:], f"{text}\n".encode(), where)
        yield int(lines[1]), _octets(lines[2], 32, where)


def _check_roots(path: Path, roots: dict[int, bytes], whole: Tree) -> None:
    """Grow the tree again and hold each checkpoint against the tree of its size."""
    beyond = [size for size in roots if size > whole.size]
    if beyond:
        raise BrokenError(
            f"a checkpoint tells of {max(beyond)} entries, the export has {whole.size}: "
            "it was made of an older copy, or cut"
        )
    tree = Tree()
    _hold(tree, roots)
    for _, line in _objects(path, hashlib.sha256()):
        if line["kind"] != "entry":
            continue
        parts = ("fabcommons-entry-1", line["key_id"], line["signature"])
        leaf = "\n".join((*parts, line["recorded_at"], line["body"]))
        tree.append(leaf.encode())
        _hold(tree, roots)


def _hold(tree: Tree, roots: dict[int, bytes]) -> None:
    stated = roots.get(tree.size)
    if stated is not None and stated != tree.root():
        raise BrokenError(
            f"the first {tree.size} entries are not those of a checkpoint"
        )


def _check(public: bytes, signature: bytes, message: bytes, where: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise BrokenError(f"{where}: the signature is not over these bytes") from error


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
    parser = argparse.ArgumentParser(description="Check an exported ledger.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", help="the log's public key, base64")
    parser.add_argument("--checkpoint", type=Path, help="an old signed statement")
    told = parser.parse_args()
    try:
        whole = verify(
            told.export,
            log_key=_octets(told.key, 32, "--key") if told.key else None,
            checkpoint=told.checkpoint.read_text() if told.checkpoint else None,
        )
    except (BrokenError, OSError) as error:
        sys.stdout.write(f"BROKEN: {error}\n")
        return 1
    sys.stdout.write(f"whole: {whole.entry_count} entries, root {whole.root.hex()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
