"""Who may be led where, whose forms count, and what a commit says to open pages."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from orchestrator.doors.web.access import local_path, sign_in_url, topic_of
from orchestrator.doors.web.bridge import plain_topics
from orchestrator.doors.web.live import TOPIC
from orchestrator.doors.web.order_words import points, sentence
from orchestrator.doors.web.same_origin import SameOrigin


@pytest.mark.parametrize("path", ["/", "/plan", "/orders?q=hook&x=%2F", "/a//b"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "far",
    [
        *(None, "", "plan", "//evil.example", "///evil.example", "/\\evil.example"),
        *("https://evil.example/", "javascript:alert(1)", "/\n/evil.example"),
        *("\\\\evil.example", "/" + "a" * 600, "/a\tb"),
    ],
)
def test_whatever_leads_away_leads_home(far: str | None) -> None:
    assert local_path(far) == "/"


def test_the_way_back_is_quoted() -> None:
    assert sign_in_url("/orders?q=a b") == "/sign-in?next=/orders%3Fq%3Da%20b"


@pytest.fixture
def client() -> TestClient:
    async def done(scope: Scope, receive: Receive, send: Send) -> None:
        start: Any = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"done"})

    return TestClient(SameOrigin(done))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        # What the browser itself says outweighs what a header claims.
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
    ],
)
def test_only_our_own_pages_post_with_a_cookie(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    told = {"Cookie": "fabcommons_session=x", **headers}
    assert client.post("/sign-out", headers=told).status_code == status
    assert client.get("/", headers=told).status_code == 200


def test_a_program_without_a_cookie_acts_in_nobodys_name(client: TestClient) -> None:
    assert client.post("/sign-in").status_code == 200
    other_site = {"Origin": "https://evil.example"}
    assert client.post("/sign-in", headers=other_site).status_code == 403
    assert client.post("/api/v1/session", headers=other_site).status_code == 200


def test_a_commit_becomes_topics_that_pages_can_follow() -> None:
    told = plain_topics({"order/order-1", "orders", "machine/m-1", "map", "plan-wish"})
    assert told == [
        "machine-m-1",
        "machines-changed",
        "order-order-1",
        "orders-changed",
    ]
    assert all(TOPIC.fullmatch(topic) for topic in told)
    assert TOPIC.fullmatch(topic_of("track", "ABCD-EFGH-JKLM"))


@pytest.mark.parametrize(
    ("milli", "words"),
    [(0, "0"), (150, "0.15"), (3_334, "3.334"), (10_000, "10"), (-1_500, "-1.5")],
)
def test_points_say_no_more_than_they_know(milli: int, words: str) -> None:
    assert points(milli) == words


def test_reasons_become_sentences() -> None:
    assert sentence("no lab is open") == "No lab is open."
    assert sentence("Change it.") == "Change it."
    assert sentence(None) == ""
