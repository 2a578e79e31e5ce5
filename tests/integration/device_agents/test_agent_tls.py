"""With TLS the agent speaks to the broker that its own authority vouches for, only."""

import json

from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import (
    job,
    make_certificates,
    squares,
    wait_until,
)


def use_tls(stage: Stage, ca_pem: str) -> None:
    path = stage.agent.folder / "identity.json"
    identity = json.loads(path.read_text())
    identity["broker"] = {
        "host": "127.0.0.1",
        "port": stage.broker.tls_port,
        "tls": True,
        "ca_pem": ca_pem,
    }
    path.write_text(json.dumps(identity))


def test_job_over_tls(stage: Stage) -> None:
    use_tls(stage, (stage.broker.folder / "ca.pem").read_text())
    stage.agent.start()
    stage.hub.send(job(stage.files.put(squares(1))))
    stage.agent.arm("job-0001")
    wait_until(lambda: "completed" in stage.hub.happened("job-0001"), "the end")


def test_broker_of_another_authority_is_not_spoken_to(stage: Stage) -> None:
    other = stage.folder / "other"
    other.mkdir()
    make_certificates(other)
    use_tls(stage, (other / "ca.pem").read_text())
    stage.agent.start(connected=False)
    log = stage.agent.folder / "log"
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in log.read_text(), "a refusal")
    assert not stage.agent.state()["connected"]
    assert stage.hub.lives() == []
