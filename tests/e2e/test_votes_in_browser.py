"""A vote from its proposal to its result, in a real browser, and the rules it may change."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from orchestrator.accounts.book import post
from orchestrator.accounts.chart import BANK, RESERVE
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.commons.rulebook import found
from orchestrator.entry.demo import world as demo_world
from orchestrator.foundation.money import Money
from orchestrator.periods.book import PERIOD_RULES
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.due import close_due
from orchestrator.votes.tally import commitment, tally
from tests.e2e.conftest import serving
from tests.e2e.region import Browse, Stage, WellMade, opened, sign_in

PHONE = {"widths": [390], "schemes": ["light"]}
BOTH = {"widths": [390, 1280], "schemes": ["light"]}
TABLET = {"widths": [820], "schemes": ["dark"]}
WHY = "The cargo bicycle is too small for frames."


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    """The region in the morning: its members, and no order yet."""
    folder = tmp_path_factory.mktemp("hall")
    with opened(folder, demo_world.helsinki()) as stage, serving() as start:
        yield stage, start(stage.app, stage.feed)


def test_members_propose_vote_and_count_it_again(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    writes = {
        "name": "vote-new",
        "url": "/votes/new",
        "steps": [
            {"fill": ["#title", "Shall we rent a van?"]},
            {"fill": ["#text", WHY]},
            {"shot": "vote-new-typed"},
            {"click": "form[action='/votes'] .main"},
            {"expect": "#talk"},
        ],
    }
    steward = sign_in(url, "steward")
    well_made(browse(url, [writes | PHONE], cookies=steward))
    (poll,) = httpx.get(f"{url}/api/v1/votes").json()
    page = f"/votes/{poll['id']}"
    votes = {
        "name": "vote-open",
        "url": page,
        "steps": [
            {"click": "input[value='no']"},
            {"click": "form[action$='/ballot'] .main"},
            {"expect": "details.more"},
            {"fill": ["#text", "A van stands still most days."]},
            {"click": "form[action$='/remarks'] .btn:not(.plain)"},
            {"expect": "#remarks li"},
        ],
    }
    shop = sign_in(url, f"shop-{stage.world.shops[0].key}")
    well_made(browse(url, [votes | PHONE], cookies=shop))
    (poll,) = httpx.get(f"{url}/api/v1/votes").json()
    assert (poll["state"], poll["voices"], poll["result"]) == ("open", 2, None)
    looks = [{"name": "votes", "url": "/votes"}, {"name": "rules", "url": "/rules"}]
    looks += [{"name": "rule", "url": "/rules/voting-rules"}]
    well_made(browse(url, [look | PHONE for look in looks], cookies=shop))

    stage.play.clock.at += timedelta(days=8)
    with stage.play.sessions.begin() as session:
        close_due(session, clerk=Clerk(key=stage.play.key), now=stage.play.clock.at)
    told = httpx.get(f"{url}/api/v1/votes/{poll['id']}").json()
    record = httpx.get(f"{url}/api/v1/votes/{poll['id']}/record").text
    result = tally(json.loads(record))
    assert (told["state"], told["result"]["counts"]) == ("no-quorum", result.counts)
    assert result.counts == {"yes": 1, "abstain": 0, "no": 1}
    opens = {"steps": [{"click": "#result ~ .stack summary"}]}
    guest = [{"name": "vote-closed", "url": page} | opens]
    well_made(browse(url, [one | look for one in guest for look in (PHONE, TABLET)]))
    assert WHY in httpx.get(url + page).text


def test_a_guest_reads_all_and_decides_nothing(hall: tuple[Stage, str]) -> None:
    _stage, url = hall
    for path in ("/votes", "/rules", "/rules/value-equation"):
        assert httpx.get(url + path).status_code == 200
    for path in ("/votes", "/trust", "/votes/x/ballot", "/votes/x/remarks"):
        form = {"matter": "resolution", "title": "x", "text": "x", "delegate_id": "x"}
        form |= {"ballot_id": "ballot-x", "revision": "1"}
        assert httpx.post(url + path, data=form).status_code == 401


def test_a_secret_ballot_is_hidden_in_the_browser_and_found_in_the_record(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    opens = [
        {"fill": ["#title", "Who speaks for us in May?"]},
        {"fill": ["#text", "Grace would."]},
        {"click": "input[name='secret'][value='yes']"},
        {"click": "form[action='/votes'] .main"},
        {"expect": "[data-ballot]"},
    ]
    look = {"name": "vote-secret-new", "url": "/votes/new", "steps": opens}
    well_made(browse(url, [look | PHONE], cookies=sign_in(url, "steward")))
    (poll,) = (
        one for one in httpx.get(f"{url}/api/v1/votes").json() if one["secret_modulus"]
    )
    page = f"/votes/{poll['id']}"
    kept = f"localStorage.getItem('fabcommons-ballot-{poll['id']}-1')"
    sends = [
        {"click": "[data-ballot] input[value='no']"},
        {"click": "[data-ballot] form .main"},
        {"expect": "[data-part='send'] .main"},
        {"shot": "vote-secret-signed"},
        {"click": "[data-part='send'] .main"},
        {"until": f"!!JSON.parse({kept}).taken"},
        {"evaluate": kept},
    ]
    look = {"name": "vote-secret", "url": page, "steps": sends}
    shop = sign_in(url, f"shop-{stage.world.shops[0].key}")
    report = browse(url, [look | PHONE], cookies=shop)
    well_made(report)
    mine = json.loads(report[0]["values"][0])
    refused = httpx.post(
        f"{url}/api/v1/votes/{poll['id']}/box",
        json={"revision": 1, "choice": "yes", "salt": mine["ballot"]["salt"]}
        | {"signature": mine["signature"]},
    )
    assert refused.status_code == 422, refused.text
    stage.play.clock.at += timedelta(days=8)
    with stage.play.sessions.begin() as session:
        close_due(session, clerk=Clerk(key=stage.play.key), now=stage.play.clock.at)
    record = httpx.get(f"{url}/api/v1/votes/{poll['id']}/record").json()
    assert tally(record).counts == {"yes": 0, "abstain": 0, "no": 1}
    (ballot,) = record["ballots"]
    del ballot["signature"]
    assert commitment(ballot) == mine["sha256"]
    assert len(record["spoke"]) == 1
    well_made(browse(url, [{"name": "vote-secret-closed", "url": page} | BOTH]))


def test_a_rule_is_proposed_in_words(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    with stage.play.sessions.begin() as session:
        found(session, PERIOD_RULES, now=stage.play.clock.at)
    typed = [
        {"fill": ["#title", "More for makers"]},
        {"fill": ["#text", "Machines wear out."]},
        {"fill": ["#f-communities-makers", "45"]},
    ]
    steps = [
        *typed,
        {"fill": ["#f-communities-designers", "15"]},
        {"click": "button[name='act']"},
        {"expect": "#changes"},
    ]
    refused = [*typed, {"click": "button[name='act']"}, {"expect": "[role='alert']"}]
    wrong = {"name": "vote-rule-refused", "url": "/votes/new?matter=period-rules"}
    looks = [
        {"name": "vote-rule", "url": "/votes/new?matter=period-rules", "steps": steps},
        {"name": "vote-rule-votes", "url": "/votes/new?matter=voting-rules"},
        {"name": "vote-rule-value", "url": "/votes/new?matter=value-equation"},
    ]
    steward = sign_in(url, "steward")
    well_made(browse(url, [look | BOTH for look in looks], cookies=steward))
    (report,) = browse(url, [wrong | {"steps": refused} | PHONE], cookies=steward)
    assert report["failed_step"] is None
    send = {"steps": [*steps, {"click": ".acts .main"}, {"expect": "#talk"}]}
    proposed = looks[0] | send | {"name": "vote-rule-open"}
    well_made(browse(url, [proposed | PHONE], cookies=steward))
    polls = httpx.get(f"{url}/api/v1/votes").json()
    (told,) = (one for one in polls if one["matter"] == "period-rules")
    assert told["table"]["communities"]["makers"] == "9/20"


def test_common_money_is_given_out_in_the_browser(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    with stage.play.sessions.begin() as session:
        post(
            session,
            Transaction(
                id="money-of-before",
                kind="opening",
                text="Money of before",
                postings=(
                    Posting(account=BANK, money=Money(cents=120_000)),
                    Posting(account=RESERVE, money=Money(cents=-120_000)),
                ),
            ),
            now=stage.play.clock.at,
        )
    opens = {
        "name": "funding",
        "url": "/funding",
        "steps": [
            {"fill": ["#budget-title", "Summer"]},
            {"click": "form[action='/funding/budgets'] .btn"},
            {"expect": "#budgets ~ .card"},
            {"click": "#budgets ~ .card summary"},
            {"fill": ["#title", "A lathe for all"]},
            {"fill": ["#text", "Kallio has room for it."]},
            {"fill": ["#goal", "9.50"]},
            {"click": "#budgets ~ .card .main"},
            {"fill": ["#budgets ~ .card [name=amount]", "9.50"]},
            {"click": "form[action^='/funding/items'] .btn"},
            {"expect": "progress"},
        ],
    }
    well_made(browse(url, [opens | PHONE], cookies=sign_in(url, "steward")))
    (budget,) = httpx.get(f"{url}/api/v1/funding").json()["budgets"]
    assert budget["part_cents"] == 1_000  # a fifth of the reserve, of 24 members
    assert budget["items"][0]["given_cents"] == 950
    fair = [{"name": "commons", "url": "/commons"}]
    well_made(browse(url, [one | look for one in fair for look in (PHONE, TABLET)]))
    told = httpx.get(f"{url}/api/v1/commons").json()
    assert told["who_decides"]["members"] == 24
    assert told["take_rates"][0] | {"kept": 0} == {
        "currency": "EUR",
        "paid": 0,
        "kept": 0,
        "reserve": 96_000,
        "permille": None,
    }
    assert told["levers"]["connect"]["labs"] == len(stage.world.labs)
    assert {rule["kind"] for rule in told["rules"]} >= {"charter", "voting-rules"}
    assert len(told["charter"]) == 6


def test_a_challenge_from_its_problem_to_its_award(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    """After common money: the reserve has some."""
    stage, url = hall
    opens = {
        "name": "challenges",
        "url": "/challenges",
        "steps": [
            {"click": "details.more summary"},
            {"fill": ["#title", "A pedal for one hand"]},
            {"fill": ["#text", "Who has one hand shall ride as all do."]},
            {"fill": ["#criteria", "Can be mended\nCosts little"]},
            {"fill": ["#award", "60"]},
            {"fill": ["#seed", "15"]},
            {"shot": "challenge-new"},
            {"click": "form[action='/challenges'] .main"},
            {"expect": "#entries"},
        ],
    }
    steward = sign_in(url, "steward")
    well_made(browse(url, [opens | PHONE], cookies=steward))
    (told,) = httpx.get(f"{url}/api/v1/challenges").json()
    page = f"/challenges/{told['id']}"
    enters = [
        {"fill": ["#title", "A clip on the frame"]},
        {"fill": ["#text", "It holds the crank."]},
        {"click": "#enter ~ form .main"},
        {"expect": "article.card"},
    ]
    shop = sign_in(url, f"shop-{stage.world.shops[0].key}")
    look = {"name": "challenge-entered", "url": page, "steps": enters}
    well_made(browse(url, [look | PHONE], cookies=shop))
    stage.play.clock.at += timedelta(days=31)
    judges = [
        {"fill": ["article [name='points-0']", "4"]},
        {"fill": ["article [name='points-1']", "3"]},
        {"click": "article .btn"},
        {"expect": "article.card"},
    ]
    look = {"name": "challenge-judged", "url": page, "steps": judges}
    well_made(browse(url, [look | BOTH], cookies=sign_in(url, "steward")))
    stage.play.clock.at += timedelta(days=15)
    with stage.play.sessions.begin() as session:
        close_due(session, clerk=Clerk(key=stage.play.key), now=stage.play.clock.at)
    well_made(browse(url, [{"name": "challenge-closed", "url": page} | BOTH]))
    (entry,) = httpx.get(f"{url}{'/api/v1' + page}").json()["entries"]
    assert (entry["won_cents"], entry["verdicts"][0]["points"]) == (7_500, [4, 3])
