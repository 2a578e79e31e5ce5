"""Two labs with a device each, a courier and a shop."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.signing import new_signing_key, text_of
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.devices import enrol, issue_code
from orchestrator.network.couriers import add_courier
from orchestrator.network.facilities import add_facility

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, kw_only=True)
class Region:
    """Ids of what a test begins with."""

    lab: str
    other_lab: str
    device: str
    other_device: str
    courier: str
    shop: str
    operator: str
    steward: str


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def region(session: Session) -> Region:
    def member(name: str) -> str:
        return add_agent(
            session, kind="person", name=name, legal_form="individual", now=NOW
        ).id

    owner, courier, shop = member("Owner"), member("Rosa"), member("Shop")
    operator, steward = member("Operator"), member("Steward")
    labs, devices = [], []
    for name in ("North", "South"):
        lab = add_facility(
            session,
            name=name,
            owner_id=owner,
            address=f"{name} street 1",
            lat=60.17,
            lon=24.94,
            now=NOW,
        )
        code = issue_code(
            session, facility_id=lab.id, owner_id=owner, issued_by=owner, now=NOW
        )
        key = text_of(new_signing_key().public)
        enrolled = enrol(session, code=code, device_name=name, public_key=key, now=NOW)
        labs.append(lab.id)
        devices.append(enrolled.device_id)
    add_courier(
        session, agent_id=courier, profile="bicycle", lat=60.17, lon=24.94, now=NOW
    )
    grant_role(session, courier, "courier", now=NOW)
    grant_role(session, shop, "shop", now=NOW)
    grant_role(session, steward, "steward", now=NOW)
    grant_role(session, operator, "operator", now=NOW, facility_id=labs[0])
    session.commit()
    return Region(
        lab=labs[0],
        other_lab=labs[1],
        device=devices[0],
        other_device=devices[1],
        courier=courier,
        shop=shop,
        operator=operator,
        steward=steward,
    )
