"""Several acts on one order's money at the same time, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy.orm import Session

from orchestrator.accounts import billing, book, chart
from orchestrator.accounts.billing import Invoice
from orchestrator.accounts.chart import Share
from orchestrator.accounts.rows import BillRow
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.money import Money
from orchestrator.members.agents import add_agent

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SHOP, ORDER = "agent-shop-at-once", "order-at-once"
SHARES = tuple(
    Share(component="machine", agent_id=lab, cents=333) for lab in ("lab-a", "lab-b")
)


def claim(session: Session) -> None:
    bill = BillRow(
        order_id=ORDER,
        order_number=1,
        reference="RF1",
        payer_id=SHOP,
        currency="EUR",
        cents=666,
        deposit_cents=0,
        terms_version="terms-1",
        claimed_at=NOW,
    )
    billing.claim(session, bill)


def invoice(session: Session) -> None:
    drawn = Invoice(shares=SHARES, taxes=(), notes=(), due_at=NOW)
    billing.invoice(session, ORDER, drawn, now=NOW)


def pay(session: Session) -> None:
    billing.pay(
        session,
        ORDER,
        Money(cents=666),
        payment_id="money-the-one",
        by=None,
        told={},
        now=NOW,
    )


def refund(name: str, cents: int) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        billing.refund(
            session,
            ORDER,
            cents,
            refund_id=f"money-back-{name}",
            by=None,
            why="Broken.",
            now=NOW,
        )

    return run


def test_what_happens_at_once_happens_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        add_agent(
            session,
            kind="person",
            name="Shop",
            legal_form="individual",
            now=NOW,
            agent_id=SHOP,
        )
    acts = (claim, invoice, pay, refund("one", 400), refund("two", 400))
    together = Barrier(4)

    def write(_writer: int) -> None:
        for act in acts:
            together.wait()
            try:
                with sessions.begin() as session:
                    act(session)
            except ConflictError:
                assert act is acts[-1], "only the second refund is too much"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with sessions() as session:
        assert book.balance(session, chart.BANK, "EUR") == 666
        assert book.balance(session, chart.REFUNDS, "EUR") == -400
        assert book.balance(session, chart.SETTLED, "EUR") == -266
        assert book.balance(session, chart.PAYABLE, "EUR") == -266
        assert book.digests(session, [NOW])
