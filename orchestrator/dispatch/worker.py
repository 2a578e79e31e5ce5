"""A thread that sends what is due and finds what was lost; all it knows is in rows."""

from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.send import send_due
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey
from orchestrator.foundation.worker import Worker


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
        self._tempo = tempo
        self._rounds = max(1, round(recover_s / poll_s))
        self._count = 0
        self._worker = Worker("dispatch", self.step, pause_s=poll_s)

    def start(self) -> None:
        """Begin by setting right what an earlier life left."""
        self._worker.start()

    def stop(self) -> None:
        """Finish the step at hand."""
        self._worker.stop()

    def step(self) -> bool:
        """Send once, and every so often recover first."""
        is_round = self._count % self._rounds == 0
        self._count += 1
        if is_round:
            recover(self._sessions, self._clock, self._key, self._tempo)
        send_due(self._sessions, self._clock, self._tempo)
        return False
