"""Mail and password: slow to check on purpose, so few are checked at a time."""

import re
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
)
from orchestrator.members.rows import LoginRow

PASSWORD_MIN, PASSWORD_MAX = 12, 256
PER_EMAIL = parse("10/5minutes")
PER_ADDRESS = parse("60/5minutes")
PER_CODE = parse("20/5minutes")
CHECKS_AT_ONCE = 2
WAIT_S = 10
REFUSAL = "mail address or password is wrong"
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
_argon2 = PasswordHash((Argon2Hasher(),))
_checking = threading.BoundedSemaphore(CHECKS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Counts tries per mail address and per network address, in this process."""

    limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )

    def check(self, what: str, who: str, limit: RateLimitItem) -> None:
        """Count one try. Errors: TooManyRequestsError."""
        if not self.limiter.hit(limit, what, who):
            raise TooManyRequestsError(f"too many tries: wait {limit.get_expiry()} s")


def add_login(
    session: Session, agent_id: str, *, email: str, password: str, now: datetime
) -> LoginRow:
    """Let the agent sign in with mail and password (12 to 256 characters).

    Errors: InvalidInputError; ConflictError when the address is taken.
    """
    return add_hashed_login(
        session, agent_id, email=email, password_hash=hashed(password), now=now
    )


def add_hashed_login(
    session: Session, agent_id: str, *, email: str, password_hash: str, now: datetime
) -> LoginRow:
    """The same with what `hashed` gave, where many get the same password.

    Errors: InvalidInputError; ConflictError when the address is taken.
    """
    address = _normalised(email)
    if session.get(LoginRow, address) is not None:
        raise ConflictError("this mail address has a login already", field="email")
    row = LoginRow(
        email=address,
        agent_id=agent_id,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def hashed(password: str) -> str:
    """Its salted hash, a tenth of a second of work. Errors: InvalidInputError."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInputError(
            f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters",
            field="password",
        )
    return _argon2.hash(password)


def agent_of_email(session: Session, email: str) -> str:
    """Who signs in with this address. Errors: NotFoundError."""
    row = session.get(LoginRow, _normalised(email))
    if row is None:
        raise NotFoundError("nobody signs in with this mail address", field="email")
    return row.agent_id


def can_sign_in(session: Session, agent_id: str) -> bool:
    """Whether somebody signs in as this member."""
    known = select(LoginRow.email).where(LoginRow.agent_id == agent_id).limit(1)
    return session.scalar(known) is not None


def change_password(session: Session, agent_id: str, *, password_hash: str) -> None:
    """`password_hash`: of `hashed`. The caller ends the sessions."""
    session.execute(
        update(LoginRow)
        .where(LoginRow.agent_id == agent_id)
        .values(password_hash=password_hash)
    )


def email_of(session: Session, agent_id: str) -> str:
    """With which address this member signs in. Errors: NotFoundError."""
    found = session.scalar(select(LoginRow.email).where(LoginRow.agent_id == agent_id))
    if found is None:
        raise NotFoundError("you sign in with no mail address")
    return found


def who_can_sign_in(session: Session, agent_ids: Collection[str]) -> frozenset[str]:
    """Those of these members who have a login."""
    asked = select(LoginRow.agent_id).where(LoginRow.agent_id.in_(agent_ids))
    return frozenset(session.scalars(asked))


def check_login(
    session: Session,
    *,
    email: str,
    password: str,
    address: str,
    limits: AttemptLimits,
) -> str:
    """The agent's id. Takes as long, and says the same, for an unknown address.

    Give it a reader's session: it computes for a tenth of a second.
    Errors: NotSignedInError, TooManyRequestsError.
    """
    limits.check("login-address", address, PER_ADDRESS)
    limits.check("login-email", email.strip().lower()[:254], PER_EMAIL)
    row = session.get(LoginRow, email.strip().lower()[:254])
    if not _matches(password, row.password_hash if row else _nobodys_hash()):
        raise NotSignedInError(REFUSAL)
    if row is None:
        raise NotSignedInError(REFUSAL)
    return row.agent_id


def _matches(password: str, password_hash: str) -> bool:
    if len(password) > PASSWORD_MAX:
        return False
    if not _checking.acquire(timeout=WAIT_S):
        raise TooManyRequestsError("too many people sign in at once: try again")
    try:
        return _argon2.verify(password, password_hash)
    finally:
        _checking.release()


@cache
def _nobodys_hash() -> str:
    return _argon2.hash("nobody signs in with this password")


def _normalised(email: str) -> str:
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise InvalidInputError(f"not a mail address: {email[:80]!r}", field="email")
    return address
