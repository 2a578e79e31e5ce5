"""What people and attackers send to the page Publish: named, bounded, the rest is kept."""

import re
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from orchestrator.doors.web import receiving
from orchestrator.foundation import files as store
from tests.e2e.conftest import serving
from tests.e2e.region import Stage, sign_in, staged
from tests.unit.orchestrator.catalogue.files import made
from tests.waiting import wait_until

BLOCK = made.stl(made.block(20, 30, 10))
FROM_OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("uploads")) as made_stage:
        yield made_stage


@pytest.fixture(scope="module")
def browser(stage: Stage) -> Iterator[httpx.Client]:
    """A designer's browser."""
    with serving() as serve:
        url = serve(stage.app, stage.feed)
        cookies = {each["name"]: each["value"] for each in sign_in(url, "mira")}
        with httpx.Client(
            base_url=url,
            timeout=300,
            trust_env=False,
            cookies=cookies,
            headers=FROM_OURS,
        ) as client:
            yield client


type Files = list[tuple[str, bytes]]


def sent(browser: httpx.Client, files: Files, **fields: list[str]) -> httpx.Response:
    """The page that the browser ends on."""
    uploads = [("files", each) for each in files]
    return browser.post("/publish", files=uploads, data=fields, follow_redirects=True)


def told(page: httpx.Response) -> str:
    """The page's words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def drafts(stage: Stage) -> list[Path]:
    """What is on its way into the store."""
    return list((stage.play.folder / "drafts").glob("*"))


def test_a_mesh_of_some_megabytes_is_taken(browser: httpx.Client) -> None:
    many = made.stl(np.tile(made.block(20, 30, 10), (4_000, 1, 1)))
    assert len(many) > 2 << 20
    page = sent(browser, [("block.stl", many)])
    assert page.status_code == 200, told(page)[:500]
    assert "20 x 30 x 10 mm" in told(page)


def test_what_can_not_be_taken_is_named_and_the_rest_is_kept(
    browser: httpx.Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is smaller here, so that less is sent."""
    monkeypatch.setattr(store, "SIZE_MAX_BYTES", 1 << 20)
    page = sent(
        browser,
        [
            ("huge.stl", bytes(2 << 20)),
            ("n" * 300 + ".stl", BLOCK),
            ("block.stl", BLOCK),
            ("block.stl", bytes(9)),
            (".git/config", b"noise"),
            ("empty.txt", b""),
        ],
        too_large=["mountain.stl"],
    )
    assert page.status_code == 200, told(page)[:500]
    words = told(page)
    assert "20 x 30 x 10 mm" in words
    assert "huge.stl was left out: it is larger than the 1 MB" in words
    assert "mountain.stl was left out: it is larger than the 1 MB" in words
    assert "a file name has 1 to 200 characters" in words
    assert "block.stl was left out: another file has the same name" in words
    assert "config" not in words
    assert not drafts(stage)


def test_all_files_together_are_bounded(
    browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "TOTAL_MAX_BYTES", 1 << 20)
    page = sent(
        browser,
        [("a.bin", bytes(900_000)), ("b.bin", bytes(900_000)), ("c.stl", BLOCK)],
    )
    words = told(page)
    assert "b.bin was left out: all files together may have 1 MB" in words
    assert "20 x 30 x 10 mm" in words


def test_nothing_that_can_be_taken_says_why(browser: httpx.Client) -> None:
    page = sent(browser, [("n" * 300, b"x")])
    assert page.status_code == 422
    assert "a file name has 1 to 200 characters" in told(page)
    assert sent(browser, []).status_code == 422


def test_a_full_disk_is_said_and_nothing_stays_behind(
    browser: httpx.Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SPARE_BYTES", 1 << 62)
    page = sent(browser, [("block.stl", BLOCK)])
    assert page.status_code == 507
    assert "the disk of this node is full" in told(page)
    assert not drafts(stage)


def test_an_upload_that_is_cut_off_leaves_nothing_behind(
    browser: httpx.Client, stage: Stage
) -> None:
    place = urlsplit(str(browser.base_url))
    assert place.hostname
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    head = (
        f"POST /publish HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Length: 900000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.stl"\r\n\r\n'
    )
    with socket.create_connection((place.hostname, place.port or 80)) as raw:
        raw.sendall(head.encode() + bytes(500_000))
        wait_until(lambda: drafts(stage), "the first half came", 120)
    wait_until(lambda: not drafts(stage), "the half is gone", 120)
    assert sent(browser, [("block.stl", BLOCK)]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=" + "b" * 300, b"--b\r\n"),
        ("application/json", b"{}"),
        ("", b""),
    ],
)
def test_a_form_that_is_none_is_refused(
    browser: httpx.Client, kind: str, body: bytes
) -> None:
    answer = browser.post("/publish", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422, told(answer)[:300]


def test_nobody_but_a_designer_is_listened_to(browser: httpx.Client) -> None:
    """Not even a byte of the body is stored."""
    uploads = [("files", ("block.stl", BLOCK))]
    answer = httpx.post(
        browser.base_url.join("/publish"),
        files=uploads,
        headers=FROM_OURS,
        trust_env=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
