"""No secret reaches a log line, however it got into the event."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from orchestrator.foundation.observability import configure_logging

SECRETS = (
    "fabdevice_AbCdEfGhIjKlMnOp",
    "hunter2-hunter2",
    "$argon2id$v=19$m=65536$abc",
    "$7$101$c2FsdHNhbHQ=$aGFzaA==",
)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_secrets_are_blackened_and_the_rest_is_json(lines: io.StringIO) -> None:
    log = structlog.get_logger("orchestrator.test")
    log.info(
        "enrolled",
        device_id="device-1",
        token=SECRETS[0],
        answer={"password": SECRETS[1], "list": [f"Bearer {SECRETS[0]}"]},
        line=f"device-1:{SECRETS[3]}",
        url="postgresql://fab:hunter2-hunter2@host/db",
        body=SECRETS[2].encode(),
    )
    logging.getLogger("library").warning("hash %s", SECRETS[2])
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["level"] for line in told] == ["info", "warning"]
    assert told[0]["device_id"] == "device-1"
    for secret in SECRETS:
        assert secret not in lines.getvalue()


def test_an_exception_in_a_log_hides_its_secrets(lines: io.StringIO) -> None:
    try:
        int(SECRETS[0])
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "ValueError" in lines.getvalue()
    assert SECRETS[0] not in lines.getvalue()
