"""A surplus, from what happened to a member's statement: in a real browser."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from orchestrator.accounts.book import post
from orchestrator.accounts.transactions import Transaction, moved
from orchestrator.commons.rulebook import found
from orchestrator.entry.demo import world as demo_world
from orchestrator.ledger import verify
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.sequencer import sequence
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.logins import add_hashed_login
from orchestrator.periods.book import PERIOD_RULES, period_of, publish
from orchestrator.periods.rows import PeriodRow
from orchestrator.periods.rules import default_period_rules
from tests.e2e.conftest import serving
from tests.e2e.region import PASSWORD, Browse, Stage, WellMade, opened, sign_in
from tests.passwords import quickly_hashed

SCREENS = {"widths": [390, 820], "schemes": ["light", "dark"]}
DESK = {"widths": [820], "schemes": ["light"], "axe": False}


@pytest.fixture(scope="module")
def period(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A region whose first period is open: work was done and money came in."""
    folder = tmp_path_factory.mktemp("period")
    with opened(folder, demo_world.helsinki()) as stage:
        play, cast = stage.play, stage.cast
        now = play.clock.at
        with play.sessions.begin() as session:
            found(session, PERIOD_RULES, now=now)
            second = add_agent(
                session, kind="person", name="Grace", legal_form="individual", now=now
            )
            grant_role(session, second.id, "steward", now=now)
            add_hashed_login(
                session,
                second.id,
                email="second@demo.example",
                password_hash=quickly_hashed(PASSWORD),
                now=now,
            )
            publish(
                session,
                by=cast.steward.agent_id,
                opens_at=now + timedelta(minutes=1),
                key=play.key,
                now=now,
            )
        play.clock.at = now = now + timedelta(minutes=5)
        rider = cast.couriers[0].agent_id
        with play.sessions.begin() as session:
            for number, (action, who, much, unit) in enumerate(
                [
                    ("dropoff", rider, "12.5", "km"),
                    ("dropoff", rider, "3", "{piece}"),
                    ("use", cast.labs[0].operator.agent_id, "7.25", "h"),
                    ("work", cast.labs[0].operator.agent_id, "1.5", "h"),
                    ("accept", cast.steward.agent_id, "40", "{piece}"),
                ]
            ):
                event = EconomicEvent(
                    id=f"event-{number:06}",
                    action=action,
                    provider=who,
                    receiver="agent-shop",
                    resource="thing",
                    quantity=much,
                    unit=unit,
                    occurred_at=now,
                )
                append_witnessed(session, event, key=play.key, recorded_at=now)
            post(
                session,
                Transaction(
                    id="money-000001",
                    kind="sale",
                    text="Orders were paid",
                    postings=moved("income:settled", "assets:bank", 2_538_413, "EUR"),
                ),
                now=now,
            )
            while sequence(session):
                pass
            origin = stage.app.state.ledger.origin
            sign_checkpoint(session, origin=origin, key=play.key, now=now)
        yield stage


@pytest.fixture(scope="module")
def url(period: Stage) -> Iterator[str]:
    with serving() as start:
        yield start(period.app, period.feed)


