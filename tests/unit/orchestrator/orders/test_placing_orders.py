"""An order is placed once, whole, on frozen terms, with the gate asked again."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Mandate, enact, found
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.agents import agent_of
from orchestrator.members.attestations import tell as tell_attestation
from orchestrator.orders import attesting
from orchestrator.orders.accept import place, terms_hash_of
from orchestrator.orders.again import order_again
from orchestrator.orders.clear import ask, ask_at_hand_over, clearance_of, recorded
from orchestrator.orders.errors import (
    KeyUsedError,
    LicenceRefusedError,
    QuoteExpiredError,
    QuoteRefusedError,
    QuoteUsedError,
)
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.gate_rules import LICENCE_GATE, founding_table
from orchestrator.orders.life import timeline
from orchestrator.orders.quotes import (
    NoOffer,
    PassedOver,
    quote_input,
    quote_of,
    record_quote,
    record_refused,
)
from orchestrator.orders.rows import ClearanceRow, OrderEventRow, OrderRow
from orchestrator.orders.table import Use
from orchestrator.orders.tariff import default_tariff, tariff_of
from orchestrator.planning.reserved import shortage

HOUR = timedelta(hours=1)
KEY = "key-of-this-order"


def test_an_order_freezes_what_was_quoted(
    session: Session, trade: Any, now: datetime
) -> None:
    upstream = trade.design("Clip", "CC-BY-4.0")
    version = trade.design("Hook", "LicenseRef-PPL", upstream)
    quote = trade.quote(version)
    assert quote.price_cents == 1_966
    assert quote.price_parts["upstream"] == 80
    assert (quote.distance_m, quote.tariff_version) == (3_000, "tariff-1")
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key=KEY,
        shortage=shortage,
        key=trade.key,
        shop_id=trade.shop,
        now=now,
    )
    session.commit()
    session.expire_all()
    order = session.get_one(OrderRow, order.id)
    assert (order.number, order.state, order.price_cents) == (1, "placed", 1_966)
    assert order.content_hash == version.content_hash
    assert (order.promised_to_at, order.licence) == (now + 4 * HOUR, "LicenseRef-PPL")
    assert order.terms_hash == terms_hash_of(order)
    order.price_cents -= 1
    assert order.terms_hash != terms_hash_of(order)
    lines = [(line.code, line.text) for line in timeline(session, order.id)]
    assert lines == [
        ("licence", "LicenseRef-PPL allows it."),
        ("placed", "Order placed."),
    ]
    clearance = clearance_of(session, order)
    assert any("Name Clip's maker" in duty.text for duty in clearance.duties)


def test_the_same_key_is_the_same_order_even_after_the_quote_is_over(
    session: Session, trade: Any, now: datetime
) -> None:
    quote = trade.quote(trade.design("Hook", "MIT"))

    def accept(key: str, at: datetime) -> OrderRow:
        return place(
            session,
            quote_id=quote.id,
            idempotency_key=key,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.shop,
            now=at,
        )

    order = accept(KEY, now)
    assert accept(KEY, now + 10 * HOUR).id == order.id
    with pytest.raises(QuoteUsedError, match="number 1"):
        accept("another-key", now)
    other = trade.quote(trade.design("Lamp", "MIT"))
    with pytest.raises(KeyUsedError):
        place(
            session,
            quote_id=other.id,
            idempotency_key=KEY,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.shop,
            now=now,
        )
    for key in ("short", "x" * 129, "naïve-key-of-mine", "tab\tkey-of-mine"):
        with pytest.raises(InvalidInputError):
            accept(key, now)


def test_quotes_go_off_and_are_nobody_elses(
    session: Session, trade: Any, now: datetime
) -> None:
    quote = trade.quote(trade.design("Hook", "MIT"))
    with pytest.raises(QuoteExpiredError):
        place(
            session,
            quote_id=quote.id,
            idempotency_key=KEY,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.shop,
            now=now + HOUR / 2,
        )
    with pytest.raises(NotFoundError):
        place(
            session,
            quote_id=quote.id,
            idempotency_key=KEY,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.other_shop,
            now=now,
        )
    with pytest.raises(NotFoundError):
        quote_of(session, quote.id, shop_id=trade.other_shop)
    assert session.scalar(select(func.count()).select_from(OrderRow)) == 0


def test_the_gate_is_asked_again_and_its_no_leaves_no_half_order(
    session: Session, trade: Any, now: datetime
) -> None:
    quote = trade.quote(trade.design("Hook", "LicenseRef-PPL"))
    agent_of(session, trade.shop).legal_form_attested_until = now
    before = session.scalar(select(func.count()).select_from(ClearanceRow)) or 0
    with pytest.raises(LicenceRefusedError, match="attestation"):
        place(
            session,
            quote_id=quote.id,
            idempotency_key=KEY,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.shop,
            now=now,
        )
    session.commit()
    refused = session.scalars(
        select(ClearanceRow).where(ClearanceRow.verdict == "refuse")
    ).one()
    assert session.scalar(select(func.count()).select_from(ClearanceRow)) == before + 1
    assert session.scalar(select(func.count()).select_from(OrderRow)) == 0
    assert session.scalar(select(func.count()).select_from(OrderEventRow)) == 0
    with pytest.raises(LicenceRefusedError):
        recorded(session, refused.id)
    told = tell_attestation(
        session,
        agent_id=trade.shop,
        claim="worker-cooperative",
        issuer="Register of cooperatives",
        evidence="Entry 4711",
        valid_until=now + HOUR,
        now=now,
    )
    with pytest.raises(NotAllowedError, match="their own"):
        attesting.confirm(
            session, Desk(agent_id=trade.shop, key=trade.key, now=now), told.id
        )
    desk = Desk(agent_id=trade.designer, key=trade.key, now=now)
    for _twice in range(2):
        assert attesting.confirm(session, desk, told.id).confirmed_by == trade.designer
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key=KEY,
        shortage=shortage,
        key=trade.key,
        shop_id=trade.shop,
        now=now,
    )
    assert order.number == 1  # the refused one took no number
    acts = [
        act_of(row.body)
        for row in session.scalars(select(EntryRow).order_by(EntryRow.id))
    ]
    told_of = {(act.act, act.subject): act.told or {} for act in acts}
    gate = "licence-gate-answered"
    assert len(told_of) == 3
    assert told_of[gate, refused.id]["code"] == "attestation-missing"
    assert told_of[gate, order.clearance_id]["verdict"] == "allow-with-duties"
    assert len(str(told_of["attestation-confirmed", told.id]["commitment"])) == 64
    assert b"4711" not in b"".join(session.scalars(select(EntryRow.body)))
    attesting.end(session, desk, told.id)
    session.refresh(told)
    answer = ask_at_hand_over(session, order, now=now, key=trade.key)
    assert isinstance(answer, Clearance)  # the attestation of before stands again
    stands = now + timedelta(days=300)
    assert agent_of(session, trade.shop).legal_form_attested_until == stands


def test_the_gate_is_asked_at_hand_over(
    session: Session, trade: Any, now: datetime
) -> None:
    quote = trade.quote(trade.design("Hook", "LicenseRef-PPL"))
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key=KEY,
        shortage=shortage,
        key=trade.key,
        shop_id=trade.shop,
        now=now,
    )
    assert isinstance(
        ask_at_hand_over(session, order, now=now + HOUR, key=trade.key), Clearance
    )
    late = now + timedelta(days=301)
    answer = ask_at_hand_over(session, order, now=late, key=trade.key)
    assert isinstance(answer, Refusal)
    assert session.get_one(ClearanceRow, answer.id).remedy == answer.remedy


def test_the_gate_answers_by_the_rules_in_force_and_says_which(
    session: Session, trade: Any, now: datetime
) -> None:
    found(session, LICENCE_GATE, now=now)
    version = trade.design("Hook", "LicenseRef-PPL")

    def asked(at: datetime) -> ClearanceRow:
        answer = ask(
            session,
            version_id=version.id,
            agent_id=trade.firm,
            use=Use.MAKE_AND_SELL,
            now=at,
        )
        return session.get_one(ClearanceRow, answer.id)

    table = {**json.loads(founding_table()), "reciprocity_fee_permille": 80}
    enact(
        session,
        LICENCE_GATE,
        json.dumps(table).encode(),
        by=Mandate(proposal_id="proposal-1", agent_id=trade.designer, reason="voted"),
        in_force_from=now + HOUR,
        now=now,
    )
    before, after = asked(now), asked(now + HOUR)
    assert (before.rule_version, after.rule_version) == (
        "licence-gate-1",
        "licence-gate-2",
    )
    assert "a fee of 5 % of the price" in str(before.remedy)
    assert "a fee of 8 % of the price" in str(after.remedy)


def test_a_no_is_a_quote_too_and_cannot_be_ordered(
    session: Session, trade: Any, now: datetime
) -> None:
    version = trade.design("Hook", "LicenseRef-PPL")
    asked = quote_input(
        session,
        shop_id=trade.firm,
        version_id=version.id,
        place_id=trade.firm_place,
        quantity=1,
        wished_at=now,
        latest_at=now + HOUR,
        now=now,
    )
    answer = ask(
        session, version_id=version.id, agent_id=trade.firm, use=asked.use, now=now
    )
    assert isinstance(answer, Refusal)
    quote = record_refused(session, asked, answer, tariff=tariff_of(default_tariff()))
    assert quote.refusal is not None
    assert quote.refusal["code"] == "reciprocity"
    with pytest.raises(QuoteRefusedError):
        place(
            session,
            quote_id=quote.id,
            idempotency_key=KEY,
            shortage=shortage,
            key=trade.key,
            shop_id=trade.firm,
            now=now,
        )


def test_nobody_can_make_it_is_told_with_reasons(
    session: Session, trade: Any, now: datetime
) -> None:
    version = trade.design("Hook", "MIT")
    good = trade.quote(version)
    asked = quote_input(
        session,
        shop_id=trade.shop,
        version_id=version.id,
        place_id=trade.place,
        quantity=1,
        wished_at=now,
        latest_at=now + HOUR,
        now=now,
    )
    clearance = recorded(session, good.clearance_id)
    reason = PassedOver(
        subject_id="m-1", subject_name="Prusa 1", code="alarm", text="Prusa 1 is ill"
    )
    none = NoOffer(
        code="no-machine", text="No machine.", helps=("Wait.",), passed_over=(reason,)
    )
    quote = record_quote(
        session, asked, clearance, none, tariff=tariff_of(default_tariff())
    )
    session.commit()
    session.expire_all()
    assert quote.refusal == {
        "code": "no-machine",
        "text": "No machine.",
        "helps": ["Wait."],
    }
    assert quote.rejections[0]["text"] == "Prusa 1 is ill"
    assert (quote.price_cents, quote.promised_to_at) == (0, None)
    other = trade.design("Lamp", "MIT")
    wrong = quote_input(
        session,
        shop_id=trade.shop,
        version_id=other.id,
        place_id=trade.place,
        quantity=1,
        wished_at=now,
        latest_at=now + HOUR,
        now=now,
    )
    with pytest.raises(InvalidInputError, match="another design"):
        record_quote(
            session, wrong, clearance, none, tariff=tariff_of(default_tariff())
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10_001}, "quantity"),
        ({"latest_at": -HOUR}, "latest_at"),
        ({"latest_at": timedelta(days=181)}, "latest_at"),
        ({"wished_at": 3 * HOUR}, "wished_at"),
        ({"version_id": "version-none"}, "version_id"),
        ({"place_id": "place-none"}, "place_id"),
        ({"place_id": "firm's"}, "place_id"),
    ],
)
def test_wishes_that_cannot_be_are_refused_with_the_field(
    session: Session, trade: Any, now: datetime, change: dict[str, Any], field: str
) -> None:
    version = trade.design("Hook", "MIT")
    wish: dict[str, Any] = {
        "shop_id": trade.shop,
        "version_id": version.id,
        "place_id": trade.place,
        "quantity": 1,
        "wished_at": now,
        "latest_at": now + 2 * HOUR,
    }
    for name, value in change.items():
        wish[name] = now + value if isinstance(value, timedelta) else value
    if wish["place_id"] == "firm's":
        wish["place_id"] = trade.firm_place
    with pytest.raises((InvalidInputError, NotFoundError)) as refused:
        quote_input(session, now=now, **wish)
    assert refused.value.field == field


def test_order_again_is_the_same_with_the_newest_version(
    session: Session, trade: Any, now: datetime
) -> None:
    version = trade.design("Hook", "MIT")
    quote = trade.quote(version)
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key=KEY,
        shortage=shortage,
        key=trade.key,
        shop_id=trade.shop,
        now=now,
    )
    again = order_again(session, order, now=now + 48 * HOUR)
    assert (again.version_id, again.place_id, again.quantity) == (
        version.id,
        trade.place,
        4,
    )
    assert again.wished_at == now + 50 * HOUR
    assert again.latest_at == now + 56 * HOUR
    assert not again.newer_version


def in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    start = threading.Barrier(count)
    failed: list[BaseException] = []

    def run(index: int) -> None:
        try:
            start.wait()
            work(index)
        except BaseException as error:  # noqa: BLE001 - the caller judges it
            failed.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_twenty_at_once_with_one_key_are_one_order(
    sessions: Sessions, trade: Any, now: datetime
) -> None:
    quote = trade.quote(trade.design("Hook", "MIT"))
    trade.session.commit()
    placed: list[str] = []

    def accept(_index: int) -> None:
        with sessions.begin() as session:
            order = place(
                session,
                quote_id=quote.id,
                idempotency_key=KEY,
                shortage=shortage,
                key=trade.key,
                shop_id=trade.shop,
                now=now,
            )
            placed.append(order.id)

    assert not in_threads(20, accept)
    assert len(placed) == 20
    assert len(set(placed)) == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(OrderRow)) == 1
        assert session.scalar(select(func.count()).select_from(OrderEventRow)) == 2


def test_numbers_have_no_gap_though_some_fail_on_the_way(
    sessions: Sessions, trade: Any, now: datetime
) -> None:
    version = trade.design("Hook", "MIT")
    quotes = [trade.quote(version).id for _ in range(20)]
    trade.session.commit()

    def accept(index: int) -> None:
        with sessions.begin() as session:
            place(
                session,
                quote_id=quotes[index],
                idempotency_key=f"{KEY}-{index}",
                shortage=shortage,
                key=trade.key,
                shop_id=trade.shop,
                now=now,
            )
            if index % 3 == 0:
                raise ConnectionError("the caller dies before it commits")

    failed = in_threads(20, accept)
    assert {type(error) for error in failed} == {ConnectionError}
    with sessions() as session:
        numbers = session.scalars(select(OrderRow.number).order_by(OrderRow.number))
        assert list(numbers) == list(range(1, 14))


def test_private_use_pays_no_fee(session: Session, trade: Any, now: datetime) -> None:
    version = trade.design("Hook", "LicenseRef-PPL")
    asked = quote_input(
        session,
        shop_id=trade.firm,
        version_id=version.id,
        place_id=trade.firm_place,
        quantity=4,
        wished_at=now,
        latest_at=now + HOUR,
        now=now,
        use=Use.PRIVATE,
    )
    answer = ask(
        session, version_id=version.id, agent_id=trade.firm, use=asked.use, now=now
    )
    assert isinstance(answer, Clearance)
    quote = record_quote(
        session, asked, answer, trade.offer(), tariff=tariff_of(default_tariff())
    )
    assert quote.price_parts["design"] == 0
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key=KEY,
        shortage=shortage,
        key=trade.key,
        shop_id=trade.firm,
        now=now,
    )
    assert clearance_of(session, order).use is Use.PRIVATE
