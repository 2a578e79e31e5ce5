"""A bill of materials as a table (CSV): columns by their names in four languages."""

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from orchestrator.catalogue.files import child
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import BomLine, Note, Other, PartsList

LINES_MAX: Final = 5_000
ROWS_MAX: Final = 100_000
HEADER_WITHIN: Final = 20  # lines of a title block before the header
QUANTITY_MAX: Final = 1_000_000
REFUSED_MAX: Final = 20  # lines that are named one by one
_CELL_MAX: Final = 500
_COLUMNS: Final = {
    "quantity": "qty quantity qnty count amount pcs pieces number quantité quantite qté "
    "nombre menge anzahl stück stueck stk cantidad cant unidades",
    "reference": "reference references ref refs refdes designator designators "
    "designation id partnumber mpn référence repère bezug referenz teilenummer "
    "artikelnummer referencia",
    "name": "name part parts item component description value material title "
    "désignation pièce composant nom bezeichnung bauteil teil beschreibung "
    "artikel nombre descripción descripcion componente pieza artículo",
    "source": "source supplier vendor distributor url link manufacturer shop buy "
    "fournisseur lien fabricant lieferant hersteller bezugsquelle proveedor enlace "
    "fabricante",
}
_FIELD_OF: Final = {
    word: field for field, words in reversed(_COLUMNS.items()) for word in words.split()
}


type Row = tuple[int, list[str]]  # the line it ends on, its cells


def read(source: Source) -> Read:
    """Read a table. One without names and quantities is no bill of materials."""
    text = _text(source.content)
    rows = _rows(text)
    for number, (_, row) in enumerate(rows[:HEADER_WITHIN]):
        columns = _columns(row)
        if "name" in columns and columns.keys() & {"quantity", "reference"}:
            return _bill(rows[number + 1 :], columns)
    note = Note(
        code="no-bill",
        words="The table has no header with a name and a quantity, so it is kept but "
        "not read as a bill of materials.",
    )
    return Read(format="CSV", what=Other(), notes=(note,))


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")  # as spreadsheets save it


def _rows(text: str) -> list[Row]:
    head = text[:4_096]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in islice(reader, ROWS_MAX)]
    except csv.Error as error:
        raise UnreadableError(f"it is no table ({error}). Save it as CSV") from error


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Which column holds what; the first of each kind."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        cleaned = re.sub(r"[^\w ]", " ", cell.lower()).replace("_", " ").strip()
        joined = cleaned.replace(" ", "")
        words = [joined, *cleaned.split()]
        field = next((_FIELD_OF[word] for word in words if word in _FIELD_OF), None)
        if field is not None:
            columns.setdefault(field, index)
    return columns


def _bill(rows: Sequence[Row], columns: dict[str, int]) -> Read:
    lines, unclear, refused = [], [], []
    for number, row in rows:
        cells = {
            field: row[index].strip()[:_CELL_MAX] if index < len(row) else ""
            for field, index in columns.items()
        }
        if not cells["name"] and not cells.get("reference"):
            continue
        quantity = _quantity(cells)
        if quantity is None:
            unclear.append(number)
        elif not 0 < quantity <= QUANTITY_MAX:
            refused.append(_refused(number, cells))
            quantity = 0.0
        lines.append(
            BomLine(
                name=cells["name"] or cells["reference"],
                quantity=1.0 if quantity is None else quantity,
                reference=cells.get("reference", ""),
                source=cells.get("source", ""),
                line=number,
            )
        )
    if len(lines) > LINES_MAX:
        raise UnreadableError(f"it has more than {LINES_MAX} lines. Split it")
    if not lines:
        raise UnreadableError("its table has a header and no lines")
    notes = refused[:REFUSED_MAX]
    if unclear:
        words = (
            f"{len(unclear)} lines have no quantity that is a number, the first is "
            f"line {unclear[0]}. One piece is assumed."
        )
        notes.append(Note(code="quantity-unclear", words=words))
    return Read(format="CSV", what=PartsList(lines=tuple(lines)), notes=tuple(notes))


def _refused(number: int, cells: dict[str, str]) -> Note:
    return Note(
        code="quantity-refused",
        words=f"Line {number}: {cells['quantity'][:40]!r} of "
        f"{(cells['name'] or cells['reference'])[:80]!r} can't be. Write a number above "
        f"0, at most {QUANTITY_MAX:,}, or take the line out.",
        grave=True,
    )


def _quantity(cells: dict[str, str]) -> float | None:
    """The number told, else how many references there are: 'R1, R2' are two.

    Of a number with a sign or too many digits whatever it is: the caller refuses it.
    """
    if "quantity" not in cells:
        return float(len(re.findall(r"[^\s,;]+", cells["reference"])) or 1)
    found = re.match(r"[+-]?\d{1,40}(?:[.,]\d{1,6})?(?![\d.,])", cells["quantity"])
    return float(found[0].replace(",", ".")) if found else None


if __name__ == "__main__":
    child.run(read)
