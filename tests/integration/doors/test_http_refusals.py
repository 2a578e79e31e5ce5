"""Bad HTTP input is refused as a problem that names the field; the server never breaks."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select

from orchestrator.foundation.ids import new_id
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import StopRow
from tests.conftest import Cluster
from tests.data import DATA
from tests.e2e.conftest import serving
from tests.e2e.region import Stage, staged

MEBI = 2**20
BLNS = DATA / "hostile/blns/blns.json"
NAUGHTY = (
    "",
    "\x00",
    "a\x00b",
    "\x07\x1b[31m",
    "\ud800",
    "😀",
    "Ω≈ç√∫",
    "\u202eevil\u202c",
    "\ufeff",
    "﷽" * 40,
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} %s %n",
    "'; DROP TABLE agent; --",
    "../../../../etc/passwd",
    "\r\nSet-Cookie: a=b",
)
PLANTED = "the secret of the planted crash"
EXAMPLES = 4  # of each operation and role
_names = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def http(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Http"]:
    """A whole region behind a real server, on each kind of database."""
    url = None
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        name = f"refusals{next(_names)}"
        cluster.run(f"CREATE DATABASE {name}")
        url = cluster.url(name)
    folder = tmp_path_factory.mktemp("refusals")
    with staged(folder, database_url=url) as stage, serving() as serve:

        def crash() -> None:
            raise RuntimeError(PLANTED)

        stage.app.add_api_route("/api/v1/planted", crash, methods=["GET"])
        stage.app.add_api_route("/planted", crash, methods=["GET"])
        asking = Http(stage, serve(stage.app, stage.feed))
        with asking.client:
            yield asking


class Http:
    """Asks as somebody of the region."""

    def __init__(self, stage: Stage, url: str) -> None:
        self.stage, self.url = stage, url
        self.client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        cast = stage.cast
        self.keys = {
            "shop": cast.shops[0].person.key,
            "operator": cast.labs[0].operator.key,
            "courier": cast.couriers[0].key,
            "steward": cast.steward.key,
        }

    def signed(self, role: str = "shop") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[role]}"}

    def ask(
        self, method: str, path: str, role: str = "shop", **told: Any
    ) -> httpx.Response:
        headers = {**self.signed(role), **told.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **told)


def refused(answer: httpx.Response, status: int | None = None) -> dict[str, Any]:
    """The problem of a refusal; no trace of the server's inside is in it."""
    assert status is None or answer.status_code == status, answer.text[:500]
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    clean(answer)
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert problem["status"] == answer.status_code
    return problem


def clean(answer: httpx.Response) -> None:
    for word in (
        "Traceback",
        "site-packages",
        'File "',
        ".py",
        "sqlalchemy",
        "psycopg",
    ):
        assert word not in answer.text, answer.text[:500]


def quote_of(http: Http, **told: Any) -> dict[str, Any]:
    now = http.stage.play.clock.now()
    cast = http.stage.cast
    return {
        "design_version_id": cast.version_of["coaster"],
        "place_id": cast.shops[0].place_id,
        "quantity": 1,
        "wished_at": (now + timedelta(hours=2)).isoformat(),
        "latest_at": (now + timedelta(hours=6)).isoformat(),
        **told,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity", -1),
        ("quantity", 1.5),
        ("quantity", "many"),
        ("quantity", 2**70),
        ("quantity", None),
        ("quantity", [1]),
        ("design_version_id", "x" * 65),
        ("design_version_id", 7),
        ("place_id", {"a": 1}),
        ("wished_at", "tomorrow"),
        ("wished_at", "2026-01-01T00:00:00"),
        ("latest_at", "+292277026596-12-04T15:30:08Z"),
        ("use", "resell"),
        ("surprise", 1),
    ],
)
def test_the_field_at_fault_is_named(http: Http, field: str, value: object) -> None:
    answer = http.ask("POST", "/api/v1/quotes", json=quote_of(http, **{field: value}))
    assert refused(answer, 422)["field"] == field


