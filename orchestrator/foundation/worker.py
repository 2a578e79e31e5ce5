"""A thread that does one step again and again; all it knows is in rows."""

import threading
from collections.abc import Callable

import structlog

STOP_WAIT_S = 10
log = structlog.get_logger()


class Worker:
    """Calls `step` until stopped; rests `pause_s` of the wall, or until woken.

    A step returns True when there may be more to do at once. What it raises is
    logged and tried again: work that is kept in rows is not lost by an error.
    """

    def __init__(
        self, name: str, step: Callable[[], bool], *, pause_s: float = 1.0
    ) -> None:
        self.name = name
        self.wake = threading.Event()  # set it when there is something to do
        self._step, self._pause_s = step, pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first step sets right what an earlier life left."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand."""
        self._stopping.set()
        self.wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_WAIT_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.wake.clear()
            try:
                more = self._step()
            except Exception:
                log.exception("a step failed and is tried again", worker=self.name)
                more = False
            if not more:
                self.wake.wait(self._pause_s)
