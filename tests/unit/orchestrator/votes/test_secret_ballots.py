"""Secret ballots: one each, in nobody's sight, and counted again by anybody."""

import json
import secrets
import subprocess
import sys
from base64 import b64decode
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from orchestrator.foundation.blind import EXPONENT
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.signing import verify
from orchestrator.votes import tally as counting
from orchestrator.votes.due import close_due
from orchestrator.votes.polls import result_of
from orchestrator.votes.proposals import adopt, amend
from orchestrator.votes.rows import BallotKeyRow, ProposalRow, SignedBallotRow
from orchestrator.votes.sealed import modulus_of
from orchestrator.votes.secret import hand_in, receipt_text, sign_for
from orchestrator.votes.tally import InvalidRecordError, number_of, tally
from orchestrator.votes.voting_rules import (
    VOTING_RULES,
    InvalidVotingRulesError,
    default_rules,
)
from tests.unit.orchestrator.votes.conftest import Commons
from tests.unit.orchestrator.votes.test_polls import acts


class Voter:
    """A member's own computer: what it keeps to itself, and what it sends."""

    def __init__(self, commons: Commons, row: ProposalRow, choice: Any) -> None:
        self.commons, self.row = commons, row
        self.modulus = int(modulus_of(commons.session, row), 16)
        self.ballot = {
            "proposal": row.id,
            "revision": row.revision,
            "choice": choice,
            "salt": secrets.token_hex(16),
        }
        self.hides = secrets.randbelow(self.modulus - 2) + 2
        self.signature = ""

    @property
    def blinded(self) -> str:
        hidden = number_of(self.ballot, self.modulus)
        hidden = hidden * pow(self.hides, EXPONENT, self.modulus) % self.modulus
        return f"{hidden:x}"

    def ask(self, voter: str) -> "Voter":
        signed = sign_for(
            self.commons.session,
            self.row.id,
            revision=self.row.revision,
            voter=voter,
            blinded=self.blinded,
            clerk=self.commons.clerk,
            now=self.commons.later(),
        )
        unhidden = int(signed, 16) * pow(self.hides, -1, self.modulus) % self.modulus
        self.signature = f"{unhidden:x}"
        return self

    def hand_in(self) -> tuple[str, str]:
        return hand_in(
            self.commons.session,
            self.row.id,
            revision=self.ballot["revision"],
            choice=self.ballot["choice"],
            salt=self.ballot["salt"],
            signature=self.signature,
            clerk=self.commons.clerk,
            now=self.commons.later(),
        )


@pytest.fixture
def row(commons: Commons) -> ProposalRow:
    return commons.propose(is_secret=True)


def closed(commons: Commons, row: ProposalRow) -> dict[str, Any]:
    close_due(commons.session, clerk=commons.clerk, now=commons.later(days=7))
    record: dict[str, Any] = json.loads(row.record or "")
    return record


