"""Challenges: entries, judges' points, and an award that comes out of the reserve."""

import pytest

from orchestrator.accounts.book import balance, post
from orchestrator.accounts.chart import BANK, PAYABLE, RESERVE
from orchestrator.accounts.transactions import Transaction, moved
from orchestrator.commons.rulebook import rule_at
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.money import Money
from orchestrator.votes.challenges import (
    challenge_of,
    enter,
    entries_of,
    judge,
    open_challenge,
    winnings,
)
from orchestrator.votes.due import close_due
from orchestrator.votes.funding_rules import FUNDING_RULES, default_funding_rules
from orchestrator.votes.purse import owed, reserve
from orchestrator.votes.rows import ChallengeEntryRow, ChallengeRow
from tests.unit.orchestrator.votes.conftest import Commons
from tests.unit.orchestrator.votes.test_polls import acts

CRITERIA = ("Can be mended", "Costs little")


@pytest.fixture
def reserved(commons: Commons) -> Commons:
    post(
        commons.session,
        Transaction(
            id="money-of-before",
            kind="opening",
            text="Money of before",
            postings=moved(RESERVE, BANK, 100_000, "EUR"),
        ),
        now=commons.at,
    )
    return commons


def opened(commons: Commons, **more: object) -> ChallengeRow:
    told = {
        "title": "A pedal for one hand",
        "text": "Who has one hand shall ride.",
        "criteria": CRITERIA,
        "award": Money(cents=7_001),
        "seed_cents": 2_000,
        **more,
    }
    return open_challenge(
        commons.session,
        agent_id="agent-ada",
        clerk=commons.clerk,
        now=commons.later(),
        **told,  # type: ignore[arg-type]
    )


def entered(commons: Commons, row: ChallengeRow, who: str) -> ChallengeEntryRow:
    return enter(
        commons.session,
        row.id,
        title=f"By {who}",
        text="So.",
        agent_id=who,
        clerk=commons.clerk,
        now=commons.later(),
    )


def judged(commons: Commons, entry: ChallengeEntryRow, who: str, *points: int) -> None:
    judge(
        commons.session,
        entry.id,
        points=points,
        agent_id=who,
        clerk=commons.clerk,
        now=commons.later(),
    )


def closed(commons: Commons, row: ChallengeRow) -> None:
    commons.at = row.closes_at
    close_due(commons.session, clerk=commons.clerk, now=commons.at)


def test_the_best_entry_is_owed_award_and_seed_grant(reserved: Commons) -> None:
    row = opened(reserved)
    assert reserve(reserved.session, "EUR") == 100_000 - 9_001  # set aside at once
    first, second = (entered(reserved, row, who) for who in ("agent-bo", "agent-cy"))
    with pytest.raises(ConflictError, match="already"):
        entered(reserved, row, "agent-bo")
    with pytest.raises(NotAllowedError):
        entered(reserved, row, "agent-guest")
    with pytest.raises(ConflictError, match="together"):
        judged(reserved, first, "agent-dee", 5, 5)
    reserved.at = row.entries_until
    with pytest.raises(ConflictError, match="no more"):
        entered(reserved, row, "agent-dee")
    with pytest.raises(NotAllowedError):
        judged(reserved, first, "agent-bo", 5, 5)  # her own
    for wrong in ((6, 0), (-1, 0), (5,)):
        with pytest.raises(InvalidInputError):
            judged(reserved, first, "agent-dee", *wrong)
    judged(reserved, first, "agent-dee", 5, 5)
    judged(reserved, first, "agent-dee", 2, 1)  # she thought again
    judged(reserved, second, "agent-dee", 4, 0)
    judged(reserved, second, "agent-ada", 0, 1)
    closed(reserved, row)
    assert row.state == "awarded"
    assert owed(reserved.session, "agent-cy", "EUR") == 9_001
    assert owed(reserved.session, "agent-bo", "EUR") == 0
    assert [one.won_cents for one in entries_of(reserved.session, row.id)] == [0, 9_001]
    closed(reserved, row)
    assert owed(reserved.session, "agent-cy", "EUR") == 9_001  # once
    (told,) = acts(reserved.session, "challenge-closed")
    assert (told["outcome"], told["winners"]) == ("awarded", 1)


def test_a_jury_judges_alone_and_hands_nothing_in(reserved: Commons) -> None:
    with pytest.raises(NotAllowedError):
        opened(reserved, jury=["agent-guest"])
    row = opened(reserved, jury=["agent-dee"])
    with pytest.raises(NotAllowedError, match="judges"):
        entered(reserved, row, "agent-dee")
    entry = entered(reserved, row, "agent-bo")
    reserved.at = row.entries_until
    with pytest.raises(NotAllowedError):
        judged(reserved, entry, "agent-cy", 5, 5)
    judged(reserved, entry, "agent-dee", 1, 0)
    closed(reserved, row)
    assert owed(reserved.session, "agent-bo", "EUR") == 9_001


def test_what_nobody_solved_returns_to_the_reserve(reserved: Commons) -> None:
    row = opened(reserved)
    entered(reserved, row, "agent-bo")
    closed(reserved, row)
    assert row.state == "unsolved"
    assert reserve(reserved.session, "EUR") == 100_000
    assert balance(reserved.session, PAYABLE, "EUR") == 0


def test_equals_share_to_the_cent() -> None:
    won = winnings({"entry-a": 7, "entry-b": 7, "entry-c": 3}, 9_001)
    assert won == {"entry-a": 4_501, "entry-b": 4_500}
    assert winnings({"entry-a": 0}, 9_001) == {}
    assert winnings({}, 9_001) == {}


def test_what_the_rules_do_not_allow_is_refused(reserved: Commons) -> None:
    for wrong in (
        {"award": Money(cents=10_001), "seed_cents": 0},  # above a tenth
        {"award": Money(cents=8_001), "seed_cents": 2_000},
        {"award": Money(cents=0)},
        {"criteria": ()},
        {"criteria": ("Same", "Same")},
        {"title": ""},
    ):
        with pytest.raises(InvalidInputError):
            opened(reserved, **wrong)
    with pytest.raises(NotFoundError):
        challenge_of(reserved.session, "challenge-x")
    row = opened(reserved)
    with pytest.raises(NotFoundError):
        enter(
            reserved.session,
            row.id,
            title="A design",
            text="That is none.",
            version_id="version-x",
            agent_id="agent-bo",
            clerk=reserved.clerk,
            now=reserved.later(),
        )
    old = canonical.object_of(default_funding_rules())
    old = {k: v for k, v in old.items() if not k.startswith("challenge_")}
    read = FUNDING_RULES.read(canonical.dumps(FUNDING_RULES.completed(old)))
    assert read.challenge_permille == 0  # rules of before set nothing aside
    assert rule_at(reserved.session, FUNDING_RULES, reserved.at).number == 1
