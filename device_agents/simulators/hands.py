"""The hands at a machine without an interface: they make pieces, then press 'done'."""

import threading
from dataclasses import dataclass
from typing import Any

import httpx

from firmware_bridge.clock import Clock
from firmware_bridge.simulators.avr_node import AvrNode

LOOK_EVERY_S = 0.3  # wall
PIECE_LEAST_S = 0.3  # wall: the counter's contact needs as much
CURRENT_A = 2.0
SETTLE_S = 1.5  # wall: until the node has seen the current, and that it ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who works at one machine; the clock is the lab's."""

    url: str
    machine_id: str
    clock: Clock


def work(hands: Hands, node: AvrNode, ended: threading.Event) -> None:
    """Whenever a job runs at this machine, make its pieces; until `ended`."""
    made_for = ""
    with httpx.Client(timeout=5.0, trust_env=False) as client:
        while not ended.wait(LOOK_EVERY_S):
            job = _job_under_way(client, hands)
            if job is not None and job["job_id"] != made_for:
                made_for = job["job_id"]
                _make(hands, node, job, ended)


def _make(
    hands: Hands, node: AvrNode, job: dict[str, Any], ended: threading.Event
) -> None:
    pieces = int(job["pieces"])
    each_s = float(job["expected_s"]) / pieces
    node.current(amperes=CURRENT_A)
    ended.wait(SETTLE_S)
    for _piece in range(pieces):
        began_s = hands.clock.monotonic_s()
        if ended.wait(PIECE_LEAST_S):
            return
        hands.clock.sleep(max(0.0, each_s - (hands.clock.monotonic_s() - began_s)))
        node.count_pieces(1)
    node.current(amperes=0.0)
    ended.wait(SETTLE_S)
    node.press_done()


def _job_under_way(client: httpx.Client, hands: Hands) -> dict[str, Any] | None:
    try:
        machines = (
            client.get(f"{hands.url}/state").raise_for_status().json()["machines"]
        )
    except (httpx.HTTPError, ValueError):
        return None
    for machine in machines:
        job: dict[str, Any] | None = machine["job"]
        mine = machine["machine_id"] == hands.machine_id
        if mine and machine["state"] == "running" and job and job["by_hand"]:
            return job
    return None