def test_a_secret_poll_is_counted_again_and_tells_nobody_who_said_what(
    commons: Commons, row: ProposalRow, tmp_path: Path
) -> None:
    said = {"agent-ada": "yes", "agent-bo": "no", "agent-cy": "yes"}
    voters = {who: Voter(commons, row, choice) for who, choice in said.items()}
    for who, voter in voters.items():
        voter.ask(who)
    names = [voters[who].hand_in()[0] for who in reversed(voters)]
    record = closed(commons, row)
    result = result_of(row)
    assert result is not None
    assert result.counts == {"yes": 2, "abstain": 0, "no": 1}
    assert (row.state, result.voices, result.members) == ("passed", 3, 4)
    assert record["spoke"] == sorted(said)
    (tmp_path / "record.json").write_text(row.record or "")
    again = subprocess.run(
        [sys.executable, "-I", str(counting.__file__), str(tmp_path / "record.json")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert str(result) in again
    assert all(name in again for name in names)  # each finds his own
    for ballot in record["ballots"]:
        assert set(ballot) == {"proposal", "revision", "choice", "salt", "signature"}
    logged = acts(commons.session, "ballot-signed")
    assert logged == [{"revision": 1}] * 3
    # What the node kept of a member has nothing in common with what was handed in.
    kept = commons.session.get_one(SignedBallotRow, (row.id, 1, "agent-bo"))
    shown = {entry["signature"] for entry in record["ballots"]}
    assert kept.signature not in shown
    assert voters["agent-bo"].signature in shown
    assert commons.session.get_one(BallotKeyRow, (row.id, 1)).exponent is None


def test_nobody_votes_twice_and_a_lost_answer_costs_no_voice(
    commons: Commons, row: ProposalRow
) -> None:
    first = Voter(commons, row, "no").ask("agent-bo")
    lost = first.signature
    assert first.ask("agent-bo").signature == lost
    with pytest.raises(ConflictError, match="signed already"):
        Voter(commons, row, "yes").ask("agent-bo")
    assert first.hand_in() == first.hand_in()
    other = Voter(commons, row, "yes")
    other.signature = first.signature
    with pytest.raises(InvalidInputError, match="not signed"):
        other.hand_in()
    with pytest.raises(NotAllowedError):
        Voter(commons, row, "yes").ask("agent-guest")
    with pytest.raises(ConflictError, match="secret"):
        commons.cast(row, "agent-cy", "yes")
    assert len(closed(commons, row)["ballots"]) == 1


def test_the_network_signs_that_it_took_a_ballot(
    commons: Commons, row: ProposalRow
) -> None:
    name, taken = Voter(commons, row, "yes").ask("agent-cy").hand_in()
    verify(commons.clerk.key.public, b64decode(taken), receipt_text(row, name))


def test_an_amendment_asks_for_new_ballots(commons: Commons, row: ProposalRow) -> None:
    early = Voter(commons, row, "yes").ask("agent-bo")
    early.hand_in()
    unsent = Voter(commons, row, "yes").ask("agent-cy")
    wanted = amend(
        commons.session,
        row.id,
        agent_id="agent-bo",
        why="Cheaper.",
        text="A used van?",
        now=commons.later(),
    )
    adopt(
        commons.session,
        wanted.id,
        agent_id="agent-ada",
        clerk=commons.clerk,
        now=commons.later(),
    )
    with pytest.raises(ConflictError, match="amended"):
        unsent.hand_in()
    Voter(commons, row, "no").ask("agent-bo").hand_in()
    record = closed(commons, row)
    assert [one["choice"] for one in record["ballots"]] == ["no"]


def test_the_last_ballot_closes_the_poll(commons: Commons, row: ProposalRow) -> None:
    asked = [
        Voter(commons, row, "yes").ask(who)
        for who in ("agent-ada", "agent-bo", "agent-cy", "agent-dee")
    ]
    for voter in asked:
        voter.hand_in()
    assert row.state == "passed"


def test_a_record_that_was_tampered_with_is_found(
    commons: Commons, row: ProposalRow
) -> None:
    for who in ("agent-ada", "agent-bo"):
        Voter(commons, row, "yes").ask(who).hand_in()
    true = closed(commons, row)
    assert tally(true).voices == 2

    def spoilt(**changes: Any) -> dict[str, Any]:
        return deepcopy(true) | changes

    turned = spoilt()
    turned["ballots"][0]["choice"] = "no"
    twice = spoilt(ballots=[true["ballots"][0]] * 2)
    stuffed = spoilt(spoke=["agent-ada"])
    stranger = spoilt(spoke=["agent-ada", "agent-guest"])
    for record in (turned, twice, stuffed, stranger):
        with pytest.raises(InvalidRecordError):
            tally(record)


def test_the_rules_say_where_ballots_may_be_secret(commons: Commons) -> None:
    with pytest.raises(InvalidInputError, match="open"):
        commons.propose("charter", is_secret=True)
    table = json.loads(default_rules())
    table["procedures"]["otherwise"]["ballots"] = "secret"
    with pytest.raises(InvalidVotingRulesError, match="objection"):
        VOTING_RULES.read(json.dumps(table).encode())
    old = json.loads(default_rules())
    for procedure in old["procedures"].values():
        del procedure["ballots"]
    read = VOTING_RULES.read(json.dumps(VOTING_RULES.completed(old)).encode())
    assert {one.ballots for one in read.procedure_of.values()} == {"open"}
