"""A lab comes into other hands: offered, accepted or not; nothing before, all then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.signing import new_signing_key, signing_key, text_of
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.api import LedgerSettings
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.agents import add_agent, grant_role, roles_of
from orchestrator.members.browser_sessions import open_session
from orchestrator.members.devices import enrol, issue_code, note_life
from orchestrator.members.logins import add_hashed_login
from orchestrator.members.principal_api import CSRF_HEADER, SESSION_COOKIE
from orchestrator.members.principals import principal_of_device
from orchestrator.members.rows import DeviceRow, SigningKeyRow
from orchestrator.members.signing_keys import register_network_key
from orchestrator.network.facilities import facility_of
from orchestrator.network.handing_over import (
    OBJECT,
    accept_lab,
    confirm_offer,
    end_offer,
    offer_lab,
    offer_of,
    offers_to,
    offers_to_confirm,
    owner_at,
)

KEY = signing_key(b"h" * 32)


def member(session: Session, name: str, now: datetime, *, signs_in: bool = True) -> str:
    row = add_agent(session, kind="person", name=name, legal_form="individual", now=now)
    if signs_in:
        email = f"{name.lower()}@example.org"
        add_hashed_login(session, row.id, email=email, password_hash="x", now=now)
    return row.id


@pytest.fixture
def owner(session: Session, region: Any, now: datetime) -> str:
    """Who owns both labs, works in North and can sign in."""
    register_network_key(session, KEY, now=now)
    owner_id = facility_of(session, region.lab).owner_id
    email = "owner@example.org"
    add_hashed_login(session, owner_id, email=email, password_hash="x", now=now)
    grant_role(session, owner_id, "operator", now=now, facility_id=region.lab)
    return owner_id


def desk(agent_id: str, now: datetime) -> Desk:
    return Desk(agent_id=agent_id, key=KEY, now=now)


def acts(session: Session) -> list[tuple[str, str, str | None]]:
    bodies = session.scalars(
        select(EntryRow.body).where(EntryRow.kind == ACT).order_by(EntryRow.recorded_at)
    )
    return [(act.act, act.actor, act.second) for act in map(act_of, bodies)]


def works_in(session: Session, agent_id: str) -> set[str]:
    return {one.facility_id for one in roles_of(session, agent_id)}


def test_an_accepted_lab_is_theirs_with_its_devices_and_nothing_else_moves(
    session: Session, region: Any, owner: str, now: datetime
) -> None:
    mary, other = member(session, "Mary", now), member(session, "Else", now)
    lab = region.lab
    code = issue_code(
        session, facility_id=lab, owner_id=owner, issued_by=owner, now=now
    )
    theirs = enrol(
        session,
        code=issue_code(
            session, facility_id=lab, owner_id=other, issued_by=owner, now=now
        ),
        device_name="of another",
        public_key=text_of(new_signing_key().public),
        now=now,
    )
    mine = enrol(
        session,
        code=issue_code(
            session, facility_id=lab, owner_id=owner, issued_by=owner, now=now
        ),
        device_name="mine",
        public_key=text_of(new_signing_key().public),
        now=now,
    )
    row = offer_lab(session, desk(owner, now), lab, mary)
    assert offer_lab(session, desk(owner, now), lab, mary) is row
    assert facility_of(session, lab).owner_id == owner  # an offer moves nothing
    assert [one.id for one, _ in offers_to(session, mary)] == [row.id]
    with pytest.raises(NotFoundError):
        accept_lab(session, desk(other, now), row.id)

    later = now + timedelta(days=3)
    accept_lab(session, desk(mary, later), row.id)
    accept_lab(session, desk(mary, later), row.id)  # twice is once
    session.commit()
    assert facility_of(session, lab).owner_id == mary
    assert facility_of(session, region.other_lab).owner_id == owner
    assert lab in works_in(session, mary)
    assert lab not in works_in(session, owner)
    assert principal_of_device(session, mine.token).agent_id == mary
    assert principal_of_device(session, theirs.token).agent_id == other
    assert session.get_one(DeviceRow, region.other_device).owner_id == owner
    keys = dict(
        session.execute(select(SigningKeyRow.device_id, SigningKeyRow.agent_id)).all()
    )
    assert keys[mine.device_id] == mary
    assert keys[theirs.device_id] == other
    assert note_life(session, mine.device_id, epoch=1, incarnation="a") == "new"
    late = enrol(  # an invitation that was under way
        session,
        code=code,
        device_name="late",
        public_key=text_of(new_signing_key().public),
        now=now,
    )
    assert session.get_one(DeviceRow, late.device_id).owner_id == mary
    assert acts(session) == [
        ("lab-offered", owner, None),
        ("lab-handed-over", mary, None),
    ]
    whole = facility_of(session, lab)
    assert owner_at(session, whole, now) == owner
    assert owner_at(session, whole, later) == mary
    with pytest.raises(ConflictError, match="accepted"):
        end_offer(session, desk(owner, later), row.id)


def test_either_side_ends_an_offer_and_nobody_else_has_to_do_with_it(
    session: Session, region: Any, owner: str, now: datetime
) -> None:
    mary, other = member(session, "Mary", now), member(session, "Else", now)
    for who in (owner, mary):
        row = offer_lab(session, desk(owner, now), region.lab, mary)
        with pytest.raises(ConflictError, match="offered already"):
            offer_lab(session, desk(owner, now), region.lab, other)
        for stranger in (other, region.steward):
            with pytest.raises(NotFoundError):
                end_offer(session, desk(stranger, now), row.id)
        end_offer(session, desk(who, now), row.id)
        end_offer(session, desk(who, now), row.id)
        with pytest.raises(ConflictError, match="taken back"):
            accept_lab(session, desk(mary, now), row.id)
    assert facility_of(session, region.lab).owner_id == owner
    silent = member(session, "Silent", now, signs_in=False)
    for to_id, refusal, words in (
        (owner, InvalidInputError, "already"),
        (silent, InvalidInputError, "nobody signs in"),
        ("agent-nobody", NotFoundError, "no agent"),
    ):
        with pytest.raises(refusal, match=words):
            offer_lab(session, desk(owner, now), region.lab, to_id)
    with pytest.raises(NotAllowedError, match="only its owner"):
        offer_lab(session, desk(other, now), region.lab, mary)


def test_who_goes_on_working_there_does(
    session: Session, region: Any, owner: str, now: datetime
) -> None:
    mary = member(session, "Mary", now)
    row = offer_lab(session, desk(owner, now), region.lab, mary, stays=True)
    accept_lab(session, desk(mary, now), row.id)
    assert region.lab in works_in(session, owner) & works_in(session, mary)


def test_two_stewards_offer_it_and_an_owner_who_is_there_says_no(
    session: Session, region: Any, owner: str, now: datetime
) -> None:
    mary, grace = member(session, "Mary", now), member(session, "Grace", now)
    grant_role(session, grace, "steward", now=now)
    one, two = desk(region.steward, now), desk(grace, now)
    row = offer_lab(session, one, region.lab, mary, stays=True)
    assert not row.stays
    with pytest.raises(ConflictError, match="second steward"):
        accept_lab(session, desk(mary, now), row.id)
    with pytest.raises(NotAllowedError, match="another steward"):
        confirm_offer(session, one, row.id)
    with pytest.raises(NotAllowedError):
        confirm_offer(session, desk(mary, now), row.id)
    assert [one.id for one, _ in offers_to_confirm(session)] == [row.id]
    confirm_offer(session, two, row.id)
    confirm_offer(session, two, row.id)
    assert not offers_to_confirm(session)
    assert [one.id for one, _ in offers_to(session, owner)] == [row.id]
    with pytest.raises(ConflictError, match="may say no until"):
        accept_lab(session, desk(mary, now + OBJECT - timedelta(seconds=1)), row.id)
    end_offer(session, desk(owner, now), row.id)
    with pytest.raises(ConflictError, match="taken back"):
        accept_lab(session, desk(mary, now + OBJECT), row.id)
    with pytest.raises(NotAllowedError, match="other stewards"):
        offer_lab(session, two, region.lab, grace)

    again = offer_lab(session, one, region.lab, grace)
    with pytest.raises(NotAllowedError, match="other stewards"):
        confirm_offer(session, two, again.id)
    end_offer(session, one, again.id)
    last = offer_lab(session, two, region.lab, mary)
    confirm_offer(session, one, last.id)
    accept_lab(session, desk(mary, now + OBJECT), last.id)
    assert facility_of(session, region.lab).owner_id == mary
    assert ("lab-offered", grace, region.steward) in acts(session)


def test_of_an_owner_who_cannot_sign_in_it_may_be_accepted_at_once(
    session: Session, region: Any, now: datetime
) -> None:
    register_network_key(session, KEY, now=now)
    mary, grace = member(session, "Mary", now), member(session, "Grace", now)
    grant_role(session, grace, "steward", now=now)
    row = offer_lab(session, desk(region.steward, now), region.lab, mary)
    confirm_offer(session, desk(grace, now), row.id)
    accept_lab(session, desk(mary, now), row.id)
    assert facility_of(session, region.lab).owner_id == mary


def test_by_program_only_a_person_who_signed_in_hands_it_over(
    *,
    session: Session,
    region: Any,
    owner: str,
    now: datetime,
    trade_door: Any,
    key_of: Any,
) -> None:
    trade_door.client.app.state.ledger = LedgerSettings(origin="o", key=KEY)
    mary = member(session, "Mary", now)

    def signed_in(agent_id: str) -> dict[str, str]:
        opened = open_session(session, agent_id, now=now)
        session.commit()
        cookie = f"{SESSION_COOKIE}={opened.token}"
        return {"cookie": cookie, CSRF_HEADER: opened.csrf_token}

    def ask(path: str, headers: dict[str, str], **body: object) -> Any:
        return trade_door.client.post(
            f"/api/v1/{path}", headers=headers, json=body or None
        )

    offers = f"facilities/{region.lab}/offers"
    key = key_of(owner, "operator")
    assert ask(offers, key, to_id=mary).status_code == 403
    made = ask(offers, signed_in(owner), to_id=mary)
    assert made.status_code == 201
    offer_id = made.json()["id"]
    read = trade_door.client.get(
        f"/api/v1/facilities/{region.lab}/owner", headers=signed_in(mary)
    ).json()
    assert (read["owner_id"], read["offer"]["id"]) == (owner, offer_id)
    assert ask(f"lab-offers/{offer_id}/accept", key).status_code == 403
    told = ask(f"lab-offers/{offer_id}/accept", signed_in(mary))
    assert told.json()["is_taken"]
    assert trade_door.wishes == ["North is in other hands"]
    session.expire_all()
    assert facility_of(session, region.lab).owner_id == mary
    assert offer_of(session, region.lab) is None
    again = ask(f"lab-offers/{offer_id}/end", signed_in(owner))
    assert again.status_code == 409
