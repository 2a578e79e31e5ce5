"""What witnesses sign is checked, kept, shown, and checked again by whoever exports."""

import base64
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from orchestrator.doors.witnessing import ask_witnesses
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    new_signing_key,
    text_of,
)
from orchestrator.ledger import merkle
from orchestrator.ledger.checkpoint import (
    InvalidCheckpointError,
    key_hash,
    open_note,
    sign_checkpoint,
    verifier_key,
)
from orchestrator.ledger.export import export
from orchestrator.ledger.receipts import receipt
from orchestrator.ledger.rows import CheckpointRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import BrokenError, verify, verify_receipt
from orchestrator.ledger.witnesses import (
    COSIGNATURE_TYPE,
    cosigned,
    cosigned_note,
    drop_witness,
    last_seen,
    seen_by,
    take_cosignatures,
    trust_witness,
    witnesses,
)

type Add = Callable[[Session, int, int], None]
ORIGIN = "fabcommons/helsinki"
NAME = "witness.example/w1"


@dataclass
class Witness:
    """Another's program: it follows the rules of C2SP tlog-witness by itself."""

    log_key: bytes
    key: SigningKey = field(default_factory=new_signing_key)
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    seen_at_s: int = 1_700_000_000

    @property
    def verifier_key(self) -> str:
        return verifier_key(NAME, self.key.public, COSIGNATURE_TYPE)

    def line(self, note: str) -> str:
        text = note.partition("\n\n")[0] + "\n"
        self.seen_at_s += 1
        signature = self.key.sign(cosigned(text, self.seen_at_s))
        told = (
            key_hash(NAME, COSIGNATURE_TYPE + self.key.public)
            + self.seen_at_s.to_bytes(8)
            + signature
        )
        return f"— {NAME} {text_of(told)}\n"

    def answer(self, body: str) -> tuple[int, str]:
        head, _, note = body.partition("\n\n")
        old, *path = head.split("\n")
        old_size = int(old.removeprefix("old "))
        stated = open_note(note, public_key=self.log_key)
        if old_size != self.size:
            return 409, f"{self.size}\n"
        if not merkle.is_consistent(
            old_size=old_size,
            new_size=stated.size,
            proof=[base64.b64decode(step) for step in path],
            old_root=self.root,
            new_root=stated.root,
        ):
            return 422, ""
        self.size, self.root = stated.size, stated.root
        return 200, self.line(note)


@pytest.fixture
def witness(key: SigningKey) -> Witness:
    return Witness(log_key=key.public)


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    """Where the witness listens, over real HTTP."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/add-checkpoint"
            size = int(self.headers["Content-Length"])
            status, text = witness.answer(self.rfile.read(size).decode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def grow(
    sessions: Sessions, add: Add, key: SigningKey, now: datetime
) -> Callable[[int, int], CheckpointRow]:
    def run(first: int, last: int) -> CheckpointRow:
        with sessions.begin() as session:
            add(session, first, last)
            sequence(session)
            return sign_checkpoint(session, origin=ORIGIN, key=key, now=now)

    return run


def test_a_witness_is_asked_and_its_word_goes_along(
    *,
    sessions: Sessions,
    grow: Callable[[int, int], CheckpointRow],
    witness: Witness,
    address: str,
    key: SigningKey,
    now: datetime,
    tmp_path: Path,
) -> None:
    with sessions.begin() as session:
        trust_witness(session, witness.verifier_key, url=address, now=now)
    early = grow(1, 3)
    assert ask_witnesses(sessions) == 1
    grow(4, 9)
    assert ask_witnesses(sessions) == 1
    assert ask_witnesses(sessions) == 0  # it has seen all
    witness.size, witness.root = 3, early.root
    newest = grow(10, 11)
    assert ask_witnesses(sessions) == 1  # also when it forgot what it saw
    with sessions() as session:
        assert last_seen(session, NAME) == 11
        note = cosigned_note(session, newest)
        assert open_note(note, public_key=key.public).size == 11
        file, kept = tmp_path / "ledger.jsonl", tmp_path / "receipt.json"
        export(session, file, origin=ORIGIN, key=key)
        kept.write_text(
            json.dumps(receipt(session, "event-000002", origin=ORIGIN, key=key))
        )
    for found in (
        verify(file, witnesses=[witness.verifier_key]),
        verify_receipt(kept, witnesses=[witness.verifier_key]),
    ):
        assert found.size_seen_by == {NAME: 11}
    other = verifier_key(NAME, new_signing_key().public, COSIGNATURE_TYPE)
    with pytest.raises(BrokenError, match="signed no checkpoint"):
        verify(file, witnesses=[other])


def test_a_witness_who_saw_another_history_signs_nothing(
    sessions: Sessions,
    grow: Callable[[int, int], CheckpointRow],
    witness: Witness,
    address: str,
    now: datetime,
) -> None:
    with sessions.begin() as session:
        trust_witness(session, witness.verifier_key, url=address, now=now)
    grow(1, 3)
    witness.size, witness.root = 2, b"x" * 32
    assert ask_witnesses(sessions) == 0
    with sessions() as session:
        assert last_seen(session, NAME) == 0


def test_what_a_witness_sends_by_itself_is_checked(
    sessions: Sessions,
    grow: Callable[[int, int], CheckpointRow],
    witness: Witness,
    now: datetime,
) -> None:
    row = grow(1, 3)
    with sessions.begin() as session:
        with pytest.raises(InvalidCheckpointError, match="no witness"):
            take_cosignatures(session, row.note + witness.line(row.note))
        trust_witness(session, witness.verifier_key, url=None, now=now)
        early, late = witness.line(row.note), witness.line(row.note)
        for line in (late, early):
            take_cosignatures(session, row.note + line)
        (kept,) = seen_by(session, 3)
        assert kept.line == late.strip()  # the newest word stands
        other = row.note.replace("\n3\n", "\n2\n")
        with pytest.raises(InvalidCheckpointError, match="never signed"):
            take_cosignatures(session, other + witness.line(other))
        forged = witness.line(other)
        with pytest.raises(BadSignatureError):
            take_cosignatures(session, row.note + forged)
        drop_witness(session, NAME, now=now)
        assert list(witnesses(session)) == []
        with pytest.raises(InvalidCheckpointError, match="no witness"):
            take_cosignatures(session, row.note + late)
        stranger = verifier_key(NAME, new_signing_key().public, COSIGNATURE_TYPE)
        with pytest.raises(ConflictError):
            trust_witness(session, stranger, url=None, now=now)
        with pytest.raises(NotFoundError):
            drop_witness(session, "nobody.example", now=now)


def test_the_published_cosignature_line_has_the_form_that_we_read() -> None:
    # the example of C2SP tlog-cosignature
    line = (
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
        "qhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    told = base64.b64decode(line)
    assert len(told) == 76
    assert int.from_bytes(told[4:12]) == 1679315147
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosigned(text, 1679315147).startswith(
        b"cosignature/v1\ntime 1679315147\nexa"
    )


@pytest.mark.parametrize(
    "spelled",
    ["", "a", "a+b+c", "a b+00000000+BAAA", NAME + "+00000000+" + "BA" * 22 + "=="],
)
def test_what_is_no_witness_is_refused(
    session: Session, spelled: str, now: datetime
) -> None:
    with pytest.raises((InvalidCheckpointError, ValueError, ConflictError)):
        trust_witness(session, spelled, url=None, now=now)
