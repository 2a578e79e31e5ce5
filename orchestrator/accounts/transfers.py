"""A payout as banks and people read it: SEPA pain.001.001.09, and CSV."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from xml.etree import ElementTree as ET

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.money import Money
from orchestrator.foundation.tables import csv_text

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ID_MAX: Final = 35
_UNSEPA = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")  # EPC217-08: what every bank reads


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """Whose account, where."""

    holder: str
    iban: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One payment to one agent."""

    agent_id: str
    to: BankAccount
    money: Money


def pain_001(
    payout_id: str,
    transfers: Sequence[Transfer],
    *,
    source: BankAccount,
    text: str,
    made_at: datetime,
    pay_on: date,
) -> bytes:
    """One credit transfer initiation, all in euro, as UTF-8 XML.

    The same arguments give the same bytes, ids included: a bank drops a file sent
    twice. Errors: InvalidInputError without transfers, or for another currency.
    """
    if not transfers or any(one.money.currency != "EUR" for one in transfers):
        raise InvalidInputError("a SEPA payment has transfers, all of them in EUR")
    total = _decimal(sum(one.money.cents for one in transfers))
    document = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(document, "CstmrCdtTrfInitn")
    header = ET.SubElement(initiation, "GrpHdr")
    _leaf(header, "MsgId", _id(payout_id))
    created = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _leaf(header, "CreDtTm", created)
    _leaf(header, "NbOfTxs", str(len(transfers)))
    _leaf(header, "CtrlSum", total)
    _leaf(ET.SubElement(header, "InitgPty"), "Nm", _latin(source.holder, 70))
    batch = ET.SubElement(initiation, "PmtInf")
    _leaf(batch, "PmtInfId", _id(payout_id))
    _leaf(batch, "PmtMtd", "TRF")
    _leaf(batch, "BtchBookg", "true")
    _leaf(batch, "NbOfTxs", str(len(transfers)))
    _leaf(batch, "CtrlSum", total)
    service = ET.SubElement(ET.SubElement(batch, "PmtTpInf"), "SvcLvl")
    _leaf(service, "Cd", "SEPA")
    _leaf(ET.SubElement(batch, "ReqdExctnDt"), "Dt", pay_on.isoformat())
    _leaf(ET.SubElement(batch, "Dbtr"), "Nm", _latin(source.holder, 70))
    _account(ET.SubElement(batch, "DbtrAcct"), source.iban)
    agent = ET.SubElement(ET.SubElement(batch, "DbtrAgt"), "FinInstnId")
    _leaf(ET.SubElement(agent, "Othr"), "Id", "NOTPROVIDED")  # the IBAN says which bank
    _leaf(batch, "ChrgBr", "SLEV")
    for number, one in enumerate(transfers, start=1):
        _transfer(batch, one, _id(f"{payout_id}-{number}"), text)
    ET.indent(document)
    file: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return file + b"\n"


def transfers_csv(transfers: Sequence[Transfer], text: str) -> str:
    """The same for people and other banks."""
    rows = (
        (
            one.to.holder,
            one.to.iban,
            _decimal(one.money.cents),
            one.money.currency,
            text,
        )
        for one in transfers
    )
    return csv_text(("holder", "iban", "amount", "currency", "text"), rows)


def _transfer(batch: ET.Element, one: Transfer, end_to_end: str, text: str) -> None:
    transfer = ET.SubElement(batch, "CdtTrfTxInf")
    _leaf(ET.SubElement(transfer, "PmtId"), "EndToEndId", end_to_end)
    amount = ET.SubElement(transfer, "Amt")
    _leaf(amount, "InstdAmt", _decimal(one.money.cents)).set("Ccy", one.money.currency)
    _leaf(ET.SubElement(transfer, "Cdtr"), "Nm", _latin(one.to.holder, 70))
    _account(ET.SubElement(transfer, "CdtrAcct"), one.to.iban)
    _leaf(ET.SubElement(transfer, "RmtInf"), "Ustrd", _latin(text, 140))


def _account(parent: ET.Element, iban: str) -> None:
    _leaf(ET.SubElement(parent, "Id"), "IBAN", iban)


def _leaf(parent: ET.Element, name: str, text: str) -> ET.Element:
    leaf = ET.SubElement(parent, name)
    leaf.text = text
    return leaf


def _id(text: str) -> str:
    """At most 35 letters: the end of an id is what tells it apart."""
    return text[-ID_MAX:].lstrip("-")


def _latin(text: str, letters_max: int) -> str:
    """In letters that every SEPA bank reads; what has none is a full stop."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return (_UNSEPA.sub(".", bare).strip() or ".")[:letters_max]


def _decimal(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
