"""Telling systemd that the agent is ready, how it is, and that it has not got stuck.

The datagrams of sd_notify(3); nothing is sent where nobody asked for it.
"""

import os
import socket
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

import structlog

from device_agents.agent.agent import Agent

log = structlog.get_logger()

LOOK_EVERY_S = 10.0
LOOKS_A_WATCHDOG = 3


class Supervisor:
    """Runs beside the machines until `end`; a service as the local page is."""

    def __init__(self, agent: Agent, environment: Mapping[str, str]) -> None:
        """`environment`: NOTIFY_SOCKET and WATCHDOG_USEC as systemd sets them."""
        self._agent = agent
        self._ended = threading.Event()
        self._address = environment.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)
        watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watched = watchdog_s > 0 and meant
        rest_s = watchdog_s / LOOKS_A_WATCHDOG if self._watched else LOOK_EVERY_S
        self._rest_s = min(rest_s, LOOK_EVERY_S)

    def run(self) -> None:
        """Tell until `end`. Whoever asks for the state finds out what is stuck."""
        if not self._address:
            return
        words = ["READY=1"]
        while True:
            words.append(f"STATUS={told(self._agent.state())}")
            if self._watched:
                words.append("WATCHDOG=1")
            self._send(words)
            words = []
            if self._ended.wait(self._rest_s):
                break
        self._send(["STOPPING=1", "STATUS=Brings the machines to a safe place."])

    def end(self) -> None:
        """Let `run` return."""
        self._ended.set()

    def _send(self, words: list[str]) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letter:
                letter.connect(self._address)
                letter.send("\n".join(words).encode())
        except OSError as error:
            log.warning("supervisor-away", reason=str(error))


def told(state: Mapping[str, Any]) -> str:
    """The agent's state in one line: `2 machines: 1 idle, 1 running; in touch`."""
    counts = Counter(machine["state"] for machine in state["machines"])
    each = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    touch = "shut out" if state["fenced"] else "the network is away"
    if state["connected"] and not state["fenced"]:
        touch = "in touch with the network"
    return f"{sum(counts.values())} machines: {each}; {touch}"