def test_a_missing_field_and_a_missing_header_are_named(http: Http) -> None:
    asked = quote_of(http)
    del asked["place_id"]
    assert (
        refused(http.ask("POST", "/api/v1/quotes", json=asked))["field"] == "place_id"
    )
    answer = http.ask("POST", "/api/v1/orders", json={"quote_id": "quote-none"})
    assert refused(answer, 422)["field"] == "idempotency-key"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe{}", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b"[" * 200_000 + b"]" * 200_000, "application/json"),
        (b'{"quantity":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "application/json"),
        (b'{"quantity": NaN}', "application/json"),
        (b'{"quantity": Infinity}', "application/json"),
        (b'{"quantity": 1e999}', "application/json"),
        (b'{"quantity": ' + b"9" * 5_000 + b"}", "application/json"),
        (b'{"place_id": "\\ud800"}', "application/json"),
        (b"null", "application/json"),
        (b"quantity=1", "application/x-www-form-urlencoded"),
        (b"<quote/>", "application/xml"),
        (b"{}", "text/plain"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"{}", "nonsense"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_body_that_is_no_quote_is_refused(http: Http, body: bytes, kind: str) -> None:
    for path in ("/api/v1/quotes", "/api/v1/enrol", "/api/v1/session"):
        refused(http.ask("POST", path, content=body, headers={"Content-Type": kind}))


def test_a_body_with_numbers_that_are_none_never_becomes_a_position(http: Http) -> None:
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"name": "x", "address": "y", "lat": {number}, "lon": 24.9}}'
        answer = http.ask(
            "POST",
            "/api/v1/places",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert refused(answer, 422)["field"] in {"lat", "body"}


def test_a_body_that_is_too_large_is_refused_before_it_is_read(http: Http) -> None:
    declared = http.ask("POST", "/api/v1/quotes", content=b" " * (MEBI + 1))
    assert refused(declared, 413)["code"] == "too-large"

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * (MEBI // 20)

    chunked = http.ask(
        "POST",
        "/api/v1/quotes",
        content=chunks(),
        headers={"Content-Type": "application/json"},
    )
    assert refused(chunked, 413)["code"] == "too-large"


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30, "0x10", " ", "1, 1"])
def test_a_length_that_is_none_is_refused(http: Http, length: str) -> None:
    place = urlsplit(http.url)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 80), timeout=5) as raw:
        raw.sendall(
            b"POST /api/v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
            b"\r\nContent-Length: " + length.encode() + b"\r\n\r\n{}"
        )
        answer = raw.recv(4_096)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer[:200]


def test_no_trace_of_a_crash_leaves_the_server(http: Http) -> None:
    alone = {"Connection": "close"}  # the server closes a connection that saw a crash
    answer = http.ask("GET", "/api/v1/planted", headers=alone)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    clean(answer)
    assert PLANTED not in answer.text
    assert "incident-" in answer.json()["detail"]
    page = http.ask("GET", "/planted", headers={**alone, "Accept": "text/html"})
    assert page.status_code == 500
    clean(page)
    assert PLANTED not in page.text
    assert http.ask("GET", "/health/live").status_code == 200


def test_no_text_whatsoever_breaks_a_field(http: Http) -> None:
    stop = _a_stop(http.stage)
    for text in [*NAUGHTY, *_corpus()]:
        for path, role, body, field in _text_fields(text, stop):
            answer = http.ask(
                "POST",
                path,
                role,
                content=_json(body),
                headers={"Content-Type": "application/json"},
            )
            clean(answer)
            assert answer.status_code < 500, (path, field, text, answer.text)
            if answer.is_error:
                refused(answer)
            elif field in answer.json():
                assert answer.json()[field] == text.strip(), (path, text)
    places = http.ask("GET", "/api/v1/places")
    assert places.status_code == 200
    assert {place["name"] for place in places.json()} >= {
        "Ω≈ç√∫",
        "<script>alert(1)</script>",
    }


def test_no_path_or_query_breaks_the_server(http: Http) -> None:
    with httpx.Client(base_url=http.url, headers=http.signed(), timeout=30) as client:
        for text in [*NAUGHTY, *_corpus()]:
            part = "".join(f"%{byte:02x}" for byte in text.encode(errors="replace"))
            for path in ("orders", "quotes", "track", "versions", "files", "machines"):
                for url in (f"/api/v1/{path}/{part}", f"/api/v1/{path}?q={part}"):
                    answer = client.get(url)
                    assert answer.status_code < 500, (url, answer.text)
                    clean(answer)


@pytest.mark.parametrize("role", ["shop", "operator", "courier", "steward"])
def test_what_the_openapi_document_allows_never_breaks_the_server(
    http: Http, role: str
) -> None:
    document = http.client.get("/api/v1/openapi.json").text
    cases = cases_of(document)
    for case in cases:
        answer = case.call(base_url=http.url, headers=http.signed(role), timeout=30)
        where = f"{case.method} {case.formatted_path} {case.body!r}"
        assert answer.status_code < 500, (where, answer.text)
        assert "Traceback" not in answer.text, where
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0]
            assert kind == "application/problem+json", (where, answer.text)
    print(f"{len(cases)} requests as {role}")
    assert len(cases) > 100


