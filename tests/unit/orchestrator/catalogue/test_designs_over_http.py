"""Designs over HTTP: published by designers, open to all, files without danger."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.signing import new_signing_key, text_of
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.devices import enrol, issue_code

Keys = Callable[..., dict[str, str]]


@pytest.fixture
def published(
    *,
    trade_door: Any,
    key_of: Keys,
    designer_id: str,
    manifest: bytes,
    process: bytes,
    program: bytes,
) -> dict[str, Any]:
    answer = trade_door.client.post(
        "/api/v1/designs",
        headers=key_of(designer_id, "designer"),
        data={"process": process.decode()},
        files=[
            ("manifest", ("okh.toml", manifest)),
            ("files", ("hook.gcode", program)),
            ("files", ("a/<b>\"'.html", b"<script>alert(1)</script>")),
        ],
    )
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_design_is_published_found_and_shown(
    trade_door: Any, published: dict[str, Any], manifest: bytes
) -> None:
    client = trade_door.client
    assert published["steps"][0]["run_s"] == 1800
    listed = client.get("/api/v1/designs", params={"text": "COAT"}).json()
    assert [each["id"] for each in listed] == [published["id"]]
    shown = client.get(f"/api/v1/designs/{published['design_id']}").json()
    assert shown == published
    raw = client.get(f"/api/v1/versions/{published['id']}/manifest")
    assert raw.content == manifest
    assert client.get("/api/v1/designs/design-none").status_code == 404


def test_files_are_served_as_files_never_as_pages(
    trade_door: Any, published: dict[str, Any], program: bytes
) -> None:
    contents = {}
    for file in published["files"]:
        answer = trade_door.client.get(f"/api/v1/files/{file['sha256']}")
        contents[file["name"]] = answer.content
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert not answer.headers["content-type"].startswith("text/html")
    assert contents["hook.gcode"] == program
    assert trade_door.client.get(f"/api/v1/files/{'0' * 64}").status_code == 404
    for bad in ("..%2F..%2Fapp.db", "A" * 64, "0" * 63):
        assert trade_door.client.get(f"/api/v1/files/{bad}").status_code in {404, 422}


def test_a_device_gets_the_programs_of_its_jobs_only(
    trade_door: Any,
    session: Session,
    published: dict[str, Any],
    designer_id: str,
) -> None:
    now = trade_door.clock.now()
    code = issue_code(
        session,
        facility_id="lab-one",
        owner_id=designer_id,
        issued_by=designer_id,
        now=now,
    )
    key = text_of(new_signing_key().public)
    device = enrol(session, code=code, device_name="Pi", public_key=key, now=now)
    session.commit()
    sha256 = published["steps"][0]["program_sha256"]
    headers = {"authorization": f"Bearer {device.token}"}

    def fetch() -> int:
        answer = trade_door.client.get(f"/api/v1/files/{sha256}", headers=headers)
        return int(answer.status_code)

    assert fetch() == 404
    trade_door.jobs.add((device.device_id, sha256))
    assert fetch() == 200


def test_only_designers_publish(
    trade_door: Any, session: Session, key_of: Keys, manifest: bytes, process: bytes
) -> None:
    def publish(headers: dict[str, str]) -> int:
        answer = trade_door.client.post(
            "/api/v1/designs",
            headers=headers,
            data={"process": process.decode()},
            files=[("manifest", ("okh.toml", manifest))],
        )
        return int(answer.status_code)

    shop = add_agent(
        session,
        kind="person",
        name="S",
        legal_form="individual",
        now=trade_door.clock.now(),
    )
    grant_role(session, shop.id, "shop", now=trade_door.clock.now())
    assert publish({}) == 401
    assert publish({"authorization": "Bearer nonsense"}) == 401
    assert publish(key_of(shop.id, "shop")) == 403


@pytest.mark.parametrize(
    ("manifest_bytes", "process_text", "code", "field"),
    [
        (b"\xff", "{}", "invalid-process", "steps"),
        (b"\xff", None, "invalid-manifest", "manifest"),
        (b"x" * 300_000, None, "invalid-manifest", "manifest"),
        (None, '{"steps": [], "steps": []}', "invalid-process", "process"),
        (None, "[" * 10_000, "invalid-process", "process"),
        (None, '{"steps": NaN}', "invalid-process", "process"),
    ],
)
def test_bad_uploads_are_problems_with_their_field(
    *,
    trade_door: Any,
    key_of: Keys,
    designer_id: str,
    manifest: bytes,
    process: bytes,
    manifest_bytes: bytes | None,
    process_text: str | None,
    code: str,
    field: str,
) -> None:
    answer = trade_door.client.post(
        "/api/v1/designs",
        headers=key_of(designer_id, "designer"),
        data={"process": process_text or process.decode()},
        files=[
            ("manifest", ("okh.toml", manifest_bytes or manifest)),
            ("files", ("hook.gcode", b"G28\n")),
        ],
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["field"]) == (code, field)
    assert not trade_door.client.get("/api/v1/designs").json()
