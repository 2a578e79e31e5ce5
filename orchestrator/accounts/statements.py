"""What a bank tells: payments that came in, or back, of a CAMT.053 or CSV statement."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Final, Literal, NoReturn
from xml.etree import ElementTree as ET

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.iso7064 import remainder
from orchestrator.foundation.money import CURRENCIES, Money

SIZE_MAX_BYTES: Final = 4 << 20
LINES_MAX: Final = 10_000
CENTS_MAX: Final = 10**12
CHUNK_BYTES: Final = 1 << 16
COLUMNS: Final = ("id", "amount", "currency", "reference")  # and account, if there is
NO_NAME: Final = frozenset({"", "NONREF", "NOTPROVIDED"})  # as banks spell "none"
_CAMT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[34]\.001\.[0-9]{2}\}")
_REFERENCE = re.compile(
    r"(?<![A-Z0-9])RF ?[0-9]{2}(?: ?[0-9]){1,21}(?![0-9])", re.IGNORECASE
)


type Kind = Literal["payment", "returned", "came-back"]


class InvalidStatementError(InvalidInputError):
    """The file is no bank statement that can be read; nothing of it was taken."""

    code = "invalid-statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """Money that came in. `bank_id` is the bank's own name of it, or made of all of it.

    `kind`: "returned" is a payment that the payer's bank took back, "came-back" one of
    ours that came back to us; `reason`: why, as ISO 20022 codes it. `account`: where it came in, "" where the statement does not say. `references` are
    what the payer's text can be read as (ISO 11649): none, mostly one.
    """

    bank_id: str
    account: str
    money: Money
    references: tuple[str, ...]
    kind: Kind = "payment"
    reason: str = ""

    @property
    def payment_id(self) -> str:
        """The id that this payment has in the book, however often it is told."""
        return self.payment_ids[0]

    @property
    def payment_ids(self) -> tuple[str, ...]:
        """The same, and the one it has if it was told without its account."""
        return self._ids("bank" if self.kind == "payment" else "bank-returned")

    @property
    def returned_ids(self) -> tuple[str, ...]:
        """Of a return: the ids of the payment, where the bank calls both the same."""
        return self._ids("bank")

    def _ids(self, which: str) -> tuple[str, ...]:
        bare = derived_id("money", which, self.bank_id)
        if not self.account:
            return (bare,)
        return (derived_id("money", which, self.account, self.bank_id), bare)


def statement_of(file: bytes) -> list[BankLine]:
    """Every incoming payment and return, in its order; what else went out is left.

    Errors: InvalidStatementError with the line at fault.
    """
    if len(file) > SIZE_MAX_BYTES:
        raise InvalidStatementError(f"a statement has {SIZE_MAX_BYTES} bytes at most")
    is_xml = file.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    lines: list[BankLine] = []
    seen: set[tuple[str, str, str]] = set()
    for line in _camt_lines(file) if is_xml else _csv_lines(file):
        if len(lines) == LINES_MAX:
            raise InvalidStatementError(f"a statement has {LINES_MAX} lines at most")
        if (line.kind, line.account, line.bank_id) in seen:
            raise InvalidStatementError(
                f"two payments of this statement are {line.bank_id[:40]!r}: "
                "the bank must tell them apart"
            )
        seen.add((line.kind, line.account, line.bank_id))
        lines.append(line)
    return lines


class _Undeclared(ET.TreeBuilder):
    """A tree without document type, in whatever encoding: no entity is ever expanded."""

    def doctype(self, *_told: str | None) -> NoReturn:
        """Refuse it before anything of it counts."""
        raise InvalidStatementError("a statement declares no document type")


def _camt_lines(file: bytes) -> Iterator[BankLine]:
    parser = ET.XMLParser(target=_Undeclared())  # noqa: S314 - see its target
    try:
        for at in range(0, len(file), CHUNK_BYTES):
            parser.feed(file[at : at + CHUNK_BYTES])
        root: ET.Element = parser.close()
    except (ET.ParseError, LookupError) as error:
        raise InvalidStatementError(f"no XML: {error}") from error
    first = next((one.tag for one in root if _CAMT.match(one.tag)), "")
    space = _CAMT.match(first)
    if space is None:
        raise InvalidStatementError("the XML is no CAMT.053 or CAMT.054 statement")
    name = space[0]
    for statement in (*root.iter(f"{name}Stmt"), *root.iter(f"{name}Ntfctn")):
        account = _text(
            statement,
            f"{name}Acct/{name}Id/{name}IBAN",
            f"{name}Acct/{name}Id/{name}Othr/{name}Id",
        )
        for entry in statement.findall(f"{name}Ntry"):
            is_booked = _text(entry, f"{name}Sts//{name}Cd", f"{name}Sts") == "BOOK"
            if is_booked:
                yield from _entry_lines(entry, name, account)


def _entry_lines(entry: ET.Element, name: str, account: str) -> Iterator[BankLine]:
    """One line, or one for each payment that the bank booked together."""
    whole = _entry_name(entry, name)
    details = entry.findall(f"{name}NtryDtls/{name}TxDtls")
    owns = [_text(one, f"{name}Refs/{name}AcctSvcrRef") for one in details]
    tells_apart = len({*owns} - NO_NAME) == len(owns)
    several = len(details) > 1
    for number, detail in enumerate(details or [entry]):
        kind = _kind(entry, detail, name)
        if kind is None:
            continue
        amount = _amount(detail, name) if several else entry.find(f"{name}Amt")
        if amount is None:
            raise InvalidStatementError(f"a payment of {whole[:40]!r} has no amount")
        bank_id = f"{whole}-{number}" if several else whole
        line = _line(
            owns[number] if owns and tells_apart else bank_id,
            account,
            amount.text or "",
            amount.get("Ccy", ""),
            _told(detail, name),
            where=f"payment {bank_id[:40]!r}",
        )
        why = f"{name}RtrInf/{name}Rsn"
        reason = _text(detail, f"{why}/{name}Cd", f"{why}/{name}Prtry")
        yield replace(line, kind=kind, reason=reason[:4])


def _kind(entry: ET.Element, detail: ET.Element, name: str) -> Kind | None:
    """What it is by its sign and its marks; None: money that we paid."""
    is_back = detail.find(f"{name}RtrInf") is not None or (
        _text(entry, f"{name}RvslInd") in {"true", "1"}
    )
    if _text(entry, f"{name}CdtDbtInd") == "CRDT":
        return "came-back" if is_back else "payment"
    return "returned" if is_back else None


def _entry_name(entry: ET.Element, name: str) -> str:
    """The bank's name of it; where it gives none, what it says of it.

    An entry's reference is one within its statement: a day and an amount make it one.
    """
    own = _text(entry, f"{name}AcctSvcrRef")
    if own not in NO_NAME:
        return own
    number = _text(entry, f"{name}NtryRef")
    if number not in NO_NAME:
        day = _text(entry, f"{name}BookgDt/{name}Dt", f"{name}BookgDt/{name}DtTm")
        return f"{number} {day} {_text(entry, f'{name}Amt')}"
    entry.tail = None
    told = ET.canonicalize(ET.tostring(entry, encoding="unicode"), strip_text=True)
    return sha256(told.encode()).hexdigest()


def _amount(detail: ET.Element, name: str) -> ET.Element | None:
    own = detail.find(f"{name}Amt")
    inner = f"{name}AmtDtls/{name}TxAmt/{name}Amt"
    return detail.find(inner) if own is None else own


def _told(detail: ET.Element, name: str) -> str:
    """The payer's words: names and accounts are none."""
    parts = (
        f"{name}RmtInf",
        f"{name}Refs/{name}EndToEndId",
        f"{name}AddtlTxInf",
        f"{name}AddtlNtryInf",
    )
    found = [one for path in parts for one in detail.findall(path)]
    # a sign that no reference holds: what stands in two places is not read as one
    return " | ".join(text for one in found for text in one.itertext() if text.strip())


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
    for number, row in enumerate(rows, start=2):
        amount = (row["amount"] or "").strip()
        if amount.startswith("-"):
            continue
        bank_id = (row["id"] or "").strip()
        if not bank_id:
            raise InvalidStatementError(f"line {number} has no id of the bank's")
        yield _line(
            bank_id,
            row.get("account") or "",
            amount,
            (row["currency"] or "").strip(),
            row["reference"] or "",
            where=f"line {number}",
        )


