"""Operators who asked for it get a mail, once: by a real mail server, with a way to stop."""

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.notices import (
    EVENTS,
    Event,
    is_stop_token,
    put_notices,
    stop_token,
)
from orchestrator.dispatch.notices import purpose as purpose_of
from orchestrator.doors.mail.deliver import Sender, deliver
from orchestrator.doors.mail.smtp import MailServer
from orchestrator.foundation.outbox import OutboxRow
from orchestrator.members import attestations
from orchestrator.members.consent import give_consent, withdraw_consent
from orchestrator.members.logins import add_hashed_login
from orchestrator.network.rows import AlarmRow
from orchestrator.orders.rows import DutyRow
from tests.passwords import quickly_hashed
from tests.unit.orchestrator.region import Lab, Region
from tests.waiting import free_port

ADDRESS = "operator@example.org"


class Mailbox:
    """A mail server that keeps what it takes; `answer` is what it says instead."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.answer = ""
        self.port = free_port()
        self._running: Controller | None = None

    async def handle_DATA(  # noqa: N802  # the name aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.answer:
            return self.answer
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def start(self) -> None:
        self._running = Controller(self, hostname="127.0.0.1", port=self.port)
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.letters]

    def text(self, at: int) -> str:
        letter = self.letters[at]
        assert isinstance(letter, EmailMessage)
        return letter.get_content()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def post(region: Region, mailbox: Mailbox) -> Any:
    """One round of the mail worker."""
    server = MailServer.of(f"smtp://127.0.0.1:{mailbox.port}")
    sender = Sender(
        site="https://fab.example.org",
        address="fab@example.org",
        network="Fabcommons",
        key=region.key,
    )
    return lambda: deliver(region.sessions, region.clock, sender, server.send)


def lab_of(region: Region, command: StartJob) -> Lab:
    return region.lab_of(command.machine_id)


def wants(region: Region, lab: Lab, *events: Event) -> None:
    now = region.clock.at
    with region.sessions.begin() as session:
        add_hashed_login(
            session,
            lab.operator_id,
            email=ADDRESS,
            password_hash=quickly_hashed("a password of some length"),
            now=now,
        )
        for event in events:
            give_consent(session, lab.operator_id, purpose_of(event), now=now)


def sent(region: Region) -> StartJob:
    region.order("clip", quantity=2)
    region.plan()
    return next(one for one in region.send() if isinstance(one, StartJob))


def test_each_thing_is_told_once(region: Region, mailbox: Mailbox, post: Any) -> None:
    command = sent(region)
    wants(region, lab_of(region, command), *EVENTS)
    assert not post()
    region.tell(region.accepted(command))
    assert post()
    assert not post()
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    region.tell(region.happened(command, "interrupted"))
    region.tell(region.state(command.machine_id, "needs-clearing", command.job_id))
    assert post()
    assert not post()
    waits, stopped = mailbox.subjects
    assert waits.endswith("waits for your start")
    assert stopped.endswith("stopped before its job was done")
    assert {one["To"] for one in mailbox.letters} == {ADDRESS}
    assert len({one["Message-ID"] for one in mailbox.letters}) == 2
    assert "/labs/" in mailbox.text(0)


def test_filament_run_out_is_told_and_a_pause_by_hand_is_not(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    wants(region, lab_of(region, command), "needs-you")
    region.tell(region.accepted(command), region.happened(command, "started"))

    def stands(text: str | None) -> None:
        state = region.state(command.machine_id, "paused", command.job_id)
        region.tell(replace(state, text=text))

    stands(None)
    assert not post()
    region.clock.turn(60)
    region.tell(region.state(command.machine_id, "running", command.job_id))
    region.clock.turn(60)
    stands("waits for a person: the filament has run out")
    assert post()
    assert not post()
    assert mailbox.subjects[0].endswith("needs you")
    assert "the filament has run out" in mailbox.text(0)


def test_a_mail_holds_no_code_and_a_way_to_stop(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    lab = lab_of(region, command)
    wants(region, lab, "hand-over")
    region.make(command)
    while more := [one for one in region.send() if isinstance(one, StartJob)]:
        for one in more:
            region.make(one)
    order = region.row(command.credit.order_id)
    assert order.state == "made"
    assert post()
    assert mailbox.subjects == [f"Order {order.number} waits for its courier"]
    whole = str(mailbox.letters[0])
    for secret in (order.pickup_code, order.delivery_code, order.track_code):
        assert secret not in whole
        assert secret.replace("-", "") not in whole
    link = str(mailbox.letters[0]["List-Unsubscribe"])
    token = re.search(r"token=([\w-]+)", link)
    assert token
    assert is_stop_token(region.key, lab.operator_id, token[1])
    assert not is_stop_token(region.key, "agent-of-somebody-else", token[1])
    assert stop_token(region.key, lab.operator_id) == token[1]


def test_whose_attestation_ends_is_reminded_once(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    lab = lab_of(region, sent(region))
    now = region.clock.at
    with region.sessions.begin() as session:
        row = attestations.tell(
            session,
            agent_id=lab.operator_id,
            claim="sole-trader",
            issuer="The trade register",
            evidence="Entry 4711",
            valid_until=now + timedelta(days=30),
            now=now,
        )
        attestations.confirm(session, row.id, by="agent-steward", now=now)
    assert not post()  # nobody is told who did not ask for it
    wants(region, lab, "attestation-ends")
    assert post()
    assert not post()
    assert mailbox.subjects == ["An attestation ends in 30 days"]
    assert "/licences/attestations" in mailbox.text(0)
    assert "4711" not in mailbox.text(0)


def test_who_owes_a_duty_is_reminded_once(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    lab = lab_of(region, command)
    with region.sessions.begin() as session:
        session.add(
            DutyRow(
                id="duty-of-the-clip",
                order_id=command.credit.order_id,
                agent_id=lab.operator_id,
                kind="attribution",
                text="Name its makers.",
                due_at=region.clock.at + timedelta(days=7),
            )
        )
    wants(region, lab, "duty-due")
    assert post()
    assert not post()
    assert mailbox.subjects == ["A duty is due in 7 days"]
    assert "/licences/duties" in mailbox.text(0)


def test_who_stops_gets_none_not_even_what_waited(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    lab = lab_of(region, command)
    wants(region, lab, "to-accept")
    region.tell(region.accepted(command))
    with region.sessions.begin() as session:
        assert put_notices(session, now=region.clock.at) == 1
        purpose = purpose_of("to-accept")
        withdraw_consent(session, lab.operator_id, purpose, now=region.clock.at)
    assert not post()
    assert mailbox.letters == []


def test_what_the_server_does_not_take_now_is_sent_later(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    wants(region, lab_of(region, command), "to-accept")
    region.tell(region.accepted(command))
    mailbox.stop()
    assert not post()
    mailbox.start()
    mailbox.answer = "451 busy"
    assert not post()
    mailbox.answer = ""
    assert post()
    assert len(mailbox.letters) == 1


def test_what_is_never_taken_is_said_to_the_stewards(
    region: Region, mailbox: Mailbox, post: Any
) -> None:
    command = sent(region)
    wants(region, lab_of(region, command), "to-accept")
    region.tell(region.accepted(command))
    mailbox.answer = "550 no such mailbox"
    assert not post()
    mailbox.answer = ""
    assert not post()
    assert mailbox.letters == []
    with region.reading() as session:
        codes = session.scalars(select(AlarmRow.code)).all()
        states = session.scalars(
            select(OutboxRow.state).where(OutboxRow.destination == "mail")
        ).all()
    assert "mail-refused" in codes
    assert states == ["expired"]
