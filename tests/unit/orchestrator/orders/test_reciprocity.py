"""A firm sells by a reciprocity licence: the fee reaches all who made the design."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts import billing, book
from orchestrator.accounts.bills import shares_of
from orchestrator.accounts.rows import BillRow
from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders import duties, life, reciprocity
from orchestrator.orders.accept import place
from orchestrator.orders.clear import ask
from orchestrator.orders.errors import LicenceRefusedError, QuoteExpiredError
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.gate_rules import founding_table, rules_of
from orchestrator.orders.rows import OrderRow, ReciprocityRow
from orchestrator.orders.table import Use
from orchestrator.planning.reserved import shortage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = rules_of(founding_table())
(IN_KIND, _HOURS) = RULES.reciprocity_in_kind


@pytest.fixture
def hook(trade: Any) -> DesignVersionRow:
    """Ada's hook builds on the courier's clip with a fifth of its value."""
    clip = trade.design("Clip", "LicenseRef-PPL", designer=trade.courier)
    return trade.design("Hook", "LicenseRef-PPL", clip)


def wanted(trade: Any, hook: DesignVersionRow, in_kind: str = "") -> list[Any]:
    return reciprocity.request(
        trade.session,
        version_id=hook.id,
        agent_id=trade.firm,
        in_kind=in_kind,
        rules=RULES,
        now=NOW,
    )


def agree(trade: Any, rows: list[ReciprocityRow]) -> None:
    by_design = {row.design_id: row for row in rows}
    assert len(by_design) == len(rows) == 2
    for row in rows:
        for designer in (trade.designer, trade.courier):
            try:
                reciprocity.agree(trade.session, desk(trade, designer), row.id)
            except NotFoundError:
                continue
        assert row.agreed_at == NOW


def answer(trade: Any, hook: DesignVersionRow, at: datetime = NOW) -> Any:
    return ask(
        trade.session,
        version_id=hook.id,
        agent_id=trade.firm,
        use=Use.MAKE_AND_SELL,
        now=at,
    )


def ordered(trade: Any, hook: DesignVersionRow) -> OrderRow:
    quote = trade.quote(hook, shop=trade.firm, place=trade.firm_place)
    return place(
        trade.session,
        quote_id=quote.id,
        idempotency_key=new_id("key"),
        shop_id=trade.firm,
        now=NOW,
        shortage=shortage,
        key=trade.key,
    )


def delivered(trade: Any, order: OrderRow) -> None:
    session = trade.session
    life.mark_planned(
        session,
        order,
        facility_id=trade.facility,
        courier_id=trade.courier,
        expected_at=NOW,
        now=NOW,
    )
    life.mark_made(session, order, now=NOW)
    life.mark_picked_up(session, order, courier_id=trade.courier, now=NOW)
    life.mark_delivered(session, order, now=NOW)


def test_the_fee_is_on_the_bill_and_reaches_all_contributors_to_the_cent(
    session: Session, trade: Any, hook: DesignVersionRow
) -> None:
    assert answer(trade, hook).code == "reciprocity"
    agree(trade, wanted(trade, hook))
    assert answer(trade, hook).fee_permille == 100  # 5 % for each of the two designs
    order = ordered(trade, hook)
    parts = dict(order.price_parts)
    fee = parts.pop("reciprocity")
    assert fee == (2 * sum(parts.values()) * 100 + 1_000) // 2_000 > 0
    assert sum(parts.values()) + fee == order.price_cents
    delivered(trade, order)
    shares = shares_of(session.get_one(BillRow, order.id))
    assert sum(one.cents for one in shares) == order.price_cents
    paid_to = {
        one.agent_id: one.cents for one in shares if one.component == "reciprocity"
    }
    # of ten parts of the fee Ada has 0.8 of hers, the clip's maker 0.2 and all of his
    assert paid_to == {
        trade.designer: (fee * 4 + 5) // 10,
        trade.courier: fee - (fee * 4 + 5) // 10,
    }
    billing.pay(
        session,
        order.id,
        Money(cents=order.price_cents),
        payment_id=new_id("money"),
        by=None,
        told={},
        now=NOW,
    )
    for agent_id, cents in paid_to.items():
        settled = f"income:settled:reciprocity:{agent_id}"
        assert -book.balance(session, settled, "EUR") == cents
        direct = f"expenses:direct:reciprocity:{agent_id}"
        assert book.balance(session, direct, "EUR") == cents
    kinds = {row.kind for row in duties.owed_by(session, trade.firm)}
    assert kinds == {"attribution", "share-alike"}  # what is paid is no task


def test_what_is_given_in_kind_is_a_task_with_its_day(
    session: Session, trade: Any, hook: DesignVersionRow
) -> None:
    agree(trade, wanted(trade, hook, IN_KIND))
    order = ordered(trade, hook)
    assert order.price_parts["reciprocity"] == 0
    assert not duties.owed_by(session, trade.firm)
    delivered(trade, order)
    duties.owe(session, order, now=NOW)  # told twice is owed once
    owed = duties.owed_by(session, trade.firm)
    in_kind = [row for row in owed if row.kind == "in-kind"]
    assert [row.due_at for row in in_kind] == [NOW + 90 * DAY] * 2
    assert all(IN_KIND in row.text for row in in_kind)
    assert len(owed) == duties.open_count(session, trade.firm) == 6
    assert {row.id for row in duties.owed_for(session, trade.designer)} == {
        row.id for row in owed
    }
    with pytest.raises(NotFoundError):
        settle(trade, in_kind[0].id, trade.shop)
    with pytest.raises(InvalidInputError):
        settle(trade, in_kind[0].id, trade.firm, proof=" ")
    for _twice in range(2):
        assert settle(trade, in_kind[0].id, trade.firm).done_at == NOW
    assert duties.open_count(session, trade.firm) == 5


def desk(trade: Any, agent_id: str) -> Desk:
    return Desk(agent_id=agent_id, key=trade.key, now=NOW)


def settle(trade: Any, duty_id: str, agent_id: str, proof: str = "v2") -> Any:
    return duties.settle(trade.session, desk(trade, agent_id), duty_id, proof=proof)


def test_it_holds_for_a_year_and_as_long_as_both_want(
    session: Session, trade: Any, hook: DesignVersionRow
) -> None:
    rows = wanted(trade, hook)
    with pytest.raises(ConflictError):
        wanted(trade, hook)
    for stranger in (trade.firm, trade.shop):
        with pytest.raises(NotFoundError):
            reciprocity.agree(session, desk(trade, stranger), rows[0].id)
    agree(trade, rows)
    assert isinstance(answer(trade, hook, NOW + 364 * DAY), Clearance)
    assert isinstance(answer(trade, hook, NOW + 365 * DAY), Refusal)
    quote = trade.quote(hook, shop=trade.firm, place=trade.firm_place)
    reciprocity.end(session, desk(trade, trade.firm), rows[0].id)
    accept: dict[str, Any] = {
        "quote_id": quote.id,
        "idempotency_key": new_id("key"),
        "shop_id": trade.firm,
        "now": NOW,
        "shortage": shortage,
        "key": trade.key,
    }
    with pytest.raises(LicenceRefusedError):
        place(session, **accept)
    (again,) = wanted(trade, hook, IN_KIND)
    for designer in (trade.designer, trade.courier):
        if designer_of(session, again) == designer:
            reciprocity.agree(session, desk(trade, designer), again.id)
    with pytest.raises(QuoteExpiredError, match="in return"):
        place(session, **accept)
    acts = [act_of(body) for body in session.scalars(select(EntryRow.body))]
    told = [act.act for act in acts if act.act.startswith("reciprocity")]
    assert sorted(told) == ["reciprocity-agreed"] * 3 + ["reciprocity-ended"]


def designer_of(session: Session, row: ReciprocityRow) -> str:
    return next(
        designer
        for designer in session.scalars(
            select(DesignRow.designer_id).where(DesignRow.id == row.design_id)
        )
    )


def test_nothing_is_asked_where_nothing_is_closed(session: Session, trade: Any) -> None:
    with pytest.raises(ConflictError):
        wanted(trade, trade.design("Hook", "MIT OR LicenseRef-PPL"))
    with pytest.raises(InvalidInputError):
        wanted(trade, trade.design("Clip", "LicenseRef-PPL"), "a cake")


def test_whom_it_is_owed_to_confirms_or_contests_what_is_said_to_be_done(
    session: Session, trade: Any, hook: DesignVersionRow
) -> None:
    agree(trade, wanted(trade, hook, IN_KIND))
    delivered(trade, ordered(trade, hook))
    first, second, *_ = duties.owed_by(session, trade.firm)
    ada, upstream, stranger = (
        desk(trade, one) for one in (trade.designer, trade.courier, trade.other_shop)
    )
    own = desk(trade, trade.firm)

    def no(by: Desk, is_steward: bool = False) -> Any:
        return duties.contest(
            session, by, first.id, is_steward=is_steward, why="Not on the label."
        )

    with pytest.raises(ConflictError, match="has not said"):
        no(ada)
    settle(trade, first.id, trade.firm, "On the label")
    for by, is_steward in ((stranger, False), (own, True)):
        with pytest.raises(NotFoundError):
            no(by, is_steward)
    with pytest.raises(InvalidInputError):
        duties.contest(session, ada, first.id, is_steward=False, why=" ")
    assert duties.told_count(session, trade.courier) == 1  # his clip is in it
    no(upstream)
    assert (first.done_at, first.proof) == (None, None)
    assert duties.contested(session, {first.id})[first.id].text == "Not on the label."
    assert duties.open_count(session, trade.firm) == 6
    settle(trade, first.id, trade.firm, "On the new label")
    for _twice in range(2):
        duties.confirm(session, ada, first.id, is_steward=False)
    with pytest.raises(ConflictError, match="confirmed"):
        no(stranger, is_steward=True)
    settle(trade, second.id, trade.firm)
    assert [row.id for row in duties.unchecked(session)] == [second.id]
    duties.confirm(session, stranger, second.id, is_steward=True)
    assert not duties.unchecked(session)
    acts = [act_of(body) for body in session.scalars(select(EntryRow.body))]
    told = [(act.act, act.actor) for act in acts if act.act.startswith("duty-")]
    assert sorted(told) == sorted(
        [
            *[("duty-done", trade.firm)] * 3,
            ("duty-contested", trade.courier),
            ("duty-confirmed", trade.designer),
            ("duty-confirmed", trade.other_shop),
        ]
    )
    assert b"label" not in b"".join(session.scalars(select(EntryRow.body)))


def test_what_is_due_is_reminded_a_week_before_and_on_its_day(
    session: Session, trade: Any, hook: DesignVersionRow
) -> None:
    agree(trade, wanted(trade, hook))
    delivered(trade, ordered(trade, hook))
    late = {"attribution": NOW + 14 * DAY, "share-alike": NOW + 90 * DAY}

    def reminded(at: datetime) -> set[tuple[str, int]]:
        found = duties.reminders(session, since=at - DAY, now=at)
        return {(row.kind, before.days) for row, before in found}

    assert reminded(late["attribution"] - 7 * DAY) == {("attribution", 7)}
    assert reminded(late["attribution"] - 5 * DAY) == set()
    assert reminded(late["share-alike"]) == {("share-alike", 0)}
    for row in duties.owed_by(session, trade.firm):
        settle(trade, row.id, trade.firm)
    assert reminded(late["share-alike"]) == set()
