"""A code makes one device; a device is known by its key and its newest life."""

import hashlib
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    NotAllowedError,
    NotSignedInError,
)
from orchestrator.foundation.signing import BadKeyError, new_signing_key, text_of
from orchestrator.members import agents, devices
from orchestrator.members.devices import BadCodeError, Enrolled
from orchestrator.members.principals import principal_of_device
from orchestrator.members.secrets import code_hash
from orchestrator.members.signing_keys import UnknownKeyError, key_valid_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def owner_id(session: Session) -> str:
    return agents.add_agent(
        session, kind="organisation", name="Lab", legal_form="non-profit", now=NOW
    ).id


def a_code(session: Session, owner_id: str) -> str:
    return devices.issue_code(
        session,
        facility_id="facility-1",
        owner_id=owner_id,
        issued_by=owner_id,
        now=NOW,
    )


def enrol(
    session: Session, code: str, key: str, *, after: timedelta = timedelta()
) -> Enrolled:
    return devices.enrol(
        session, code=code, device_name="pi", public_key=key, now=NOW + after
    )


def test_a_code_makes_a_device_of_its_facility(session: Session, owner_id: str) -> None:
    key = new_signing_key()
    given = enrol(session, a_code(session, owner_id), text_of(key.public))
    assert (given.facility_id, given.key_id) == ("facility-1", key.key_id)
    assert given.token not in repr(given)
    principal = principal_of_device(session, given.token)
    assert principal.device_id == given.device_id
    assert principal.agent_id == owner_id
    assert principal.roles == {"device"}
    assert key_valid_at(session, key.key_id, NOW).device_id == given.device_id


def test_a_lost_answer_can_be_asked_for_again(session: Session, owner_id: str) -> None:
    code, key = a_code(session, owner_id), text_of(new_signing_key().public)
    first = enrol(session, code, key)
    again = enrol(session, f" {code.lower().replace('-', '')} ", key)
    assert again.device_id == first.device_id
    assert again.token != first.token
    with pytest.raises(NotSignedInError):
        principal_of_device(session, first.token)
    assert principal_of_device(session, again.token).device_id == first.device_id


def test_a_used_or_late_or_unknown_code_refuses(
    session: Session, owner_id: str
) -> None:
    code, key = a_code(session, owner_id), text_of(new_signing_key().public)
    enrol(session, code, key)
    other = text_of(new_signing_key().public)
    with pytest.raises(BadCodeError):
        enrol(session, code, other)
    with pytest.raises(BadCodeError):
        enrol(session, code, key, after=timedelta(hours=1))
    with pytest.raises(BadCodeError):
        enrol(session, a_code(session, owner_id), other, after=timedelta(hours=1))
    with pytest.raises(BadCodeError):
        enrol(session, "AAAA-AAAA-AAAA-AAAA", other)


def test_bad_keys_and_borrowed_keys_refuse(session: Session, owner_id: str) -> None:
    with pytest.raises(BadKeyError):
        enrol(session, a_code(session, owner_id), text_of(bytes(32)))
    key = text_of(new_signing_key().public)
    enrol(session, a_code(session, owner_id), key)
    with pytest.raises(ConflictError):
        enrol(session, a_code(session, owner_id), key)


def test_the_newest_life_fences_the_others(session: Session, owner_id: str) -> None:
    key = text_of(new_signing_key().public)
    device = enrol(session, a_code(session, owner_id), key).device_id

    def life(epoch: int, incarnation: str) -> str:
        return devices.note_life(session, device, epoch=epoch, incarnation=incarnation)

    assert life(1, "a") == "new"
    assert life(1, "a") == "current"
    assert life(1, "b") == "twin"
    assert life(3, "c") == "new"
    assert life(1, "a") == "stale"
    assert life(3, "c") == "current"


def test_a_revoked_device_is_out_everywhere(session: Session, owner_id: str) -> None:
    key = new_signing_key()
    given = enrol(session, a_code(session, owner_id), text_of(key.public))
    assert len(devices.broker_lines(session)) == 1
    devices.revoke_device(session, given.device_id, now=NOW + timedelta(minutes=1))
    session.flush()
    assert devices.broker_lines(session) == []
    with pytest.raises(NotSignedInError):
        principal_of_device(session, given.token)
    with pytest.raises(NotAllowedError):
        devices.note_life(session, given.device_id, epoch=9, incarnation="x")
    key_valid_at(session, key.key_id, NOW)  # what it signed before stands
    with pytest.raises(UnknownKeyError):
        key_valid_at(session, key.key_id, NOW + timedelta(minutes=1))


def test_the_broker_line_is_what_mosquitto_computes(
    session: Session, owner_id: str
) -> None:
    key = text_of(new_signing_key().public)
    given = enrol(session, a_code(session, owner_id), key)
    (line,) = devices.broker_lines(session)
    user, _, spelled = line.rstrip("\n").partition(":")
    _, kind, rounds, salt, digest = spelled.split("$")
    computed = hashlib.pbkdf2_hmac(
        "sha512", given.token.encode(), b64decode(salt), int(rounds)
    )
    assert (user, kind, rounds) == (given.device_id, "7", "101")
    assert b64decode(digest) == computed


def test_codes_are_read_however_they_are_typed() -> None:
    assert code_hash("ABCD-EFGH") == code_hash(" abcd efgh ") == code_hash("abcdefgh")
