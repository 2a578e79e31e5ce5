"""Random lives of orders: whatever is paid, refunded, undone or told again, in any order.

Nobody ever has more than before a refund, nothing is lost or made, and who gave all
back has nothing.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from orchestrator.accounts import billing, book, chart
from orchestrator.accounts.billing import Invoice
from orchestrator.accounts.bills import held_bill, left_of
from orchestrator.accounts.chart import Share, taken
from orchestrator.accounts.returns import give_back
from orchestrator.accounts.rows import BillRow
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError, FabcommonsError, NotFoundError
from orchestrator.foundation.money import Money
from orchestrator.members.agents import add_agent

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SOAK = "FABCOMMONS_SOAK" in os.environ
LIVES = 2_000 if SOAK else 40
SHOP = "agent-shop-of-money"
EARNERS = ("lab-north", "lab-south", "courier-rosa", chart.NETWORK)
numbers = count(1)

parts = st.lists(
    st.tuples(
        st.sampled_from(("machine", "labour", "transport", "platform")),
        st.sampled_from(EARNERS),
        st.integers(0, 5_000),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[:2],
)
acts = st.lists(
    st.tuples(
        st.sampled_from(("pay", "refund", "invoice", "end", "again", "undo", "return")),
        st.integers(1, 9_000),
    ),
    max_size=14,
)


@dataclass
class Life:
    """An order and what was done to it so far."""

    session: Session
    order_id: str
    shares: list[Share]
    done: list[Callable[[], object]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @property
    def cents(self) -> int:
        return sum(one.cents for one in self.shares)

    def held(self) -> dict[str, int]:
        """What each side has: the payer its money back, earners what they earned."""

        def owed(account: str) -> dict[str, int]:
            found = book.balances(
                self.session, account, currency="EUR", order_id=self.order_id
            )
            return {name: -cents for name, cents in found.items()}

        settled = owed(chart.SETTLED) | owed(chart.TAX_DUE)
        bank = book.balance(self.session, chart.BANK, "EUR", order_id=self.order_id)
        back = sum(owed(chart.REFUNDS).values()) + sum(owed(chart.DEPOSITS).values())
        return settled | {"payer": back - bank}

    def act(self, name: str, cents: int) -> None:
        number = f"{self.order_id}-{len(self.ids)}"
        match name:
            case "pay":
                self.run(lambda: self.pay(f"pay-{number}", cents), f"pay-{number}")
            case "refund":
                self.run(lambda: self.refund(f"back-{number}", cents), f"back-{number}")
            case "invoice":
                self.run(self.invoice)
            case "end":
                self.run(
                    lambda: billing.end(
                        self.session, self.order_id, why="Ended.", now=NOW
                    )
                )
            case "again" if self.done:
                before = self.held()
                self.done[cents % len(self.done)]()
                assert self.held() == before
            case "undo" if self.ids:
                self.undo(self.ids[cents % len(self.ids)])
            case "return" if self.ids:
                paid_id = self.ids[cents % len(self.ids)]
                self.run(lambda: self.give_back(paid_id, number))

    def run(self, do: Callable[[], object], act_id: str | None = None) -> None:
        try:
            with self.session.begin_nested():
                do()
        except ConflictError:
            return
        self.done.append(do)
        if act_id:
            self.ids.append(act_id)

    def pay(self, payment_id: str, cents: int) -> object:
        before = self.held()
        row = billing.pay(
            self.session,
            self.order_id,
            Money(cents=cents),
            payment_id=payment_id,
            by=None,
            told={},
            now=NOW,
        )
        after = self.held()
        assert all(after[one] >= before.get(one, 0) for one in after if one != "payer")
        return row

    def refund(self, refund_id: str, cents: int) -> object:
        before = self.held()
        row = billing.refund(
            self.session,
            self.order_id,
            cents,
            refund_id=refund_id,
            by=None,
            why="Broken.",
            now=NOW,
        )
        after = self.held()
        assert all(after.get(one, 0) <= before[one] for one in before if one != "payer")
        return row

    def give_back(self, payment_id: str, number: str) -> object:
        """The payer's bank took it back: the payer has just that more, earners less."""
        before = self.held()
        bank = book.balance(self.session, chart.BANK, "EUR", order_id=self.order_id)
        try:
            row = give_back(
                self.session,
                payment_id,
                return_id=f"return-{number}",
                reason="MD06",
                now=NOW,
            )
        except NotFoundError:  # a refund, which no bank takes back
            return None
        after = self.held()
        assert all(after.get(one, 0) <= before[one] for one in before if one != "payer")
        if row.told["returns"] == payment_id and after != before:
            now_at = book.balance(
                self.session, chart.BANK, "EUR", order_id=self.order_id
            )
            assert bank - now_at == row.told["cents"]
        return row

    def invoice(self) -> object:
        drawn = Invoice(shares=self.shares, taxes=(), notes=(), due_at=NOW)
        return billing.invoice(self.session, self.order_id, drawn, now=NOW)

    def undo(self, act_id: str) -> None:
        try:
            with self.session.begin_nested():
                billing.undo(self.session, act_id, by=None, why="Wrong.", now=NOW)
        except ConflictError:
            return
        self.done = [do for do in self.done if do is not None]

    def check(self) -> None:
        """What must hold after every act."""
        held = self.held()
        bill = held_bill(self.session, self.order_id)
        assert held["payer"] <= 0, "the payer has more than before it ordered"
        assert -held["payer"] == sum(
            cents for name, cents in held.items() if name != "payer"
        ), "what one side lost another has"
        whole = {one.settled: one.cents for one in self.shares}
        assert all(0 <= held.get(name, 0) <= whole[name] for name in whole)
        assert all(left >= 0 for left in left_of(self.session, bill, "unsettled"))
        for share in self.shares:
            if share.payable is not None:
                spent = book.balance(
                    self.session, share.direct, "EUR", order_id=self.order_id
                )
                assert spent == held.get(share.settled, 0)
        promised = 0 if bill.invoiced_at or bill.ended_at else self.cents
        claims = book.balance(self.session, chart.CLAIMS, "EUR", order_id=self.order_id)
        assert claims == promised


