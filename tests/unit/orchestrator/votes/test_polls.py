"""From a proposal to a rule: who may vote, how often, until when, and what it changes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Mandate, enact, rule_at, rules_known
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS, default_weights
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.agents import grant_role, withdraw_role
from orchestrator.votes import tally as counting
from orchestrator.votes.delegation import DelegationCycleError, delegate, take_back
from orchestrator.votes.due import close_due
from orchestrator.votes.polls import close, result_of, voices
from orchestrator.votes.proposals import adopt, amend, say, withdraw
from orchestrator.votes.rows import ProposalRow
from orchestrator.votes.tally import commitment
from orchestrator.votes.voting_rules import VOTING_RULES
from tests.unit.orchestrator.votes.conftest import Commons


def weights(**changed: object) -> bytes:
    return json.dumps(json.loads(default_weights()) | changed).encode()


def acts(session: Session, name: str) -> list[dict[str, str | int]]:
    stored = select(EntryRow.body).where(EntryRow.kind == ACT)
    bodies = session.scalars(stored.order_by(EntryRow.recorded_at))
    found = [act_of(body) for body in bodies]
    return [dict(act.told or {}) for act in found if act.act == name]


def test_a_majority_passes_and_anybody_counts_it_again(
    commons: Commons, tmp_path: Path
) -> None:
    row = commons.propose()
    commons.cast(row, "agent-bo", "no")
    commons.cast(row, "agent-cy", "yes")
    closing = commons.later(days=7)
    assert close_due(commons.session, clerk=commons.clerk, now=closing) == 1
    assert close_due(commons.session, clerk=commons.clerk, now=closing) == 0
    result = result_of(row)
    assert result is not None
    assert (row.state, result.voices, result.members) == ("passed", 3, 4)
    assert result.counts == {"yes": 2, "abstain": 0, "no": 1}
    (tmp_path / "record.json").write_text(row.record or "")
    again = subprocess.run(
        [sys.executable, "-I", str(counting.__file__), str(tmp_path / "record.json")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert str(result) in again
    in_log = {told["ballot_sha256"] for told in acts(commons.session, "ballot-cast")}
    assert {commitment(one) for one in json.loads(row.record or "")["ballots"]} == (
        in_log
    )
    assert all(str(sha) in again for sha in in_log)
    (told,) = acts(commons.session, "poll-closed")
    assert (told["outcome"], told["record_sha256"]) == ("passed", row.record_sha256)


def test_a_passed_proposal_is_the_rule_from_its_date_and_names_its_vote(
    commons: Commons, members: tuple[str, ...]
) -> None:
    row = commons.propose("plan-weights", table=weights(co2_cents_per_kg=30))
    assert rule_at(commons.session, PLAN_WEIGHTS, commons.at).number == 1
    for voter in members[1:]:
        commons.cast(row, voter, "agree")
    assert row.state == "passed"  # the last voice closed it
    rule = rule_at(commons.session, PLAN_WEIGHTS, commons.at)
    assert (rule.version, rule.value.co2_cents_per_kg) == ("plan-weights-2", 30)
    assert (rule.proposal_id, row.enacted) == (row.id, rule.version)
    assert commons.told == ["plan-weights-2"]
    (told,) = acts(commons.session, "rule-enacted")
    assert told["table_sha256"] == rule.sha256


@pytest.mark.parametrize("members", [("agent-ada",)])
def test_a_network_of_one_decides_at_once(commons: Commons) -> None:
    row = commons.propose("plan-weights", table=weights(co2_cents_per_kg=30))
    assert (row.state, row.enacted) == ("passed", "plan-weights-2")


def test_one_objection_with_its_reason_stops_consent(commons: Commons) -> None:
    row = commons.propose("plan-weights", table=weights(co2_cents_per_kg=30))
    with pytest.raises(InvalidInputError):
        commons.cast(row, "agent-bo", "object")
    commons.cast(row, "agent-bo", "object", reason="Trams run on coal here.")
    commons.cast(row, "agent-cy", "agree")
    commons.cast(row, "agent-dee", "agree")
    assert row.state == "refused"
    assert len(rules_known(commons.session, PLAN_WEIGHTS)) == 1


def test_too_few_voices_decide_nothing(commons: Commons) -> None:
    row = commons.propose()
    close(commons.session, row, clerk=commons.clerk, now=commons.later(days=7))
    assert row.state == "no-quorum"


def test_most_points_win_and_how_things_are_wins_a_tie(commons: Commons) -> None:
    options = ("No van", "A van", "A bicycle")
    row = commons.propose("choice", options=options)
    points = {"No van": 1, "A van": 0, "A bicycle": 5}
    for voter in ("agent-ada", "agent-bo"):
        commons.cast(row, voter, points)
    close(commons.session, row, clerk=commons.clerk, now=commons.later(days=7))
    result = result_of(row)
    assert result is not None
    assert (row.state, result.winner, result.counts["A bicycle"]) == (
        "passed",
        "A bicycle",
        10,
    )
    even = commons.propose("choice", options=options)
    for voter in ("agent-ada", "agent-bo"):
        commons.cast(even, voter, dict.fromkeys(options, 3))
    close(commons.session, even, clerk=commons.clerk, now=commons.later(days=7))
    assert even.state == "refused"


@pytest.mark.parametrize(
    "choice", ["maybe", "agree", {"yes": 1}, {}, {"A van": True}, {"A van": 99}]
)
def test_a_choice_that_the_poll_does_not_know_is_refused(
    commons: Commons, choice: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        commons.cast(commons.propose(), "agent-bo", choice)
    assert refused.value.field == "choice"


def test_the_same_ballot_again_is_one_and_a_new_one_counts_instead(
    commons: Commons,
) -> None:
    row = commons.propose()
    first = commons.cast(row, "agent-bo", "no", ballot_id="ballot-of-bo")
    assert commons.cast(row, "agent-bo", "no", ballot_id="ballot-of-bo") is first
    with pytest.raises(ConflictError, match="another ballot"):
        commons.cast(row, "agent-bo", "yes", ballot_id="ballot-of-bo")
    with pytest.raises(ConflictError, match="another ballot"):
        commons.cast(row, "agent-cy", "no", ballot_id="ballot-of-bo")
    commons.cast(row, "agent-bo", "yes")
    assert voices(commons.session, row, commons.at) == 2
    close(commons.session, row, clerk=commons.clerk, now=commons.later(days=7))
    result = result_of(row)
    assert result is not None
    assert result.counts == {"yes": 2, "abstain": 0, "no": 0}
    assert len(acts(commons.session, "ballot-cast")) == 3  # none is ever gone


def test_where_the_rules_say_so_a_ballot_stands(commons: Commons) -> None:
    table = json.loads(rule_at(commons.session, VOTING_RULES, commons.at).table)
    table["procedures"]["resolution"]["recast"] = "refuse"
    enact(
        commons.session,
        VOTING_RULES,
        json.dumps(table).encode(),
        by=Mandate(proposal_id="proposal-1", agent_id="agent-ada", reason="Sure."),
        in_force_from=commons.later(),
        now=commons.at,
    )
    row = commons.propose()
    with pytest.raises(ConflictError, match="stands"):
        commons.cast(row, "agent-ada", "no")


def test_only_members_of_its_day_vote_and_only_until_the_close(
    commons: Commons,
) -> None:
    row = commons.propose()
    with pytest.raises(NotAllowedError):
        commons.cast(row, "agent-guest", "yes")
    grant_role(commons.session, "agent-guest", "member", now=commons.later())
    with pytest.raises(NotAllowedError):
        commons.cast(row, "agent-guest", "yes")
    withdraw_role(commons.session, "agent-bo", "member")
    commons.cast(row, "agent-bo", "yes")  # the roll of its opening stands
    commons.later(days=8)
    with pytest.raises(ConflictError, match="closed"):
        commons.cast(row, "agent-cy", "yes")
    with pytest.raises(ConflictError, match="closed"):
        say(commons.session, row.id, agent_id="agent-cy", text="Hm.", now=commons.at)
    with pytest.raises(NotFoundError):
        commons.cast(ProposalRow(id="proposal-none", revision=1), "agent-cy", "yes")


def test_what_could_not_be_a_rule_is_refused_before_anybody_votes(
    commons: Commons,
) -> None:
    equation = json.loads(VALUE_EQUATION.founding())
    gone = equation["rules"].pop()
    for matter, table, match in (
        ("value-equation", equation, gone["action"]),
        ("plan-weights", {"co2_cents_per_kg": 1}, "missing"),
        ("plan-weights", json.loads(weights(near_percent=-1)), "near_percent"),
        ("plan-weights", json.loads(weights()), "in force already"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            commons.propose(matter, table=json.dumps(table).encode())
    with pytest.raises(InvalidInputError, match="say what"):
        commons.propose("plan-weights")
    with pytest.raises(NotFoundError):
        commons.propose("kindness", table=b"{}")
    nobody = json.loads(VOTING_RULES.founding()) | {"voters": ["courier"]}
    with pytest.raises(InvalidInputError, match="no way back"):
        commons.propose("voting-rules", table=json.dumps(nobody).encode())
    assert commons.session.scalars(select(ProposalRow)).all() == []


def test_a_rule_that_another_vote_changed_meanwhile_stays(
    commons: Commons, members: tuple[str, ...]
) -> None:
    slow = commons.propose("plan-weights", table=weights(co2_cents_per_kg=30))
    quick = commons.propose("plan-weights", table=weights(co2_cents_per_kg=50))
    for row in (quick, slow):
        for voter in members[1:]:
            commons.cast(row, voter, "agree")
    assert (quick.state, slow.state) == ("passed", "overtaken")
    assert (
        rule_at(commons.session, PLAN_WEIGHTS, commons.at).value.co2_cents_per_kg == 50
    )


def test_an_adopted_amendment_asks_everybody_anew(commons: Commons) -> None:
    row = commons.propose("plan-weights", table=weights(co2_cents_per_kg=30))
    commons.cast(row, "agent-bo", "agree")
    remark = amend(
        commons.session,
        row.id,
        agent_id="agent-cy",
        why="Less is enough.",
        text="Twenty.",
        table=weights(co2_cents_per_kg=20),
        now=commons.later(days=1),
    )
    with pytest.raises(NotAllowedError):
        adopt(
            commons.session,
            remark.id,
            agent_id="agent-cy",
            clerk=commons.clerk,
            now=commons.later(),
        )
    before = row.closes_at
    adopt(
        commons.session,
        remark.id,
        agent_id="agent-ada",
        clerk=commons.clerk,
        now=commons.later(),
    )
    assert (row.text, row.revision) == ("Twenty.", 2)
    assert row.closes_at > before
    assert voices(commons.session, row, commons.at) == 0
    with pytest.raises(ConflictError, match="amended"):
        commons.cast(row, "agent-bo", "agree", revision=1)
    for voter in ("agent-ada", "agent-bo", "agent-cy", "agent-dee"):
        commons.cast(row, voter, "agree")
    rule = rule_at(commons.session, PLAN_WEIGHTS, commons.at)
    assert rule.value.co2_cents_per_kg == 20


def test_only_the_proposer_withdraws_and_it_decides_nothing(commons: Commons) -> None:
    row = commons.propose()

    def take_away(agent_id: str) -> None:
        now = commons.later()
        withdraw(
            commons.session, row.id, agent_id=agent_id, clerk=commons.clerk, now=now
        )

    with pytest.raises(NotAllowedError, match="only who"):
        take_away("agent-bo")
    take_away("agent-ada")
    assert (row.state, row.record) == ("withdrawn", None)
    assert close_due(commons.session, clerk=commons.clerk, now=row.closes_at) == 0


def trust(commons: Commons, who: str, whom: str, matter: str = "") -> None:
    delegate(commons.session, who, whom, matter=matter, now=commons.later())


def test_trust_is_passed_on_taken_back_and_never_runs_in_a_circle(
    commons: Commons,
) -> None:
    trust(commons, "agent-dee", "agent-cy")
    trust(commons, "agent-cy", "agent-bo")
    with pytest.raises(DelegationCycleError, match="agent-bo → agent-dee"):
        trust(commons, "agent-bo", "agent-dee")
    with pytest.raises(InvalidInputError):
        trust(commons, "agent-bo", "agent-bo")
    with pytest.raises(NotAllowedError):
        trust(commons, "agent-bo", "agent-guest")
    row = commons.propose()
    commons.cast(row, "agent-bo", "no")
    assert row.state == "refused"  # three voices of four are hers: all have spoken
    other = commons.propose()
    take_back(commons.session, "agent-cy", matter="", now=commons.later())
    commons.cast(other, "agent-bo", "no")
    assert voices(commons.session, other, commons.at) == 2
    commons.cast(other, "agent-cy", "yes")
    result = result_of(other)
    assert result is not None
    assert result.counts == {"yes": 3, "abstain": 0, "no": 1}


def test_trust_in_one_matter_goes_before_trust_in_everything(commons: Commons) -> None:
    trust(commons, "agent-dee", "agent-bo")
    trust(commons, "agent-dee", "agent-cy", "resolution")
    row = commons.propose()
    commons.cast(row, "agent-cy", "no")
    assert voices(commons.session, row, commons.at) == 3
    commons.cast(row, "agent-bo", "yes")
    result = result_of(row)
    assert result is not None
    assert result.counts == {"yes": 2, "abstain": 0, "no": 2}
    assert row.state == "refused"  # an even vote is no majority


def test_trust_taken_back_after_the_time_is_over_changes_nothing(
    commons: Commons,
) -> None:
    """A poll may be counted seconds late: what stood at its end is what counts."""
    trust(commons, "agent-dee", "agent-bo")
    row = commons.propose()
    commons.cast(row, "agent-bo", "no")
    commons.later(days=7)
    take_back(commons.session, "agent-dee", matter="", now=commons.at)
    close(commons.session, row, clerk=commons.clerk, now=commons.later())
    result = result_of(row)
    assert result is not None
    assert result.counts == {"yes": 1, "abstain": 0, "no": 2}
