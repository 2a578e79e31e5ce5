"""What anybody at the lab may see of a machine and its jobs, as plain JSON."""

import sqlite3
from dataclasses import asdict
from datetime import datetime
from typing import Any

from device_agents.agent import jobs, standing
from device_agents.agent.station import Station
from device_agents.contract.messages import MachineState
from firmware_bridge.gcode.apart import HowFar


def machine(
    connection: sqlite3.Connection,
    state: MachineState | None,
    station: Station,
    checked: HowFar | None,
) -> dict[str, Any]:
    """One machine with the job that it is busy with, and those that wait.

    `checked`: how far the check of that job's program is, while it is under way.
    """
    name, settings = station.machine_id, station.settings
    job = jobs.current(connection, name)
    shown = state.model_dump(mode="json") if state else {"state": "offline"}
    for known in ("kind", "machine_id", "job_id", "observed_at"):
        shown.pop(known, None)
    return {
        "machine_id": name,
        "name": settings.name,
        "port": settings.port,
        "loaded": [material.code for material in settings.materials],
        **shown,
        "job": _plain(job) if job else None,
        "checked": asdict(checked) if checked else None,
        "interrupted": _interrupted(connection, job),
        "is_homed": station.is_homed,
        "queue": [
            _plain(one)
            for one in jobs.waiting(connection, name)
            if not job or one != job
        ],
    }


def _interrupted(
    connection: sqlite3.Connection, job: jobs.Job | None
) -> dict[str, Any] | None:
    if job is None or job.outcome not in jobs.RESUMABLE:
        return None
    known = standing.of(connection, job.job_id)
    return asdict(known.findings) if known and known.findings else None


def _plain(job: jobs.Job) -> dict[str, Any]:
    command = job.command
    return {
        "job_id": job.job_id,
        "stage": job.stage,
        "outcome": job.outcome,
        "reason": job.reason,
        "armed_until": _iso(job.armed_until),
        "armed_by": job.armed_by,
        "started_at": _iso(job.started_at),
        "label": command.label if command else "",
        "material": command.material if command else None,
        "pieces": command.pieces if command else 0,
        "expected_s": command.expected_s if command else 0.0,
        "not_after": _iso(command.not_after) if command else None,
        "by_hand": command is not None and command.program is None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
