"""What every page carries: its policy, its nonce, its files by their content."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from jinja2 import UndefinedError

from orchestrator.doors.web import assets as files
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import Pages
from orchestrator.doors.web.policy import policy_of
from orchestrator.doors.web.refusals import refusal_page
from orchestrator.foundation.errors import NotFoundError


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def test_the_policy_allows_nothing_inline_and_the_nonce_is_new(
    client: TestClient,
) -> None:
    first, second = client.get("/styleguide"), client.get("/styleguide")
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert policy != second.headers["Content-Security-Policy"]


def test_trusted_types_are_asked_of_pages_without_a_map() -> None:
    assert "require-trusted-types-for" in policy_of("n", with_map=False)
    assert "require-trusted-types-for" not in policy_of("n", with_map=True)


def test_nothing_in_a_page_breaks_its_own_policy(client: TestClient) -> None:
    answer = client.get("/styleguide")
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce
    html = answer.text
    assert not re.search(r"\s(style|on[a-z]+)=", html)
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", html):
        assert f'nonce="{nonce[1]}"' in tag
    for tag in re.findall(r"<[a-z]+\b[^>]*\shx-(?!nonce)[^>]*>", html):
        assert f'hx-nonce="{nonce[1]}"' in tag


def test_every_file_a_page_names_is_there_and_kept_for_ever(
    client: TestClient,
) -> None:
    html = client.get("/styleguide").text
    urls = {url.split("#")[0] for url in re.findall(r'"(/static/[^"]+)"', html)}
    assert len(urls) > 10
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["Cache-Control"] == files.FOR_EVER, url


def test_every_icon_named_is_in_the_sprite(client: TestClient) -> None:
    sprite = (files.STATIC / "icons.svg").read_text()
    known = set(re.findall(r'id="([a-z-]+)"', sprite))
    html = client.get("/styleguide").text
    used = set(re.findall(r"icons\.svg\?v=[0-9a-f]+#([a-z-]+)", html))
    assert len(used) > 20
    assert used <= known


def test_an_old_address_is_answered_but_not_kept(client: TestClient) -> None:
    answer = client.get("/static/fab.css?v=000000000000")
    assert answer.headers["Cache-Control"] == files.ASK_AGAIN
    again = client.get(
        "/static/fab.css", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["../install.py", "%2e%2e/install.py", "nothing.css"])
def test_only_files_of_the_folder_are_served(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_forgotten_value_in_a_template_is_an_error(app: FastAPI) -> None:
    pages: Pages = app.state.pages
    with pytest.raises(UndefinedError):
        pages.environment.from_string("{{ nothing.here }}").render()


def test_what_people_write_is_escaped(app: FastAPI) -> None:
    pages: Pages = app.state.pages
    source = '{% from "parts/note.html" import note %}{{ note(words) }}'
    html = pages.environment.from_string(source).render(words="<script>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_changed_file_has_a_changed_address(tmp_path: Path) -> None:
    before = {"a.css": files.asset_of(b"a{}", ".css")}
    after = {"a.css": files.asset_of(b"b{}", ".css")}
    assert files.asset_url(before, "a.css") != files.asset_url(after, "a.css")


def test_the_page_tells_the_stream_where_it_stood(app: FastAPI, feed: Feed) -> None:
    feed.announce("plan-changed")
    assert "since=boot1-1" in TestClient(app).get("/styleguide").text


def test_the_ride_worker_keeps_files_that_exist(client: TestClient) -> None:
    script = client.get("/ride-worker.js").text
    for url in re.findall(r'"(/static/[^"]+)"', script):
        assert client.get(url).status_code == 200, url


def test_a_refusal_is_a_page_with_its_own_status(app: FastAPI) -> None:
    @app.get("/labs/none")
    def none_such(request: Request) -> Response:
        return refusal_page(request, NotFoundError("There is no lab 'none'."))

    answer = TestClient(app).get("/labs/none")
    assert answer.status_code == 404
    assert "There is no lab &#39;none&#39;." in answer.text
    assert "Content-Security-Policy" in answer.headers
