"""Tables of the catalogue: designs, immutable versions, files, steps, citations, terms."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class DesignRow(Base):
    """What can be made; its versions say how."""

    __tablename__ = "design"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    designer_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class DesignVersionRow(Base):
    """One published version: never edited; `manifest` holds the exact OKH bytes."""

    __tablename__ = "design_version"
    __table_args__ = (UniqueConstraint("design_id", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    design_id: Mapped[str] = mapped_column(ForeignKey("design.id"))
    number: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str]
    manifest: Mapped[bytes] = mapped_column(LargeBinary)
    manifest_media_type: Mapped[str]
    licence: Mapped[str]  # SPDX expression
    licensor: Mapped[str]
    content_hash: Mapped[str] = mapped_column(index=True)  # manifest, files and steps
    picture_sha256: Mapped[str | None]
    fee_cents: Mapped[int]  # the designers' ask for each piece made to be sold
    published_at: Mapped[datetime]
    # work by hand among the steps: Hand of hands.py, in an order that works
    hands: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class DesignFileRow(Base):
    """A file of a version, kept once under its hash."""

    __tablename__ = "design_file"
    version_id: Mapped[str] = mapped_column(
        ForeignKey("design_version.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    role: Mapped[str]  # program | source | picture | document


class StepRow(Base):
    """One step of the bill of process.

    Those of a version stand so in `position` that each comes after what it waits for:
    the positions in `after`. A finished piece takes `quantity` of its parts.
    """

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("version_id", "position"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("design_version.id"))
    position: Mapped[int]
    name: Mapped[str]
    process: Mapped[str]  # TsDC code: 3DP, CNC, LAS, ASM …
    machine_kind: Mapped[str]
    dialect: Mapped[str]  # marlin | grbl | fabnode
    program_sha256: Mapped[str | None]  # None: made by hand at a retrofit machine
    material: Mapped[str]
    material_g: Mapped[float]  # for each part
    box_x_mm: Mapped[float]
    box_y_mm: Mapped[float]
    box_z_mm: Mapped[float]
    setup_s: Mapped[int]  # for each run
    run_s: Mapped[int]  # the machine's time for one run
    labour_s: Mapped[int]  # a person's time for one run
    pieces_per_run: Mapped[int]
    quantity: Mapped[int] = mapped_column(default=1)
    after: Mapped[list[int]] = mapped_column(JSON, default=list)
    # what else it asks of a machine: NeedsIn of process.py, without what it does not ask
    needs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class CitationRow(Base):
    """This version builds on that one; weights are parts per million of its value."""

    __tablename__ = "citation"
    __table_args__ = (
        CheckConstraint("weight_ppm > 0 and weight_ppm < 1000000", name="weight"),
    )
    version_id: Mapped[str] = mapped_column(
        ForeignKey("design_version.id"), primary_key=True
    )
    upstream_id: Mapped[str] = mapped_column(
        ForeignKey("design_version.id"), primary_key=True
    )
    weight_ppm: Mapped[int]


class DesignTermRow(Base):
    """The newest version of a design has this word or facet: what searches go by."""

    __tablename__ = "design_term"
    __table_args__ = (
        Index("ix_design_term_version_id_term", "version_id", "term"),
        {"sqlite_with_rowid": False},
    )
    # compared by code point, as the beginning of a word needs it
    term: Mapped[str] = mapped_column(
        String().with_variant(String(collation="C"), "postgresql"), primary_key=True
    )
    version_id: Mapped[str] = mapped_column(
        ForeignKey("design_version.id"), primary_key=True
    )
