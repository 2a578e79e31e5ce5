"""Cells as rows: which labs, open orders and couriers one plan has."""

from collections.abc import Sequence

from sqlalchemy import Exists, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from orchestrator.planning.rows import CellMemberRow, PlanCellRow
from routing.cells import number_of


def cell_names(session: Session, at_most: int | None = None) -> Sequence[str]:
    """Every cell there is, or the first of them."""
    names = select(PlanCellRow.name).order_by(PlanCellRow.name)
    return session.scalars(names.limit(at_most)).all()


def cell_of(session: Session, subject_id: str) -> str | None:
    """Where a lab, an open order or a courier is planned; None for what is new."""
    member = session.get(CellMemberRow, subject_id)
    return None if member is None else member.cell


def members(kind: str, cell: str) -> Select[str]:
    """The ids of the cell's labs, orders or couriers."""
    return select(CellMemberRow.subject_id).where(
        CellMemberRow.kind == kind, CellMemberRow.cell == cell
    )


def has_cell(subject_id: InstrumentedAttribute[str]) -> Exists:
    """Whether it is planned in some cell: what is new is not, for a moment."""
    return exists().where(CellMemberRow.subject_id == subject_id)


def labs_seen(session: Session, cell: str) -> frozenset[str]:
    """The cell's labs and its halo."""
    row = session.get(PlanCellRow, cell)
    own = session.scalars(members("lab", cell)).all()
    return frozenset(own) | frozenset(row.halo if row else ())


def cell_numbers(session: Session) -> dict[str, int]:
    """By lab the number of its cell, as people are told it; empty for a single cell."""
    if len(cell_names(session, at_most=2)) < 2:
        return {}
    labs = select(CellMemberRow.subject_id, CellMemberRow.cell)
    rows = session.execute(labs.where(CellMemberRow.kind == "lab"))
    return {lab: number_of(cell) for lab, cell in rows}
