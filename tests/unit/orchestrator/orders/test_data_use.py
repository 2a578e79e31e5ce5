"""Who gains money with the network's data asks the gate, and its answer is kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders.data_use import ask_for_data
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.table import Use


def test_the_ledger_passes_the_gate_as_a_design_does(
    session: Session, trade: Any, now: datetime
) -> None:
    def asked(agent_id: str, use: Use, days: int = 0) -> Clearance | Refusal:
        return ask_for_data(
            session,
            data_set="ledger",
            agent_id=agent_id,
            use=use,
            key=trade.key,
            now=now + timedelta(days=days),
        )

    sell, private = Use.MAKE_AND_SELL, Use.PRIVATE
    assert isinstance(asked(trade.shop, sell), Clearance)
    assert isinstance(asked(trade.firm, private), Clearance)
    refused = asked(trade.firm, sell)
    assert isinstance(refused, Refusal)
    assert "reciprocity licence with the network's members" in refused.remedy
    lapsed = asked(trade.shop, sell, days=301)
    assert isinstance(lapsed, Refusal)
    assert lapsed.code == "attestation-missing"
    acts = [act_of(body) for body in session.scalars(select(EntryRow.body))]
    assert sorted((act.actor, (act.told or {})["verdict"]) for act in acts) == sorted(
        [
            (trade.shop, "allow-with-duties"),
            (trade.firm, "allow-with-duties"),
            (trade.firm, "refuse"),
            (trade.shop, "refuse"),
        ]
    )
    with pytest.raises(NotFoundError):
        ask_for_data(
            session,
            data_set="weather",
            agent_id=trade.shop,
            use=sell,
            key=trade.key,
            now=now,
        )
