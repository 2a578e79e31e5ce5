"""What a bank tells: incoming payments of a CAMT.053 or CSV statement."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree as ET

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.iso7064 import remainder
from orchestrator.foundation.money import CURRENCIES, Money

SIZE_MAX_BYTES: Final = 4 << 20
LINES_MAX: Final = 10_000
CENTS_MAX: Final = 10**12
COLUMNS: Final = ("id", "amount", "currency", "reference")
_CAMT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[34]\.001\.[0-9]{2}\}")
_REFERENCE = re.compile(r"RF ?[0-9]{2}(?: ?[0-9]){1,21}", re.IGNORECASE)


class InvalidStatementError(InvalidInputError):
    """The file is no bank statement that can be read; nothing of it was taken."""

    code = "invalid-statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """Money that came in. `bank_id` is the bank's own name of it, or made of all of it.

    `references` are what the payer's text can be read as (ISO 11649): none, mostly one.
    """

    bank_id: str
    money: Money
    references: tuple[str, ...]

    @property
    def payment_id(self) -> str:
        """The id that this payment has in the book, however often it is told."""
        return derived_id("money", "bank", self.bank_id)


def statement_of(file: bytes) -> list[BankLine]:
    """Every incoming payment of a statement, in its order; what went out is left.

    Errors: InvalidStatementError with the line at fault.
    """
    if len(file) > SIZE_MAX_BYTES:
        raise InvalidStatementError(f"a statement has {SIZE_MAX_BYTES} bytes at most")
    is_xml = file.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    lines = list(_camt_lines(file) if is_xml else _csv_lines(file))
    seen: set[str] = set()
    for line in lines:
        if line.bank_id in seen:
            raise InvalidStatementError(
                f"two payments of this statement are {line.bank_id[:40]!r}: "
                "the bank must tell them apart"
            )
        seen.add(line.bank_id)
    return lines


def _camt_lines(file: bytes) -> Iterator[BankLine]:
    if b"<!DOCTYPE" in file or b"<!ENTITY" in file:
        raise InvalidStatementError("a statement declares no document type")
    try:
        root = ET.fromstring(file)  # noqa: S314 - no DTD, and its size is bounded
    except ET.ParseError as error:
        raise InvalidStatementError(f"no XML: {error}") from error
    first = next((one.tag for one in root if _CAMT.match(one.tag)), "")
    space = _CAMT.match(first)
    if space is None:
        raise InvalidStatementError("the XML is no CAMT.053 or CAMT.054 statement")
    name = space[0]
    for entry in root.iter(f"{name}Ntry"):
        is_booked = _text(entry, f"{name}Sts//{name}Cd", f"{name}Sts") == "BOOK"
        if is_booked and _text(entry, f"{name}CdtDbtInd") == "CRDT":
            yield from _entry_lines(entry, name)


def _entry_lines(entry: ET.Element, name: str) -> Iterator[BankLine]:
    """One line, or one for each payment that the bank booked together."""
    bank_id = _text(entry, f"{name}AcctSvcrRef", f"{name}NtryRef")
    details = entry.findall(f"{name}NtryDtls/{name}TxDtls")
    several = len(details) > 1
    for number, detail in enumerate(details or [entry]):
        amount = detail.find(f"{name}Amt")
        if amount is None:
            amount = detail.find(f"{name}AmtDtls/{name}TxAmt/{name}Amt")
        if amount is None and not several:
            amount = entry.find(f"{name}Amt")
        if amount is None:
            raise InvalidStatementError(f"a payment of {bank_id[:40]!r} has no amount")
        own = _text(detail, f"{name}Refs/{name}AcctSvcrRef")
        names = own or (f"{bank_id}-{number}" if bank_id and several else bank_id)
        yield _line(
            names or sha256(ET.tostring(detail)).hexdigest(),
            amount.text or "",
            amount.get("Ccy", ""),
            " ".join(detail.itertext()),
            where=f"payment {names[:40]!r}",
        )


def _csv_lines(file: bytes) -> Iterator[BankLine]:
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidStatementError(f"not UTF-8 at byte {error.start}") from error
    separator = ";" if text.partition("\n")[0].count(";") else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InvalidStatementError(f"no CSV: {error}") from error
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise InvalidStatementError(f"its first line names: {', '.join(COLUMNS)}")
    if len(rows) > LINES_MAX:
        raise InvalidStatementError(f"a statement has {LINES_MAX} lines at most")
    for number, row in enumerate(rows, start=2):
        amount = (row["amount"] or "").strip()
        if amount.startswith("-"):
            continue
        bank_id = (row["id"] or "").strip()
        if not bank_id:
            raise InvalidStatementError(f"line {number} has no id of the bank's")
        yield _line(
            bank_id,
            amount,
            (row["currency"] or "").strip(),
            row["reference"] or "",
            where=f"line {number}",
        )


def _line(
    bank_id: str, amount: str, currency: str, text: str, *, where: str
) -> BankLine:
    if currency not in CURRENCIES:
        raise InvalidStatementError(
            f"{where} is in no known currency: {currency[:8]!r}"
        )
    try:
        cents = Decimal(amount.replace(",", ".")) * 100
    except InvalidOperation as error:
        raise InvalidStatementError(
            f"{where} has no amount: {amount[:20]!r}"
        ) from error
    if not cents.is_finite() or cents != int(cents) or not 0 < cents <= CENTS_MAX:
        raise InvalidStatementError(f"{where} can't be of {amount[:20]!r} {currency}")
    return BankLine(
        bank_id=bank_id[:200],
        money=Money(cents=int(cents), currency=currency),
        references=tuple(_references(" ".join(text.split()))),
    )


def _references(text: str) -> Iterator[str]:
    """Every reference with right check digits; other digits may follow it unparted."""
    for found in _REFERENCE.finditer(text):
        digits = found[0].replace(" ", "").upper()
        for length in range(5, len(digits) + 1):
            if remainder(digits[4:length] + digits[:4]) == 1:
                yield digits[:length]


def _text(element: ET.Element, *paths: str) -> str:
    for path in paths:
        found = (element.findtext(path) or "").strip()
        if found:
            return found
    return ""
