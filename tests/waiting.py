"""What tests of real processes wait with, and where those listen."""

import socket
import time
from collections.abc import Callable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until[Found](
    look: Callable[[], Found], what: str, timeout_s: float = 20.0
) -> Found:
    """Look until the answer is true; the last answer is returned."""
    until_s = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until_s:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.02)
