"""The local page: who gets in, what needs the PIN, and that it works without a script."""

import re

import httpx
import pytest

from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import PIN, job, squares


def at(stage: Stage) -> str:
    return f"http://127.0.0.1:{stage.agent.port}"


def offered(stage: Stage, job_id: str) -> None:
    stage.hub.send(job(stage.files.put(squares(1)), job_id))
    stage.agent.wait_for("needs-arming")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),  # a name bound to our address
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_stranger_is_turned_away(
    running: Stage, headers: dict[str, str], status: int
) -> None:
    body = {"machine_id": "mill-1", "job_id": "job-1", "pin": PIN}
    for act in ("arm", "stop"):
        answer = httpx.post(f"{at(running)}/{act}", json=body, headers=headers)
        assert answer.status_code == status


def test_page_of_another_host_name_is_not_shown(running: Stage) -> None:
    answer = httpx.get(f"{at(running)}/state", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "mill-1" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid"),
        (b"[]", "invalid"),
        (b'{"machine_id": "mill-1", "pin": "4711", "force": true}', "invalid"),
        (b'{"machine_id": "../x"}', "invalid"),
        (b"x" * 5000, "invalid"),
        (b"", "invalid"),
        (b'{"machine_id": "saw-9", "job_id": "job-1", "pin": "4711"}', "no-such-"),
        (b'{"machine_id": "mill-1", "pin": "4711"}', "no-job-named"),
    ],
)
def test_wrong_request_is_answered_not_raised(
    running: Stage, body: bytes, code: str
) -> None:
    answer = httpx.post(
        f"{at(running)}/arm", content=body, headers={"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"].startswith(code)
    assert PIN not in answer.text


def test_form_without_a_script_arms_and_clears(running: Stage) -> None:
    offered(running, "job-form")
    page = httpx.get(f"{at(running)}/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"
    found = re.search(r'formaction="/arm" name="what" value="([^"]+)"', page.text)
    assert found is not None
    fields = {"pin": "0000", "what": found[1]}
    wrong = httpx.post(f"{at(running)}/arm", data=fields)
    assert wrong.status_code == 403
    assert 'role="alert"' in wrong.text
    fields |= {"pin": PIN, "by": '  Aino "K."  '}
    right = httpx.post(f"{at(running)}/arm", data=fields)
    assert (right.status_code, right.headers["location"]) == (303, "/")
    running.agent.wait_for("needs-clearing")
    armed = running.hub.events("job-form")[0]
    assert (armed.event, armed.by) == ("armed", 'Aino "K."')
    kept = httpx.get(f"{at(running)}/", cookies=right.cookies)  # on this tablet
    assert 'name="by" value="Aino &quot;K.&quot;"' in kept.text
    assert "SameSite=Strict" in right.headers["set-cookie"]
    assert "Aino" not in httpx.get(f"{at(running)}/").text.split("<div id")[0]
    cleared = httpx.post(
        f"{at(running)}/clear", data={"pin": PIN, "what": "mill-1/job-form"}
    )
    assert cleared.status_code == 303
    running.agent.wait_for("idle")


def test_names_from_the_network_are_shown_as_text(running: Stage) -> None:
    label = "<script>alert(1)</script>"
    running.hub.send(job(running.files.put(squares(1)), "job-label", label=label))
    running.agent.wait_for("needs-arming")
    page = httpx.get(f"{at(running)}/").text
    assert label not in page
    assert "&lt;script&gt;alert(1)" in page


def test_every_input_has_a_label_and_every_button_a_name(running: Stage) -> None:
    offered(running, "job-names")
    page = httpx.get(f"{at(running)}/").text
    assert '<html lang="en">' in page
    for name in re.findall(r'<input id="([^"]+)"', page):
        assert f'<label for="{name}">' in page
    first, *buttons = re.findall(r"<button [^>]*>", page)
    assert "disabled" in first  # or Enter after the PIN would press what comes first
    assert buttons
    assert all("aria-label=" in button for button in buttons)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_pin_can_not_be_guessed_by_trying(stage: Stage) -> None:
    stage.agent.start()
    offered(stage, "job-0001")
    for number in range(5):
        wrong = stage.agent.post("arm", job_id="job-0001", pin=f"{number:04d}")
        assert wrong.json()["code"] == "wrong-pin"
    locked = stage.agent.post("arm", job_id="job-0001")  # the right one, too late
    assert (locked.status_code, locked.json()["code"]) == (429, "too-many-pins")
    assert stage.agent.post("stop", pin="").json()["code"] == "nothing-runs"


def test_works_with_no_network_at_all(stage: Stage) -> None:
    agent = stage.agent
    agent.start()
    offered(stage, "job-alone")
    stage.broker.kill()
    agent.arm("job-alone")
    agent.wait_for("needs-clearing")
    assert "The network is away" in httpx.get(f"{at(stage)}/").text
    assert agent.post("clear", job_id="job-alone").status_code == 200
    assert agent.wait_for("idle")["job"] is None
