"""Over HTTP: nobody is let in, or let do, more than they have proven."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import new_signing_key, text_of
from orchestrator.members import agents

FACILITY = "facility-one"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
SAME_SITE = {"origin": "http://testserver"}


def sign_in(client: TestClient, password: str = PASSWORD) -> dict[str, str]:
    answer = client.post("/api/v1/session", json={"email": EMAIL, "password": password})
    answer.raise_for_status()
    told: dict[str, str] = answer.json()
    return told


def test_a_person_signs_in_and_out(client: TestClient, operator_id: str) -> None:
    assert client.get("/api/v1/me").status_code == 401
    assert sign_in(client)["agent_id"] == operator_id
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["how"]) == ("Ada", "session")
    assert me["roles"] == ["designer", "operator"]
    assert me["facility_ids"] == [FACILITY]
    token = client.cookies["fabcommons_session"]
    assert client.delete("/api/v1/session", headers=SAME_SITE).status_code == 204
    client.cookies.set("fabcommons_session", token)
    assert client.get("/api/v1/me").status_code == 401


def test_wrong_mail_and_wrong_password_read_alike(
    client: TestClient, operator_id: str
) -> None:
    answers = [
        client.post("/api/v1/session", json={"email": email, "password": password})
        for email, password in (
            (EMAIL, "wrong wrong wrong"),
            ("nobody@example.org", PASSWORD),
            (EMAIL, "x" * 256),
        )
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, '{"code":"not-signed-in"}')
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_guessing_is_slowed_for_known_and_unknown_alike(
    client: TestClient, operator_id: str
) -> None:
    for email in (EMAIL, "nobody@example.org"):
        codes = [
            client.post(
                "/api/v1/session", json={"email": email, "password": "x" * 257}
            ).status_code
            for _ in range(3)
        ]
        assert codes == [422] * 3
        codes = [
            client.post(
                "/api/v1/session", json={"email": email, "password": "guess guess " * 3}
            ).status_code
            for _ in range(11)
        ]
        assert codes == [401] * 10 + [429]


def test_a_session_ends_by_itself(
    client: TestClient, operator_id: str, clock: object
) -> None:
    sign_in(client)
    clock.sleep(timedelta(days=14).total_seconds())  # type: ignore[attr-defined]
    assert client.get("/api/v1/me").status_code == 401


def test_another_site_cannot_use_the_cookie(
    client: TestClient, operator_id: str
) -> None:
    csrf_token = sign_in(client)["csrf_token"]
    key = {"name": "k", "scopes": ["designer"]}

    def post(headers: dict[str, str]) -> int:
        return client.post("/api/v1/keys", json=key, headers=headers).status_code

    assert post({}) == 403
    assert post({"origin": "https://evil.example"}) == 403
    assert post({"origin": "null"}) == 403
    assert post({"x-csrf-token": "guess"}) == 403
    forged = {"origin": "https://evil.example", "x-forwarded-host": "evil.example"}
    assert post(forged) == 403
    assert post({"x-csrf-token": csrf_token}) == 201
    assert post(SAME_SITE) == 201


def test_a_key_opens_what_its_scopes_say_until_revoked(
    client: TestClient, operator_id: str, sessions: Sessions
) -> None:
    sign_in(client)
    key = {"name": "ci", "scopes": ["designer"]}
    issued = client.post("/api/v1/keys", json=key, headers=SAME_SITE).json()
    wider = {"name": "ci", "scopes": ["steward"]}
    refused = client.post("/api/v1/keys", json=wider, headers=SAME_SITE)
    assert refused.status_code == 403
    client.cookies.clear()
    bearer = {"authorization": f"Bearer {issued['secret']}"}
    me = client.get("/api/v1/me", headers=bearer).json()
    assert (me["how"], me["roles"], me["facility_ids"]) == ("api-key", ["designer"], [])
    assert client.post("/api/v1/keys", json=key, headers=bearer).status_code == 403
    code = {"facility_id": FACILITY}
    refused = client.post("/api/v1/enrolment-codes", json=code, headers=bearer)
    assert refused.status_code == 403
    with sessions.begin() as session:
        agents.withdraw_role(session, operator_id, "designer")
    assert client.get("/api/v1/me", headers=bearer).json()["roles"] == []
    sign_in(client)
    (listed,) = client.get("/api/v1/keys").json()
    assert listed["last_used_at"] is not None
    assert "secret" not in listed
    gone = client.delete(f"/api/v1/keys/{issued['id']}", headers=SAME_SITE)
    assert gone.status_code == 204
    client.cookies.clear()
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer ", "Basic abc", "Bearer fabkey_nonsense", "Bearer fabdevice_x"]
)
def test_a_bad_credential_is_never_an_anonymous_one(
    client: TestClient, header: str
) -> None:
    answer = client.get("/api/v1/me", headers={"authorization": header})
    assert answer.status_code == 401


def test_a_device_enrols_and_is_revoked(client: TestClient, operator_id: str) -> None:
    sign_in(client)
    answer = client.post(
        "/api/v1/enrolment-codes", json={"facility_id": FACILITY}, headers=SAME_SITE
    )
    code = answer.json()["code"]
    key = new_signing_key()
    client.cookies.clear()
    asked = {"code": code, "device_name": "pi", "public_key": text_of(key.public)}
    answer = client.post("/api/v1/enrol", json=asked)
    assert answer.status_code == 201
    given = answer.json()
    assert given | {"token": "", "device_id": ""} == {
        "device_id": "",
        "region": "helsinki",
        "facility_id": FACILITY,
        "broker": {"host": "127.0.0.1", "port": 18830, "tls": False, "ca_pem": None},
        "token": "",
        "key_id": key.key_id,
    }
    bearer = {"authorization": f"Bearer {given['token']}"}
    assert client.get("/api/v1/me", headers=bearer).json()["how"] == "device"
    other = asked | {"public_key": text_of(new_signing_key().public)}
    assert client.post("/api/v1/enrol", json=other).json() == {
        "code": "bad-enrolment-code"
    }
    sign_in(client)
    path = f"/api/v1/devices/{given['device_id']}/revoke"
    assert client.post(path, headers=SAME_SITE).status_code == 204
    client.cookies.clear()
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_an_operator_gives_codes_for_the_own_lab_only(
    client: TestClient, operator_id: str
) -> None:
    sign_in(client)
    answer = client.post(
        "/api/v1/enrolment-codes",
        json={"facility_id": "facility-two"},
        headers=SAME_SITE,
    )
    assert answer.status_code == 403


def test_many_at_once_do_not_lock_each_other_out(
    client: TestClient, operator_id: str
) -> None:
    """60 writers at once: each finds a thread, a connection and its turn."""
    csrf_token = sign_in(client)["csrf_token"]
    headers = {"x-csrf-token": csrf_token}
    key = {"name": "k", "scopes": ["designer"]}

    def issue(_number: int) -> int:
        return client.post("/api/v1/keys", json=key, headers=headers).status_code

    with ThreadPoolExecutor(60) as pool:
        assert set(pool.map(issue, range(120))) == {201}
    assert len(client.get("/api/v1/keys").json()) == 120
