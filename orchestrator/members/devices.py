"""Device agents: enrolled once by a code, known by a key, fenced by their newest life."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.signing import public_key_of_text
from orchestrator.members.rows import DeviceRow, EnrolmentCodeRow, SigningKeyRow
from orchestrator.members.secrets import (
    broker_hash,
    code_hash,
    hash_of,
    new_code,
    new_token,
)
from orchestrator.members.signing_keys import register_key, revoke_key

CODE_LIFE = timedelta(hours=1)
BROKER_TOPIC = "broker-access"  # announced when the broker's password file must change


class BadCodeError(NotAllowedError):
    """The enrolment code is unknown, used or over."""

    code = "bad-enrolment-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What a device is given; `token` opens HTTP and the broker, and is shown once."""

    device_id: str
    facility_id: str
    key_id: str
    token: str = field(repr=False)


def issue_code(
    session: Session,
    *,
    facility_id: str,
    owner_id: str,
    issued_by: str,
    now: datetime,
    life: timedelta = CODE_LIFE,
) -> str:
    """A one-time code for one device of the facility, its machines owned by `owner_id`."""
    code = new_code()
    session.add(
        EnrolmentCodeRow(
            code_hash=code_hash(code),
            facility_id=facility_id,
            owner_id=owner_id,
            issued_by=issued_by,
            issued_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return code


def enrol(
    session: Session, *, code: str, device_name: str, public_key: str, now: datetime
) -> Enrolled:
    """Make the holder of the code a device. `public_key` is base64.

    The same code and key within the code's life give the same device a fresh token,
    so that a lost answer can be asked for again.
    Errors: BadCodeError, BadKeyError, ConflictError (key of another), InvalidInputError.
    """
    key = public_key_of_text(public_key)
    if not 1 <= len(device_name) <= 80 or not device_name.isprintable():
        raise InvalidInputError(
            "a device name has 1 to 80 letters", field="device_name"
        )
    issued = session.scalar(
        select(EnrolmentCodeRow)
        .where(EnrolmentCodeRow.code_hash == code_hash(code))
        .with_for_update()
    )
    if issued is None or issued.expires_at <= now:
        raise BadCodeError(
            "this code is unknown or over: ask for a new one", field="code"
        )
    token = new_token("fabdevice")
    if issued.device_id is not None:
        return _enrolled_again(session, issued.device_id, key, token)
    device_id = new_id("device")
    registered = register_key(
        session, key, now=now, agent_id=issued.owner_id, device_id=device_id
    )
    row = DeviceRow(
        id=device_id,
        name=device_name,
        facility_id=issued.facility_id,
        owner_id=issued.owner_id,
        public_key=key,
        key_id=registered.key_id,
        token_hash=hash_of(token),
        broker_hash=broker_hash(token),
        epoch=0,
        enrolled_at=now,
    )
    session.add(row)
    session.flush()
    issued.used_at, issued.device_id = now, row.id
    announce(session, BROKER_TOPIC, "devices")
    return _answer(row, token)


def lab_of_code(session: Session, code: str, now: datetime) -> str:
    """The facility that an unspent code is for. Errors: BadCodeError."""
    issued = session.get(EnrolmentCodeRow, code_hash(code))
    if issued is None or issued.expires_at <= now or issued.device_id is not None:
        raise BadCodeError(
            "this code is unknown, used or over: ask for a new one", field="code"
        )
    return issued.facility_id


def device_of(session: Session, device_id: str) -> DeviceRow:
    """The device. Errors: NotFoundError."""
    row = session.get(DeviceRow, device_id)
    if row is None:
        raise NotFoundError(f"there is no device {device_id}")
    return row


def devices_of(session: Session, facility_id: str) -> Sequence[DeviceRow]:
    """The facility's devices, revoked ones too."""
    return session.scalars(
        select(DeviceRow)
        .where(DeviceRow.facility_id == facility_id)
        .order_by(DeviceRow.id)
    ).all()


def note_life(
    session: Session, device_id: str, *, epoch: int, incarnation: str
) -> Literal["current", "new", "stale", "twin"]:
    """Judge which life of the device speaks, and remember the newest.

    new: a later start than any before. stale: an earlier start, to be fenced.
    twin: another process with the same epoch, to be fenced, and an alarm.
    Errors: NotFoundError; NotAllowedError when the device is revoked.
    """
    row = session.get(DeviceRow, device_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"there is no device {device_id}")
    if row.revoked_at is not None:
        raise NotAllowedError(f"device {device_id} is revoked")
    if epoch > row.epoch:
        row.epoch, row.incarnation = epoch, incarnation
        return "new"
    if epoch < row.epoch:
        return "stale"
    return "current" if incarnation == row.incarnation else "twin"


def revoke_device(session: Session, device_id: str, *, now: datetime) -> None:
    """Trust neither its token nor its key from now on."""
    row = device_of(session, device_id)
    if row.revoked_at is None:
        row.revoked_at = now
        revoke_key(session, row.key_id, now=now)
        announce(session, BROKER_TOPIC, "devices", f"device/{device_id}")


def hand_over_devices(
    session: Session, facility_id: str, *, from_id: str, to_id: str
) -> None:
    """The lab's devices that were the one's are the other's, in use as they are.

    Their keys and what nobody took up yet of invitations go along; who shut a device
    out keeps that. Devices of others stay theirs.
    """
    own = (DeviceRow.facility_id == facility_id, DeviceRow.owner_id == from_id)
    standing = select(DeviceRow.id).where(*own, DeviceRow.revoked_at.is_(None))
    ids = session.scalars(standing.with_for_update()).all()
    session.execute(
        update(SigningKeyRow)
        .where(SigningKeyRow.device_id.in_(ids))
        .values(agent_id=to_id)
    )
    session.execute(
        update(DeviceRow).where(DeviceRow.id.in_(ids)).values(owner_id=to_id)
    )
    session.execute(
        update(EnrolmentCodeRow)
        .where(
            EnrolmentCodeRow.facility_id == facility_id,
            EnrolmentCodeRow.owner_id == from_id,
            EnrolmentCodeRow.used_at.is_(None),
        )
        .values(owner_id=to_id)
    )


def broker_lines(session: Session) -> list[str]:
    """The lines of mosquitto's password file for every device that may connect."""
    rows = session.execute(
        select(DeviceRow.id, DeviceRow.broker_hash)
        .where(DeviceRow.revoked_at.is_(None))
        .order_by(DeviceRow.id)
    )
    return [f"{device_id}:{password_hash}\n" for device_id, password_hash in rows]


def _enrolled_again(
    session: Session, device_id: str, key: bytes, token: str
) -> Enrolled:
    row = device_of(session, device_id)
    if row.public_key != key or row.revoked_at is not None:
        raise BadCodeError("this code was used: ask for a new one", field="code")
    row.token_hash, row.broker_hash = hash_of(token), broker_hash(token)
    announce(session, BROKER_TOPIC)
    return _answer(row, token)


def _answer(row: DeviceRow, token: str) -> Enrolled:
    return Enrolled(
        device_id=row.id, facility_id=row.facility_id, key_id=row.key_id, token=token
    )
