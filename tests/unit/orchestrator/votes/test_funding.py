"""Common money: nothing lost or made, given back where it funds nothing, spent once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.accounts import expected
from orchestrator.accounts.book import balance, balances, post
from orchestrator.accounts.chart import BANK, PAYABLE, REFUNDS, RESERVE
from orchestrator.accounts.rows import ExpectedRow
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.money import Money
from orchestrator.votes.budgets import add_item, allocate, close_budget, open_budget
from orchestrator.votes.campaigns import (
    close_campaign,
    open_campaign,
    pledge,
    pledged,
    promise,
)
from orchestrator.votes.due import close_due
from orchestrator.votes.funding import match, quadratic_match, settle
from orchestrator.votes.purse import EARMARKED, PLEDGES, owed, reserve
from orchestrator.votes.rows import BudgetItemRow, BudgetRow, CampaignRow
from tests.unit.orchestrator.votes.conftest import Commons

CENTS = st.integers(0, 10**9)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(CENTS, CENTS)))
def test_a_budget_gives_out_or_returns_every_cent(
    items: dict[str, tuple[int, int]],
) -> None:
    goals = {item: goal + 1 for item, (goal, _) in items.items()}
    told = {item: cents for item, (_, cents) in items.items()}
    pot = sum(told.values()) + 7
    settled = settle(pot, goals, told)
    assert sum(settled.funded.values()) + settled.returned == pot
    assert settled.returned >= 7
    assert all(told[item] >= cents for item, cents in settled.funded.items())
    with pytest.raises(ValueError, match="given out"):
        settle(sum(told.values()) - 1, goals, told)


@given(st.lists(CENTS, max_size=20), CENTS, CENTS, CENTS, st.integers(0, 1000))
def test_a_match_is_within_all_its_bounds(
    pledges: list[int], minimum: int, more: int, kept: int, permille: int
) -> None:
    optimum = minimum + more
    added = match(
        pledges, minimum=minimum, optimum=optimum, reserve=kept, permille=permille
    )
    assert 0 <= added <= kept * permille // 1000
    if sum(pledges) < minimum:
        assert added == 0
    if added:
        assert sum(pledges) + added <= optimum
    assert quadratic_match(pledges) == quadratic_match(pledges[::-1])


def test_many_small_pledges_draw_more_than_one_large() -> None:
    assert quadratic_match([10_000]) == 0
    assert quadratic_match([100] * 100) == 100 * 100 * 100 - 10_000
    assert quadratic_match([400, 100]) == 30**2 - 500  # (20 + 10)² less 500


def fill(commons: Commons, cents: int, *, owed_to: str | None = None) -> None:
    """Money of before: in the reserve, or owed to somebody."""
    commons.count += 1
    to = RESERVE if owed_to is None else f"{PAYABLE}:{owed_to}"
    post(
        commons.session,
        Transaction(
            id=f"money-of-before-{commons.count}",
            kind="opening",
            text="Money of before",
            postings=(
                Posting(account=BANK, money=Money(cents=cents)),
                Posting(account=to, money=Money(cents=-cents)),
            ),
        ),
        now=commons.later(),
    )


def opened(commons: Commons) -> BudgetRow:
    return open_budget(
        commons.session,
        title="Spring",
        currency="EUR",
        agent_id="agent-ada",
        clerk=commons.clerk,
        now=commons.later(),
    )


def asked(commons: Commons, row: BudgetRow, who: str, cents: int) -> BudgetItemRow:
    return add_item(
        commons.session,
        row.id,
        title="A lathe",
        text="For all.",
        goal_cents=cents,
        agent_id=who,
        now=commons.later(),
    )


def give(commons: Commons, item: BudgetItemRow, who: str, cents: int) -> None:
    allocate(
        commons.session,
        item.id,
        cents=cents,
        agent_id=who,
        clerk=commons.clerk,
        now=commons.later(),
    )


def test_members_give_out_their_parts_and_the_rest_returns(commons: Commons) -> None:
    with pytest.raises(ConflictError, match="nothing"):
        opened(commons)
    fill(commons, 100_003)
    row = opened(commons)
    assert (row.part_cents, row.pot_cents) == (5_000, 20_000)  # a fifth, of four
    assert reserve(commons.session, "EUR") == 80_003
    with pytest.raises(ConflictError, match="another"):
        opened(commons)
    lathe = asked(commons, row, "agent-bo", 9_000)
    paint = asked(commons, row, "agent-cy", 9_000)
    for who in ("agent-ada", "agent-bo"):
        give(commons, lathe, who, 5_000)
    give(commons, paint, "agent-cy", 4_000)
    give(commons, paint, "agent-cy", 3_000)  # a change of mind
    with pytest.raises(InvalidInputError, match=r"20\.00 EUR"):
        give(commons, lathe, "agent-cy", 2_001)
    with pytest.raises(NotAllowedError):
        give(commons, lathe, "agent-guest", 1)
    with pytest.raises(InvalidInputError):
        asked(commons, row, "agent-bo", 20_001)
    commons.later(days=14)
    with pytest.raises(ConflictError, match="closed"):
        give(commons, lathe, "agent-dee", 1)
    assert close_due(commons.session, clerk=commons.clerk, now=commons.at) == 1
    close_budget(commons.session, row, clerk=commons.clerk, now=commons.later())
    assert (lathe.funded, paint.funded, row.returned_cents) == (True, False, 11_000)
    assert owed(commons.session, "agent-bo", "EUR") == 9_000
    assert reserve(commons.session, "EUR") == 91_003
    assert balance(commons.session, EARMARKED, "EUR") == 0


def campaign(commons: Commons, minimum: int, optimum: int) -> CampaignRow:
    return open_campaign(
        commons.session,
        title="A van",
        text="For frames.",
        minimum=Money(cents=minimum),
        optimum_cents=optimum,
        agent_id="agent-dee",
        clerk=commons.clerk,
        now=commons.later(),
    )


def pledge_to(commons: Commons, row: CampaignRow, who: str, cents: int) -> None:
    commons.count += 1
    pledge(
        commons.session,
        row.id,
        pledge_id=f"pledge-number-{commons.count}",
        cents=cents,
        agent_id=who,
        now=commons.later(),
    )


def test_pledges_come_back_whole_when_the_minimum_is_missed(commons: Commons) -> None:
    fill(commons, 50_000)
    fill(commons, 1_000, owed_to="agent-ada")
    row = campaign(commons, 2_000, 5_000)
    pledge_to(commons, row, "agent-ada", 999)
    assert owed(commons.session, "agent-ada", "EUR") == 1
    with pytest.raises(InvalidInputError, match="owed"):
        pledge_to(commons, row, "agent-ada", 2)
    with pytest.raises(InvalidInputError):
        pledge_to(commons, row, "agent-bo", 1)
    with pytest.raises(NotAllowedError):
        pledge_to(commons, row, "agent-dee", 1)
    commons.later(days=31)
    assert close_due(commons.session, clerk=commons.clerk, now=commons.at) == 1
    assert (row.state, row.matched_cents) == ("failed", 0)
    assert owed(commons.session, "agent-ada", "EUR") == 1_000
    assert reserve(commons.session, "EUR") == 50_000
    assert balance(commons.session, PLEDGES, "EUR") == 0


def test_a_funded_campaign_is_matched_up_to_its_optimum_once(commons: Commons) -> None:
    fill(commons, 100_000)
    for who in ("agent-ada", "agent-bo"):
        fill(commons, 5_000, owed_to=who)
    row = campaign(commons, 2_000, 5_000)
    for who in ("agent-ada", "agent-bo"):
        pledge_to(commons, row, who, 600)
        pledge_to(commons, row, who, 400)
    again = {"pledge_id": "pledge-said-twice", "agent_id": "agent-ada"}
    for _ in range(2):
        pledge(commons.session, row.id, cents=100, now=commons.later(), **again)
    with pytest.raises(ConflictError, match="another pledge"):
        pledge(commons.session, row.id, cents=101, now=commons.later(), **again)
    assert pledged(commons.session, row.id) == {"agent-ada": 1_100, "agent-bo": 1_000}
    for _ in range(2):
        close_campaign(
            commons.session, row, clerk=commons.clerk, now=commons.later(days=1)
        )
    assert row.state == "funded"
    assert row.matched_cents == quadratic_match([1_100, 1_000]) == 2_097
    assert owed(commons.session, "agent-dee", "EUR") == 4_197
    assert reserve(commons.session, "EUR") == 100_000 - 2_097
    assert balance(commons.session, PLEDGES, "EUR") == 0


def test_transfers_count_as_they_come_in_until_the_close(commons: Commons) -> None:
    session = commons.session
    fill(commons, 100_000)
    fill(commons, 1_000, owed_to="agent-ada")
    row = campaign(commons, 2_000, 3_000)

    def said(who: str, cents: int) -> ExpectedRow:
        return promise(session, row.id, cents=cents, agent_id=who, now=commons.later())

    def paid(told: ExpectedRow, cents: int) -> None:
        commons.count += 1
        expected.pay(
            session,
            told.id,
            Money(cents=cents),
            payment_id=f"money-by-transfer-{commons.count}",
            by=None,
            now=commons.later(),
        )

    with pytest.raises(NotAllowedError):
        said("agent-dee", 1)
    with pytest.raises(InvalidInputError, match="optimum"):
        said("agent-bo", 3_001)
    bo, cy = said("agent-bo", 500), said("agent-cy", 2_000)
    assert said("agent-bo", 2_500) is bo  # a change of mind, one reference
    assert pledged(session, row.id) == {}  # a word is no money
    pledge_to(commons, row, "agent-ada", 400)
    paid(bo, 1_500)
    with pytest.raises(InvalidInputError):
        said("agent-bo", 1_499)
    paid(cy, 2_000)  # 1,100 are what the optimum leaves
    assert pledged(session, row.id) == {
        "agent-ada": 400,
        "agent-bo": 1_500,
        "agent-cy": 1_100,
    }
    with pytest.raises(InvalidInputError):
        pledge_to(commons, row, "agent-ada", 1)
    commons.later(days=31)
    assert close_due(session, clerk=commons.clerk, now=commons.at) == 1
    assert row.state == "funded"
    assert owed(session, "agent-dee", "EUR") == 3_000
    paid(bo, 1_000)  # late
    assert owed_back(commons) == {"agent-bo": 1_000, "agent-cy": 900}
    assert balance(session, PLEDGES, "EUR") == 0


def owed_back(commons: Commons) -> dict[str, int]:
    found = balances(commons.session, REFUNDS, currency="EUR")
    return {account.rpartition(":")[2]: -cents for account, cents in found.items()}