@cache
def cases_of(document: str) -> list[schemathesis.Case]:
    """What the document allows, drawn once: the same for each role and database."""
    cases: list[schemathesis.Case] = []
    for found in schemathesis.openapi.from_dict(
        json.loads(document)
    ).get_all_operations():
        operation = found.ok()
        if operation.path in {"/metrics", "/api/v1/ledger/export", "/api/v1/planted"}:
            continue
        if (operation.path, operation.method.upper()) == ("/planted", "GET"):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def keep(case: schemathesis.Case) -> None:
            cases.append(case)

        keep()
    return cases


def test_twenty_at_once_with_one_key_are_one_order(http: Http) -> None:
    quote = http.ask("POST", "/api/v1/quotes", json=quote_of(http))
    assert quote.json()["refusal"] is None, quote.text
    key = f"twenty-{secrets.token_hex(8)}"
    play = http.stage.play
    with play.reading() as session:
        before = session.scalar(select(func.count()).select_from(OrderRow)) or 0

    def order(_: int) -> httpx.Response:
        return http.ask(
            "POST",
            "/api/v1/orders",
            json={"quote_id": quote.json()["id"]},
            headers={"Idempotency-Key": key},
        )

    with ThreadPoolExecutor(max_workers=20) as many:
        answers = list(many.map(order, range(20)))
    assert {answer.is_success for answer in answers} == {True}, [
        answer.text for answer in answers if answer.is_error
    ]
    assert len({answer.json()["id"] for answer in answers}) == 1
    with play.reading() as session:
        after = session.scalar(select(func.count()).select_from(OrderRow)) or 0
    assert after == before + 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FABCOMMONS_DATABSE_URL", "x", "FABCOMMONS_DATABASE_URL"),
        ("FABCOMMONS_BROKER_URL", "http://x", "FABCOMMONS_BROKER_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    environment = {**os.environ, "FABCOMMONS_HOME": str(tmp_path), name: value}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "orchestrator.entry", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def _corpus() -> list[str]:
    """The big list of naughty strings: every twelfth, in the soak all of them."""
    if not BLNS.exists():
        return []
    texts: list[str] = json.loads(BLNS.read_text())
    return texts if os.environ.get("FABCOMMONS_SOAK") == "1" else texts[::12]


def _json(body: dict[str, Any]) -> bytes:
    """As browsers and attackers write it: lone surrogates stay escapes."""
    return json.dumps(body).encode()


def _a_stop(stage: Stage) -> tuple[str, str]:
    """An order that somebody may report a problem of."""
    with stage.play.reading() as session:
        row = session.scalars(select(StopRow).limit(1)).one()
        return row.order_id, row.courier_id


def _text_fields(
    text: str, stop: tuple[str, str]
) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Every text field of the API with this text in it: path, role, body, field."""
    spot = {"lat": 60.17, "lon": 24.94}
    moment = "2026-05-04T09:00:00Z"
    act = {"id": new_id("act"), "kind": "problem", "acted_at": moment}
    act |= {"order_id": stop[0], "reason": "other"}
    enrol = {"code": "x" * 8, "device_name": "pi", "public_key": "A" * 44}
    quote = {"quantity": 1, "wished_at": moment, "latest_at": moment}
    quote |= {"design_version_id": "version-x", "place_id": "place-x"}
    yield "/api/v1/places", "shop", {"name": text, "address": "y", **spot}, "name"
    yield "/api/v1/places", "shop", {"name": "x", "address": text, **spot}, "address"
    if text in NAUGHTY:  # each trial of a password is slow, as it should be
        signing = {"email": "a@b.example", "password": "x"}
        for field in signing:
            yield "/api/v1/session", "shop", {**signing, field: text}, field
    yield "/api/v1/acts", "courier", {**act, "note": text}, "note"
    yield "/api/v1/acts", "courier", {**act, "code": text}, "code"
    yield "/api/v1/acts", "courier", {**act, "order_id": text}, "order_id"
    for field in ("code", "device_name", "public_key"):
        yield "/api/v1/enrol", "shop", {**enrol, field: text}, field
    for field in ("design_version_id", "place_id"):
        yield "/api/v1/quotes", "shop", {**quote, field: text}, field
    code = {"facility_id": text}
    yield "/api/v1/enrolment-codes", "operator", code, "facility_id"
    verdict = {"pieces_good": 0, "note": text}
    yield "/api/v1/jobs/job-of-nobody/verdict", "operator", verdict, "note"
