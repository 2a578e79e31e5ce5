"""A withdrawn design is neither found nor ordered, and comes back as it was."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.catalogue.search import find_designs, remember_all
from orchestrator.catalogue.withdrawing import (
    WithdrawnError,
    offer_again,
    withdraw,
)
from orchestrator.foundation.errors import NotAllowedError


def found(session: Session) -> list[str]:
    return [row.title for row in find_designs(session)]


def test_nobody_finds_or_orders_it_until_it_is_offered_again(
    session: Session, trade: Any, now: datetime
) -> None:
    trade.design("Hook", "MIT")
    hinge = trade.design("Hinge", "MIT")
    for _ in range(2):
        withdraw(session, hinge.design_id, designer_id=trade.designer, now=now)
    remember_all(session)
    assert found(session) == ["Hook"]
    with pytest.raises(WithdrawnError, match="withdrew"):
        trade.quote(hinge)
    offer_again(session, hinge.design_id, designer_id=trade.designer)
    assert found(session) == ["Hinge", "Hook"]
    assert trade.quote(hinge).refusal is None


def test_only_its_designer_withdraws_it(
    session: Session, trade: Any, now: datetime
) -> None:
    design_id = trade.design("Hook", "MIT").design_id
    with pytest.raises(NotAllowedError):
        withdraw(session, design_id, designer_id=trade.shop, now=now)
    with pytest.raises(NotAllowedError):
        offer_again(session, design_id, designer_id=trade.shop)
    assert found(session) == ["Hook"]


def test_a_program_withdraws_it_and_offers_it_again(
    *, trade_door: Any, session: Session, trade: Any, key_of: Any
) -> None:
    design_id = trade.design("Hook", "MIT").design_id
    session.commit()
    address = f"/api/v1/designs/{design_id}/withdrawn"
    own, shop = key_of(trade.designer, "designer"), key_of(trade.shop, "shop")
    assert trade_door.client.put(address, headers=shop).status_code == 403
    assert trade_door.client.put(address, headers=own).status_code == 204
    assert trade_door.client.get("/api/v1/designs").json() == []
    assert trade_door.client.get(f"/api/v1/designs/{design_id}").status_code == 200
    assert trade_door.client.delete(address, headers=own).status_code == 204
    assert len(trade_door.client.get("/api/v1/designs").json()) == 1