def _line(
    bank_id: str, account: str, amount: str, currency: str, text: str, *, where: str
) -> BankLine:
    if currency not in CURRENCIES:
        raise InvalidStatementError(
            f"{where} is in no known currency: {currency[:8]!r}"
        )
    try:
        told = Decimal(amount.replace(",", "."))
    except InvalidOperation as error:
        raise InvalidStatementError(
            f"{where} has no amount: {amount[:20]!r}"
        ) from error
    # before anything is reckoned: 1e999999999 is a number, too
    cents = told * 100 if told.is_finite() and told.adjusted() < 15 else Decimal(0)
    if cents != int(cents) or not 0 < cents <= CENTS_MAX:
        raise InvalidStatementError(f"{where} can't be of {amount[:20]!r} {currency}")
    return BankLine(
        bank_id=bank_id[:200],
        account="".join(account.split())[:64],
        money=Money(cents=int(cents), currency=currency),
        references=tuple(_references(" ".join(text.split()))),
    )


def _references(text: str) -> Iterator[str]:
    """Every reference with right check digits; other numbers may follow it, parted."""
    for found in _REFERENCE.finditer(text):
        groups: Sequence[str] = found[0].upper().split(" ")
        for count in range(1, len(groups) + 1):
            digits = "".join(groups[:count])
            is_long = len(digits) > 4 and digits[2:].isdecimal()
            if is_long and remainder(digits[4:] + digits[:4]) == 1:
                yield digits


def _text(element: ET.Element, *paths: str) -> str:
    for path in paths:
        found = (element.findtext(path) or "").strip()
        if found:
            return found
    return ""
