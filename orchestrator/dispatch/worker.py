"""A thread that sends what is due and finds what was lost; all it knows is in rows."""

import threading

import structlog

from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.send import send_due
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey

log = structlog.get_logger()


class DispatchWorker:
    """Sends every `poll_s` and recovers every `recover_s`, in seconds of the wall."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        network_key: SigningKey,
        *,
        tempo: Tempo = TEMPO,
        poll_s: float = 0.5,
        recover_s: float = 5.0,
    ) -> None:
        self._sessions, self._clock, self._key = sessions, clock, network_key
        self._tempo, self._poll_s, self._recover_s = tempo, poll_s, recover_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatch")

    def start(self) -> None:
        """Begin by setting right what an earlier life left."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        rounds = max(1, round(self._recover_s / self._poll_s))
        count = 0
        while not self._stop.is_set():
            try:
                if count % rounds == 0:
                    recover(self._sessions, self._clock, self._key, self._tempo)
                send_due(self._sessions, self._clock, self._tempo)
            except Exception:
                log.exception("dispatch could not do its round")
            count += 1
            self._stop.wait(self._poll_s)
