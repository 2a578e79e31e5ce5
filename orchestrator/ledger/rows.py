"""Tables of the log: entries as they were signed, the tree over them, checkpoints."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base, Octets

HASH_BYTES = 32
EVENT, ACT = "event", "act"


class EntryRow(Base):
    """One signed event or act. `body` is the truth; the rest is for searching.

    An act's actor is its provider, its subject the resource; it has no quantity.
    """

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_position_recorded_at", "position", "recorded_at", "id"),
    )

    id: Mapped[str] = mapped_column(
        String(64), primary_key=True
    )  # the event's or the act's
    body: Mapped[bytes] = mapped_column(Octets)
    key_id: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(Octets(64))
    recorded_at: Mapped[datetime]
    leaf_hash: Mapped[bytes] = mapped_column(Octets(HASH_BYTES))
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)

    kind: Mapped[str] = mapped_column(String(8), server_default=EVENT)  # event | act
    action: Mapped[str] = mapped_column(String(32))
    provider: Mapped[str] = mapped_column(String(64), index=True)
    receiver: Mapped[str] = mapped_column(String(64))
    resource: Mapped[str] = mapped_column(String(80), index=True)
    quantity: Mapped[str] = mapped_column(String(24))
    unit: Mapped[str] = mapped_column(String(16))
    occurred_at: Mapped[datetime]
    order_id: Mapped[str | None] = mapped_column(String(64), index=True)
    job_id: Mapped[str | None] = mapped_column(String(64), index=True)
    corrects: Mapped[str | None] = mapped_column(String(64))
    rule_version: Mapped[str | None] = mapped_column(String(64))
    cited_by: Mapped[str | None] = mapped_column(String(64), index=True)


class TreeRow(Base):
    """The one row that says how far the tree has grown; whoever grows it locks it."""

    __tablename__ = "ledger_tree"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    size: Mapped[int] = mapped_column(BigInteger)


class NodeRow(Base):
    """The hash of a full subtree: 2**level leaves from index * 2**level on."""

    __tablename__ = "ledger_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )
    hash: Mapped[bytes] = mapped_column(Octets(HASH_BYTES))


class CheckpointRow(Base):
    """A signed statement of the tree's size and root (C2SP tlog-checkpoint)."""

    __tablename__ = "ledger_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(Octets(HASH_BYTES))
    note: Mapped[str] = mapped_column(String(1000))
    key_id: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]


class WitnessRow(Base):
    """An outsider whose word on our checkpoints we show (C2SP tlog-witness)."""

    __tablename__ = "ledger_witness"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(HASH_BYTES))
    url: Mapped[str | None] = mapped_column(String(200))  # None: it comes by itself
    known_from: Mapped[datetime]
    dropped_at: Mapped[datetime | None]


class CosignatureRow(Base):
    """A witness's newest word on one checkpoint: it fits all that the witness saw."""

    __tablename__ = "ledger_cosignature"

    size: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ledger_checkpoint.size"), primary_key=True
    )
    witness: Mapped[str] = mapped_column(
        ForeignKey("ledger_witness.name"), primary_key=True
    )
    seen_at_s: Mapped[int] = mapped_column(BigInteger)  # POSIX seconds, as it says
    line: Mapped[str] = mapped_column(String(300))
