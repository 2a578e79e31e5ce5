"""`fabcommons period` and `explain`: two stewards, by their passwords, from a shell."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.entry.command import app

PASSWORD = "a password of some length"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FABCOMMONS_HOME", str(tmp_path / "node"))
    runner = CliRunner()

    def said(*words: str, code: int = 0) -> str:
        answer = runner.invoke(app, words)
        assert answer.exit_code == code, answer.output
        return answer.output

    for name in ("ada", "grace"):
        said(
            *("steward", "create", "--name", name, "--email", f"{name}@example.org"),
            *("--password", PASSWORD),
        )
    return said


def by(name: str) -> tuple[str, ...]:
    return ("--email", f"{name}@example.org", "--password", PASSWORD)


def test_two_stewards_open_and_close_from_a_shell(run) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%S")
    assert "before a period opens" in run(
        *("period", "open", "--on", "2020-01-01"), *by("ada"), code=2
    )
    assert "period 1 opens" in run("period", "open", "--on", soon, *by("ada"))
    told = run("period", "simulate", "--low=-5", "--likely=100.00", "--high=900")
    assert "communities alike" in told
    assert "like 12.50" in run(
        "period", "simulate", "--low=nan", "--likely=1", "--high=2", code=2
    )
    assert "wrong" in run(
        *("period", "close", "1", "--email", "ada@example.org", "--password", "no"),
        code=2,
    )
    assert "no period 7" in run("period", "close", "7", *by("ada"), code=2)
    assert "a statement is" in run("explain", "x/agent-maker", code=2)
