"""Tables of people, organisations, devices and what proves who they are."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base

AGENT = "agent.id"


class AgentRow(Base):
    """A person or organisation with economic agency (REA). Never deleted."""

    __tablename__ = "agent"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # person | organisation
    name: Mapped[str] = mapped_column(String(200))
    legal_form: Mapped[str] = mapped_column(String(32))
    legal_form_attested_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AttestationRow(Base):
    """What a member is, who vouches for it on which evidence, and until when.

    Of a legal form, the one confirmed last decides what stands in the agent's row.
    """

    __tablename__ = "attestation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    claim: Mapped[str] = mapped_column(String(60))  # a legal form, or a label's name
    issuer: Mapped[str] = mapped_column(String(120))
    evidence: Mapped[str] = mapped_column(String(300))
    valid_until: Mapped[datetime]
    told_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # None: nobody looked at it yet
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]  # withdrawn, refused or revoked
    ended_by: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)  # of what the log holds


class RoleRow(Base):
    """What an agent may do; an operator does it in one facility."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("agent_id", "role", "facility_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    role: Mapped[str] = mapped_column(String(16))
    facility_id: Mapped[str] = mapped_column(String(64))  # "" for none
    granted_at: Mapped[datetime]


class LoginRow(Base):
    """How a person signs in."""

    __tablename__ = "login"

    email: Mapped[str] = mapped_column(String(254), primary_key=True)  # lower case
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class BrowserSessionRow(Base):
    """A signed-in browser; the token itself is nowhere kept."""

    __tablename__ = "browser_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiKeyRow(Base):
    """A program's key: its prefix tells it, its hash proves it."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    name: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(String(200))  # roles, comma between
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeviceRow(Base):
    """A device agent. Its id is never used again."""

    __tablename__ = "device"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    facility_id: Mapped[str] = mapped_column(String(64), index=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    broker_hash: Mapped[str] = mapped_column(String(160))  # "$7$101$salt$hash"
    epoch: Mapped[int] = mapped_column(BigInteger)  # highest heard; 0: never heard
    incarnation: Mapped[str | None] = mapped_column(String(36))
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class EnrolmentCodeRow(Base):
    """A one-time code that makes a device a member of a facility."""

    __tablename__ = "enrolment_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    facility_id: Mapped[str] = mapped_column(String(64))
    owner_id: Mapped[str] = mapped_column(ForeignKey(AGENT))
    issued_by: Mapped[str] = mapped_column(ForeignKey(AGENT))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("device.id"))


class InvitationRow(Base):
    """A one-time code with which its member says how they sign in; kept as a hash."""

    __tablename__ = "invitation"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    issued_by: Mapped[str] = mapped_column(ForeignKey(AGENT))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # or taken back by a newer one


class SigningKeyRow(Base):
    """A public key and whose word it carries, from when and until when."""

    __tablename__ = "signing_key"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey(AGENT))
    device_id: Mapped[str | None] = mapped_column(String(64))  # both None: the network
    valid_from: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ConsentRow(Base):
    """What somebody agreed to, and until when."""

    __tablename__ = "consent"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), index=True)
    purpose: Mapped[str] = mapped_column(String(80))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class BankAccountRow(Base):
    """Where somebody is paid: personal, nowhere else, deleted when erased."""

    __tablename__ = "bank_account"

    agent_id: Mapped[str] = mapped_column(ForeignKey(AGENT), primary_key=True)
    iban: Mapped[str] = mapped_column(String(34))
    holder: Mapped[str] = mapped_column(String(70))
    given_at: Mapped[datetime]
