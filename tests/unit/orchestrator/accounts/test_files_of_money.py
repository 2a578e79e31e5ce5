"""Files for banks and bookkeepers, judged by their own programs and official schemas."""

import csv
import io
import subprocess
import sys
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest
import xmlschema
from sqlalchemy.orm import Session

from orchestrator.accounts import book
from orchestrator.accounts.export import beancount, hledger
from orchestrator.accounts.statements import (
    BankLine,
    InvalidStatementError,
    statement_of,
)
from orchestrator.accounts.transactions import Transaction, moved
from orchestrator.accounts.transfers import (
    BankAccount,
    Transfer,
    pain_001,
    transfers_csv,
)
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.iso7064 import checked_iban, creditor_reference
from orchestrator.foundation.money import Money

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LAB = BankAccount(holder="Ärmel & Söhne <Lab> №7", iban="DE89370400440532013000")
NETWORK = BankAccount(holder="Commons", iban="FI2112345600000785")


def transfer(cents: int = 12_345, currency: str = "EUR") -> Transfer:
    money = Money(cents=cents, currency=currency)
    return Transfer(agent_id="agent-lab-one", to=LAB, money=money)


def pain(*transfers: Transfer) -> bytes:
    return pain_001(
        "payout-01hzy3v7k2abcdefghjkmnpqrstv",
        transfers,
        source=NETWORK,
        text="Shares of May",
        made_at=NOW,
        pay_on=date(2026, 5, 5),
    )


def test_a_payout_is_valid_by_the_official_schema_of_pain_001() -> None:
    folder = resources.files("sepaxml") / "schemas"
    schema = xmlschema.XMLSchema(str(folder / "pain.001.001.09.xsd"))
    file = pain(transfer(), transfer(7))
    schema.validate(file.decode())
    assert file == pain(transfer(), transfer(7))
    assert b"<CtrlSum>123.52</CtrlSum>" in file
    assert b"<Nm>Armel . Sohne .Lab. No7</Nm>" in file
    broken = file.replace(b"<PmtMtd>TRF</PmtMtd>", b"")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(broken.decode())


def test_sepa_pays_euro_only() -> None:
    for transfers in ([], [transfer(currency="CHF")]):
        with pytest.raises(InvalidInputError):
            pain(*transfers)


def test_a_payout_as_csv_holds_no_formula() -> None:
    evil = Transfer(
        agent_id="agent-lab-one",
        to=BankAccount(holder="=1+1", iban=LAB.iban),
        money=Money(cents=-0 + 5, currency="CHF"),
    )
    _, row = csv.reader(io.StringIO(transfers_csv([evil], "May")))
    assert row == ["'=1+1", LAB.iban, "0.05", "CHF", "May"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_bean_check_and_hledger_accept_the_book(
    session: Session, tmp_path: Path
) -> None:
    for name, text, currency in (
        ("money-plain-one", "Paid.", "EUR"),
        ("money-odd-words", 'Say "\\o/"; é | x', "CHF"),
    ):
        postings = moved("income:settled:machine:lab-one", "assets:bank", 105, currency)
        one = Transaction(id=name, kind="payment", text=text, postings=postings)
        book.post(session, one, now=NOW)
    book.reverse(session, "money-plain-one", text="Wrong.", by=None, now=NOW)
    beans, journal = tmp_path / "book.beancount", tmp_path / "book.journal"
    beans.write_text(beancount(session))
    journal.write_text(hledger(session))
    check = [sys.executable, "-m", "beancount.scripts.check", str(beans)]
    accepted = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    beans.write_text(beancount(session).replace("1.05 CHF", "1.06 CHF", 1))
    assert subprocess.run(check, capture_output=True, check=False).returncode
    told = subprocess.run(
        ["hledger", "-f", str(journal), "balance", "--flat", "-O", "csv"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert '"assets:bank","1.05 CHF"' in told
    assert '"income:settled:machine:lab-one","-1.05 CHF"' in told
    journal.write_text(hledger(session).replace("1.05 CHF", "1.06 CHF", 1))
    refused = ["hledger", "-f", str(journal), "check"]
    assert subprocess.run(refused, capture_output=True, check=False).returncode


CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>m</MsgId><CreDtTm>2026-05-04T00:00:00</CreDtTm></GrpHdr><Stmt><Id>s</Id>
<Ntry><Amt Ccy="EUR">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <AcctSvcrRef>A1</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Strd><CdtrRefInf>
 <Ref>{one}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <AcctSvcrRef>A2</AcctSvcrRef><NtryDtls>
 <TxDtls><Amt Ccy="EUR">10.00</Amt><RmtInf><Ustrd>order {two}</Ustrd></RmtInf></TxDtls>
 <TxDtls><Amt Ccy="EUR">20.00</Amt><RmtInf><Ustrd>rent</Ustrd></RmtInf></TxDtls>
 </NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">9.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>
<Ntry><Amt Ccy="EUR">8.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_a_camt_statement_tells_what_came_in() -> None:
    one, two = creditor_reference(12), creditor_reference(345)
    found = statement_of(CAMT.format(one=one, two=two).encode())
    assert [(line.bank_id, line.money.cents) for line in found] == [
        ("A1", 1_250),
        ("A2-0", 1_000),
        ("A2-1", 2_000),
    ]
    assert one in found[0].references
    assert two in found[1].references
    assert found[2].references == ()


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"<!DOCTYPE x []><Document/>", "declares no document type"),
        (b"<Document><Stmt/></Document>", r"no CAMT\.053"),
        (b"<Document", "no XML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "its first line names"),
        (b"id,amount,currency,reference\nx,NaN,EUR,\n", "can't be of"),
        (b"id,amount,currency,reference\nx,1.005,EUR,\n", "can't be of"),
        (b"id,amount,currency,reference\nx,1e30,EUR,\n", "can't be of"),
        (b"id,amount,currency,reference\nx,1e999999999,EUR,\n", "can't be of"),
        (b"id,amount,currency,reference\nx,ten,EUR,\n", "line 2 has no amount"),
        (b"id,amount,currency,reference\nx,1,XXX,\n", "line 2 is in no known currency"),
        (b"id,amount,currency,reference\n,1,EUR,\n", "line 2 has no id"),
        (b"id,amount,currency,reference\nx,1,EUR,\nx,1,EUR,\n", "must tell them apart"),
    ],
)
def test_what_is_no_statement_is_refused_by_its_fault(file: bytes, why: str) -> None:
    with pytest.raises(InvalidStatementError, match=why):
        statement_of(file)


def test_check_digits_find_what_was_mistyped() -> None:
    assert creditor_reference(539007547034) == "RF18539007547034"  # ISO 11649's own
    assert checked_iban("fi21 1234 5600 0007 85") == NETWORK.iban
    for wrong in (
        "FI2112345600000786",
        "FI2112345600000758",
        "ZZ",
        "FI21ÄÄ34567890123",
    ):
        with pytest.raises(InvalidInputError) as refused:
            checked_iban(wrong)
        assert wrong not in str(refused.value)


HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><S><Stmt>'
TAIL = "</Stmt></S></Document>"


def entry(told: str, amount: str = "1.00") -> str:
    return (
        f'<Ntry>{told}<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Sts><Cd>BOOK</Cd></Sts></Ntry>"
    )


def lines_of(*entries: str) -> list[BankLine]:
    return statement_of((HEAD + "".join(entries) + TAIL).encode())


def test_no_encoding_hides_a_document_type() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "RF">]>' + HEAD + "&a;" + TAIL
    for encoding in ("utf-8", "utf-16-le"):
        with pytest.raises(InvalidStatementError, match="declares no document type"):
            statement_of(bomb.encode(encoding))
    for encoding in ("utf-16-be", "utf-16", "utf-32"):  # no form that is read here
        with pytest.raises(InvalidStatementError):
            statement_of(bomb.encode(encoding))