@settings(
    max_examples=LIVES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=parts, acts=acts, with_tax=st.integers(0, 900))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_life_of_an_order_leaves_anyone_richer(
    sessions: Sessions,
    parts: list[tuple[str, str, int]],
    acts: list[tuple[str, int]],
    with_tax: int,
) -> None:
    with sessions() as session:
        life = begun(session, parts, with_tax)
        for name, cents in acts:
            life.act(name, cents)
            life.check()
        give_all_back(life)
        session.rollback()


def begun(session: Session, parts: list[tuple[str, str, int]], tax: int) -> Life:
    shares = [Share(component=c, agent_id=a, cents=n) for c, a, n in parts]
    shares.append(Share(component="tax", agent_id="vat-20", cents=tax))
    number = next(numbers)
    life = Life(session, f"order-{number:08}", shares)
    add_agent(
        session,
        kind="person",
        name="Shop",
        legal_form="individual",
        now=NOW,
        agent_id=SHOP,
    )
    billing.claim(session, bill_of(life, number))
    return life


def bill_of(life: Life, number: int) -> BillRow:
    return BillRow(
        order_id=life.order_id,
        order_number=number,
        reference=f"RF{number}",
        payer_id=SHOP,
        currency="EUR",
        cents=life.cents,
        deposit_cents=0,
        terms_version="terms-1",
        claimed_at=NOW,
    )


def give_all_back(life: Life) -> None:
    """In the end all of it is refunded, and nobody has anything, the payer all."""
    life.run(life.invoice)
    bill = held_bill(life.session, life.order_id)
    left = billing.refundable(life.session, bill)
    if left:
        life.refund(f"all-{life.order_id}", left)
    life.check()
    assert not any(life.held().values())
    with pytest.raises(FabcommonsError):
        life.refund(f"more-{life.order_id}", 1)


@given(
    remaining=st.lists(st.integers(0, 10**12), min_size=1, max_size=8),
    cuts=st.lists(st.fractions(0, 1), max_size=5),
)
def test_what_is_taken_piece_by_piece_ends_at_nothing(
    remaining: list[int], cuts: list[object]
) -> None:
    left = list(remaining)
    for cut in [*cuts, 1]:
        cents = int(sum(left) * cut)  # type: ignore[operator]
        parts = taken(cents, left)
        assert sum(parts) == cents
        for part, one in zip(parts, left, strict=True):
            assert 0 <= part <= one
            assert abs(part * sum(left) - one * cents) <= sum(left)
        left = [one - part for one, part in zip(left, parts, strict=True)]
    assert not any(left)
