"""The book for other programs: Beancount and hledger read it, and check it anew."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.accounts.book import transactions
from orchestrator.accounts.rows import TransactionRow
from orchestrator.accounts.transactions import Posting, Transaction

type Told = tuple[TransactionRow, Transaction]

TITLE: Final = "Fabcommons: the money book"


def beancount(session: Session) -> str:
    """Every transaction as Beancount 3 reads it; accounts open with their first use."""
    found = transactions(session)
    lines = [f'option "title" "{TITLE}"', ""]
    opened: set[str] = set()
    for row, one in found:
        for posting in one.postings:
            name = _beancount_name(posting.account)
            if name not in opened:
                opened.add(name)
                lines.append(f"{row.posted_at:%Y-%m-%d} open {name}")
        lines.append(f'{row.posted_at:%Y-%m-%d} * "{_quoted(one.text)}"')
        lines += [f'  {name}: "{value}"' for name, value in _tags(one)]
        lines += [
            f"  {_beancount_name(posting.account)}  {_amount(posting)}"
            for posting in one.postings
        ]
        lines.append("")
    return "\n".join(lines)


def hledger(session: Session) -> str:
    """Every transaction as hledger reads it, each checked against zero by it."""
    return "\n".join(_hledger_lines(transactions(session)))


def _hledger_lines(found: Iterable[Told]) -> Iterator[str]:
    yield f"; {TITLE}"
    yield "decimal-mark ."
    yield ""
    for row, one in found:
        text = one.text.replace(";", ",").replace("|", "/")
        yield f"{row.posted_at:%Y-%m-%d} * ({one.id}) {text}"
        for name, value in _tags(one):
            yield f"    ; {name}: {value}"
        for posting in one.postings:
            yield f"    {posting.account}  {_amount(posting)}"
        yield ""


def _tags(one: Transaction) -> Iterator[tuple[str, str]]:
    for name in ("id", "kind", "order_id", "reverses"):
        value = getattr(one, name)
        if value is not None:
            yield name.replace("_", "-"), value


def _amount(posting: Posting) -> str:
    return str(posting.money)


def _beancount_name(account: str) -> str:
    """Each part begins with a capital or a digit there."""
    return ":".join(part[:1].upper() + part[1:] for part in account.split(":"))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
