"""Proofs from large trees, and the check of a large export."""

import hashlib
import statistics
import time
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, update

from benchmarks.ledger.appends import NOW, signed_events
from orchestrator.foundation import canonical
from orchestrator.foundation.database import readers, writers
from orchestrator.foundation.signing import SigningKey, text_of
from orchestrator.ledger import merkle
from orchestrator.ledger.append import spell_recorded
from orchestrator.ledger.export import EXPORT_FORMAT, LICENCE, LICENCE_NAME
from orchestrator.ledger.rows import TreeRow
from orchestrator.ledger.sequencer import of_tree
from orchestrator.ledger.verify import is_signed, verify

ORIGIN = "fabcommons/benchmark"
PROOFS = 200
COPY = "COPY ledger_node (level, index, hash) FROM STDIN (FORMAT BINARY)"


def grow(engine: Engine, first: int, size: int, peaks: dict[int, bytes]) -> None:
    """Store the nodes of leaves `first` to `size` - 1; `peaks` has the open left halves."""
    with writers(engine).begin() as session:
        if first == 0:
            session.add(TreeRow(id=1, size=0))
            session.flush()
        raw = session.connection().connection.cursor()
        with raw.copy(COPY) as copy:
            copy.set_types(["int4", "int8", "bytea"])
            for position in range(first, size):
                level, index = 0, position
                digest = hashlib.sha256(b"\x00" + position.to_bytes(8)).digest()
                copy.write_row((level, index, digest))
                while index & 1:
                    digest = merkle.node_hash(peaks[level], digest)
                    level, index = level + 1, index >> 1
                    copy.write_row((level, index, digest))
                peaks[level] = digest
        session.execute(update(TreeRow).values(size=size))


def proof_ms(engine: Engine, size: int) -> tuple[float, float, int]:
    """Median and p99 of one inclusion proof with its root, and the hashes in it."""
    took_ms, length = [], 0
    with readers(engine)() as session:
        root = of_tree(session, lambda node: merkle.root(node, size))
        for number in range(PROOFS):
            index = number * 2_654_435_761 % size
            begun = time.perf_counter()
            path = of_tree(session, partial(_proof, index=index, size=size))
            took_ms.append((time.perf_counter() - begun) * 1_000)
            length = max(length, len(path))
            leaf = merkle.leaf_hash(index.to_bytes(8))
            assert merkle.includes(
                leaf=leaf, index=index, size=size, proof=path, root=root
            )
    return statistics.median(took_ms), statistics.quantiles(took_ms, n=100)[98], length


def _proof(node: merkle.Node, *, index: int, size: int) -> list[bytes]:
    return merkle.inclusion_proof(node, index, size)


def write_export(path: Path, key: SigningKey, count: int) -> None:
    """An export of `count` signed entries without a database."""
    events = signed_events(count, key, prefix="event", is_hot=False)
    told = spell_recorded(NOW)
    named = {
        "key_id": key.key_id,
        "public_key": text_of(key.public),
        "valid_from": told,
        "revoked_at": None,
    }
    header = {
        "kind": "header",
        "format": EXPORT_FORMAT,
        "licence": LICENCE,
        "licence_name": LICENCE_NAME,
        "origin": ORIGIN,
        "key_id": key.key_id,
        "keys": [named],
        "witnesses": [],
        "entry_count": count,
    }
    digest = hashlib.sha256()
    with path.open("wb") as stream:

        def put(line: object) -> None:
            spelled = canonical.dumps(line) + b"\n"
            digest.update(spelled)
            stream.write(spelled)

        put(header)
        for position, one in enumerate(events):
            put(
                {
                    "kind": "entry",
                    "position": position,
                    "recorded_at": told,
                    "key_id": key.key_id,
                    "signature": text_of(one.signature),
                    "body": one.body.decode(),
                }
            )
        seal = {"kind": "seal", "sha256": digest.hexdigest(), "key_id": key.key_id}
        seal["signature"] = text_of(key.sign(digest.digest()))
        stream.write(canonical.dumps(seal) + b"\n")


def verify_s(path: Path) -> tuple[float, int]:
    """CPU seconds of one thread for the whole check, and the entries in it."""
    begun = time.process_time()
    whole = verify(path)
    return time.process_time() - begun, whole.entry_count


def signature_us(key: SigningKey) -> float:
    """CPU microseconds that the verifier's library takes for one signature."""
    body = b"x" * 230
    signature = key.sign(body)
    begun = time.process_time()
    for _ in range(2_000):
        assert is_signed(key.public, signature, body)
    return (time.process_time() - begun) / 2_000 * 1e6