def test_two_stewards_close_a_period_and_a_member_reads_why(
    period: Stage, url: str, browse: Browse, well_made: WellMade, tmp_path: Path
) -> None:
    tried = "/periods/1?low=0&likely=25384.13&high=60000"
    pages = [
        {"name": "periods", "url": "/periods", "full": True},
        {"name": "period-open", "url": tried, "full": True},
    ]
    well_made(browse(url, pages, **SCREENS))

    first, second = (sign_in(url, who) for who in ("steward", "second"))
    table = (default_period_rules().decode()).replace("3/5", "9/10")
    (tmp_path / "own.json").write_text(table)
    amounts = [{"fill": [f"#{name}", "30000"]} for name in ("low", "likely", "high")]
    unfold = {"click": "summary:has-text('Rules of your own')"}
    own = [
        *amounts,
        unfold,
        {"files": ["#file", [str(tmp_path / "own.json")]]},
        {"click": "#try ~ form .btn"},
        {"expect": "#side-by-side"},
    ]
    wrong = [
        *amounts,
        unfold,
        {"fill": ["#table", table.replace("1/4", "1/3")]},
        {"click": "#try ~ form .btn"},
        {"expect": "#table-error:has-text('Line 12')"},
    ]
    pages = [
        {"name": "period-own-rules", "url": "/periods/1", "steps": own},
        {"name": "period-wrong-rules", "url": "/periods/1", "steps": wrong},
    ]
    well_made(
        browse(url, [one | {"full": True} for one in pages], cookies=first, **DESK)
    )
    steps = [{"click": "form[action$=propose] .btn"}, {"expect": ".note"}]
    proposing = {"name": "period-proposed", "url": "/periods/1", "steps": steps}
    well_made(browse(url, [proposing], cookies=first, **DESK))

    wrong = [{"fill": ["#name", "period 2"]}, {"click": "form[action$=confirm] .btn"}]
    refused = {"name": "period-refused", "url": "/periods/1", "steps": wrong}
    browse(url, [refused], cookies=second, **DESK)
    assert the_period(period).closed_at is None

    well_made(
        browse(
            url,
            [{"name": "period-confirm", "url": "/periods/1", "full": True}],
            cookies=second,
            **SCREENS,
        )
    )
    steps = [
        {"fill": ["#name", "Period 1"]},
        {"click": "form[action$=confirm] .btn"},
        {"gone": "form[action$=confirm]"},
    ]
    closing = {"name": "period-closed", "url": "/periods/1", "steps": steps}
    well_made(browse(url, [closing], cookies=second, **DESK))
    row = the_period(period)
    assert row.closed_at is not None
    assert row.closed_by != row.proposed_by

    rider = sign_in(url, period.cast.couriers[0].email.partition("@")[0])
    unfold = [{"click": "details.more summary"}, {"expect": "details.more li"}]
    mine = [
        {"name": "mine", "url": "/mine", "full": True, "steps": unfold},
        {"name": "mine-statement", "url": "/mine/statement", "full": True},
    ]
    report = browse(url, mine, cookies=rider, **SCREENS)
    well_made(report)
    cookies = {one["name"]: one["value"] for one in rider}
    with httpx.Client(base_url=url, cookies=cookies, timeout=60) as client:
        link = re.search(r'href="(/ledger/receipts/[^"]+)"', client.get("/mine").text)
        assert link is not None
        for path in (link[1], "/api/v1/ledger/export"):
            kept = tmp_path / path.rpartition("/")[2]
            kept.write_bytes(client.get(path).content)
            checked = subprocess.run(  # as on another computer: without this house
                [sys.executable, "-I", str(verify.__file__), str(kept)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert checked.returncode == 0, checked.stdout + checked.stderr


def the_period(stage: Stage) -> PeriodRow:
    with stage.play.reading() as session:
        return period_of(session, 1)


def test_what_the_close_gave_is_told_to_the_cent_and_checked_without_us(
    period: Stage, url: str, tmp_path: Path
) -> None:
    """After the close of the test before: the money, and a check in an empty folder."""
    rider = sign_in(url, period.cast.couriers[0].email.partition("@")[0])
    cookies = {one["name"]: one["value"] for one in rider}
    with httpx.Client(base_url=url, cookies=cookies, timeout=60) as client:
        mine = client.get("/api/v1/accounts/mine").json()["owed_cents_of"]["EUR"]
        lines = list(csv.DictReader(client.get("/accounts/mine.csv").text.splitlines()))
        totals = client.get("/api/v1/accounts/totals").json()[0]
        (rate,) = client.get("/api/v1/commons").json()["take_rates"]
        page = client.get("/accounts/mine", follow_redirects=True).text
        for name in ("verify.py", "export"):
            kept = tmp_path / name
            kept.write_bytes(client.get(f"/api/v1/ledger/{name}").content)
        key = client.get("/api/v1/ledger").json()["public_key"]
    assert mine > 0
    assert sum(round(float(line["amount"]) * 100) for line in lines) == mine
    assert {line["kind"] for line in lines} == {"dividend"}
    assert "Surplus of period 1" in page
    assert totals["shared"] + totals["network"] == totals["income"]
    assert totals["network"] == totals["reserve"] == rate["kept"]
    command = [sys.executable, "-I", "verify.py", "export", "--key", key]
    checked = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert checked.stdout.startswith("whole: "), checked.stdout