def test_what_a_bank_does_not_name_is_named_by_what_it_says() -> None:
    day = "<NtryRef>1</NtryRef><BookgDt><Dt>2026-05-0{}</Dt></BookgDt>"
    first, next_day = lines_of(entry(day.format(4)), entry(day.format(5)))
    assert first.payment_id != next_day.payment_id  # each statement counts from 1
    assert lines_of(entry(day.format(4))) == [first]
    nameless = entry("<AcctSvcrRef>NONREF</AcctSvcrRef>")
    (alone,) = lines_of(nameless)
    assert lines_of(entry("", "2.00"), f"{nameless}\n ")[1] == alone
    with pytest.raises(InvalidStatementError, match="tell them apart"):
        lines_of(nameless, nameless)


def test_payments_booked_together_may_repeat_the_name_of_the_whole() -> None:
    one = (
        "<TxDtls><Refs><AcctSvcrRef>B</AcctSvcrRef></Refs>"
        '<AmtDtls><TxAmt><Amt Ccy="EUR">{}</Amt></TxAmt></AmtDtls></TxDtls>'
    )
    batch = f"<NtryDtls>{one.format(1)}{one.format(2)}</NtryDtls>"
    found = lines_of(entry(f"<AcctSvcrRef>B</AcctSvcrRef>{batch}", "3.00"))
    assert [(line.bank_id, line.money.cents) for line in found] == [
        ("B-0", 100),
        ("B-1", 200),
    ]
    # of one payment the account's own amount counts, not what the payer's bank took
    sole = f"<AcctSvcrRef>C</AcctSvcrRef><NtryDtls>{one.format(9)}</NtryDtls>"
    (line,) = lines_of(entry(sole, "8.50"))
    assert line.money.cents == 850


def test_names_and_returns_are_no_reference_and_no_payment() -> None:
    reference = creditor_reference(12)
    payer = f"<NtryDtls><TxDtls><RltdPties><Nm>{reference}</Nm></RltdPties></TxDtls>"
    (line,) = lines_of(entry(f"<NtryRef>7</NtryRef>{payer}</NtryDtls>"))
    assert line.references == ()
    (back,) = lines_of(entry("<NtryRef>8</NtryRef><RvslInd>true</RvslInd>"))
    assert (back.kind, back.reason) == ("came-back", "")
