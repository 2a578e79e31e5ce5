"""A fresh store, a clock that is turned by hand, and messages to keep in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from device_agents.agent.store import Store
from device_agents.contract.messages import Credit, JobCommand, JobControl, Program

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class HandClock:
    """Time stands still until a test moves it."""

    moment: datetime = NOON
    passed_s: float = 0.0

    def now(self) -> datetime:
        return self.moment + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s

    def sleep(self, duration_s: float) -> None:
        self.passed_s += duration_s


def a_job(job_id: str = "job-1", **fields: Any) -> JobCommand:
    known: dict[str, Any] = {
        "command_id": f"cmd-{job_id}",
        "job_id": job_id,
        "fence": 1,
        "not_after": NOON + timedelta(hours=1),
        "machine_id": "mill-1",
        "label": "a hook",
        "material": "PLA",
        "program": Program(path="/f/1", sha256="0" * 64, size_bytes=10),
        "pieces": 2,
        "expected_s": 60.0,
        "credit": Credit(
            order_id="order-1",
            owner_id="lab-1",
            maker_id="member-1",
            receiver_id="shop-1",
            design_version_id="design-1",
            material_g=12.5,
            labour_s=300.0,
        ),
    }
    return JobCommand(**{**known, **fields})


def a_control(action: str, job_id: str = "job-1", **fields: Any) -> JobControl:
    known: dict[str, Any] = {
        "command_id": f"ctl-{action}-{job_id}",
        "job_id": job_id,
        "fence": 1,
        "not_after": NOON + timedelta(hours=1),
        "machine_id": "mill-1",
        "action": action,
    }
    return JobControl(**{**known, **fields})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "agent.db")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
