"""What tests of real processes wait with, and where those listen."""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import httpx

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the CAs takes 25 ms of CPU
LOOK_EVERY_S = 0.05


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, *, by: str = "GET", **more: Any) -> httpx.Response:
    """The answer of a server on this machine, in plain HTTP."""
    return httpx.request(by, url, trust_env=False, verify=NO_TLS, **more)


def wait_until[Found](
    look: Callable[[], Found], what: str, timeout_s: float = 60.0
) -> Found:
    """Look until the answer is true; the last answer is returned."""
    until_s = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until_s:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(LOOK_EVERY_S)
