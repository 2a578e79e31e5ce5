"""The tally's laws: order decides nothing, nobody counts twice, more favour never harms."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.votes.tally import (
    CONSENT,
    MAJORITY,
    PASSED,
    InvalidRecordError,
    tally,
    weights,
)

OPTIONS = ["as it is", "a van", "a bicycle"]
MEMBERS = [f"agent-{number}" for number in range(9)]


@st.composite
def records(draw: st.DrawFn, method: str | None = None) -> dict[str, Any]:
    method = method or draw(st.sampled_from(["consent", "majority", "score"]))
    roll = draw(st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True))
    points = st.fixed_dictionaries({name: st.integers(0, 5) for name in OPTIONS})
    names = CONSENT if method == "consent" else MAJORITY
    choice = points if method == "score" else st.sampled_from(names)
    voters = draw(st.lists(st.sampled_from(roll), unique=True))
    trusted = st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(MEMBERS))
    return {
        "format": "fabcommons-poll-1",
        "method": method,
        "quorum_permille": draw(st.integers(1, 1000)),
        "limit_permille": draw(
            st.integers(500, 999) if method == "majority" else st.integers(0, 1000)
        ),
        "score_max": 5,
        "options": OPTIONS if method == "score" else [],
        "roll": roll,
        "delegations": draw(trusted),
        "ballots": [{"voter": voter, "choice": draw(choice)} for voter in voters],
    }


@given(records(), st.randoms(use_true_random=False))
def test_no_order_of_its_parts_changes_a_result(
    record: dict[str, Any], dice: random.Random
) -> None:
    shuffled = dict(record)
    for name in ("roll", "ballots"):
        shuffled[name] = dice.sample(record[name], len(record[name]))
    links = [*record["delegations"].items()]
    shuffled["delegations"] = dict(dice.sample(links, len(links)))
    assert tally(shuffled) == tally(record)


@given(records())
def test_nobody_counts_twice(record: dict[str, Any]) -> None:
    """Each member is in one ballot's weight at most; who votes is always in her own."""
    choice_of = {one["voter"]: one["choice"] for one in record["ballots"]}
    weight_of = weights(record["roll"], choice_of, record["delegations"])
    result = tally(record)
    assert all(weight >= 1 for weight in weight_of.values())
    assert sum(weight_of.values()) == result.voices <= result.members
    if record["method"] != "score":
        assert sum(result.counts.values()) == result.voices
    without = weights(record["roll"], choice_of, {})
    assert all(without[voter] == 1 for voter in choice_of)


@given(records(), st.data())
def test_more_favour_never_harms(record: dict[str, Any], data: st.DataObject) -> None:
    """A voter who favours the proposal more can not make a passed one fail."""
    before = tally(record)
    if not record["ballots"] or before.outcome != PASSED:
        return
    at = data.draw(st.integers(0, len(record["ballots"]) - 1))
    ballots = [dict(one) for one in record["ballots"]]
    if record["method"] == "score":
        ballots[at]["choice"] = {**ballots[at]["choice"], before.winner: 5}
    else:
        ballots[at]["choice"] = "agree" if record["method"] == "consent" else "yes"
    after = tally({**record, "ballots": ballots})
    assert (after.outcome, after.winner) == (PASSED, before.winner)


@given(records(), st.data())
def test_a_ballot_of_ones_own_undoes_ones_trust(
    record: dict[str, Any], data: st.DataObject
) -> None:
    """Whom a voter trusts changes nothing: her own ballot comes first."""
    if not record["ballots"]:
        return
    voter = data.draw(st.sampled_from([one["voter"] for one in record["ballots"]]))
    links = {**record["delegations"], voter: data.draw(st.sampled_from(MEMBERS))}
    assert tally({**record, "delegations": links}) == tally(record)


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "another"},
        {"method": "lot"},
        {"roll": ["agent-1", "agent-1"]},
        {"ballots": [{"voter": "agent-2", "choice": "yes"}]},
        {"ballots": [{"voter": "agent-1", "choice": "yes"}] * 2},
        {"ballots": [{"voter": "agent-1", "choice": "agree"}]},
    ],
)
def test_a_record_that_no_poll_can_give_is_refused(wrong: dict[str, Any]) -> None:
    record = {
        "format": "fabcommons-poll-1",
        "method": "majority",
        "quorum_permille": 1,
        "limit_permille": 500,
        "score_max": 5,
        "options": [],
        "roll": ["agent-1"],
        "delegations": {},
        "ballots": [{"voter": "agent-1", "choice": "yes"}],
    }
    assert tally(record).outcome == PASSED
    with pytest.raises(InvalidRecordError):
        tally(record | wrong)
