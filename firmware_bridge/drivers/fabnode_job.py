"""One piece count at one hand-run machine, from arming to the operator's word."""

from firmware_bridge.dialects import fabnode
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import LinkLostError, NoAnswerError, NotReadyError
from firmware_bridge.facts import (
    Outcome,
    OutcomeKind,
    PieceCount,
    Progress,
    ProgressCallback,
)

_INCIDENTS_MAX = 50
_WORTH_WAITING_FOR = {"unread", "sensor"}  # refusals that pass by themselves


class FabnodeJob:
    """See `Machine.run`. The board keeps the job: asked again, it answers the same."""

    def __init__(
        self,
        *,
        talk: FabnodeTalk,
        wishes: Wishes,
        job_id: str,
        count: PieceCount,
        on_progress: ProgressCallback,
    ) -> None:
        self._talk = talk
        self._wishes = wishes
        self._id = job_id
        self._expected = count.pieces_expected
        self._on_progress = on_progress
        self._boot = 0
        self._made = 0
        self._incidents: list[str] = []
        self._damaged_before = talk.damaged_count
        self._verdict: Outcome | None = None

    def run(self) -> Outcome:
        """Arm the board and follow it. Errors: NotReadyError, NoAnswerError,
        LinkLostError; nothing was armed then.
        """
        self._boot = self._talk.ask_state().boot
        self._talk.events.clear()
        try:
            self._arm()
            heard_s = self._talk.wall.monotonic_s()
            while self._verdict is None:
                reply = self._talk.listen(self._talk.patience.poll_s)
                if reply is not None and not isinstance(reply, fabnode.Unknown):
                    heard_s = self._talk.wall.monotonic_s()
                self._take(reply)
                self._mind_wishes()
                self._mind_silence(heard_s)
                self._tell_progress()
        except (LinkLostError, NoAnswerError) as lost:
            return self._outcome(
                OutcomeKind.UNKNOWN, f"{lost}; the board may know the end"
            )
        return self._verdict

    def _arm(self) -> None:
        wall = self._talk.wall
        until_s = wall.monotonic_s() + self._talk.patience.boot_s
        while True:
            answer = self._talk.ask(
                lambda request: fabnode.arm(request, self._id, self._expected)
            )
            if not isinstance(answer, fabnode.Refused):
                break
            if answer.reason == "ended":
                break  # it ended while nobody listened: the state below tells how
            passing = answer.reason in _WORTH_WAITING_FOR
            if not passing or wall.monotonic_s() >= until_s:
                raise NotReadyError(f"{self._talk.link.port}: {answer.text}")
            self._talk.listen(self._talk.patience.poll_s)
        if self._talk.ask_state().boot != self._boot:
            # Power was away for a moment; our repeat may have armed it anew, and nobody
            # would follow what is begun there.
            self._withdraw()
        self._judge_state()

    def _withdraw(self) -> None:
        self._talk.ask(lambda request: fabnode.disarm(request, self._id))
        self._talk.ask_state()

    def _take(self, reply: fabnode.Reply | None) -> None:
        if isinstance(reply, fabnode.Banner) and reply.hello.boot == self._boot:
            self._incident("the board restarted and kept the job")
        elif isinstance(reply, fabnode.Banner):
            self._forgotten()
        while self._talk.events and self._verdict is None:
            event = self._talk.events.popleft()
            if event.job == self._id and event.kind == "ended":
                self._judge(event.why, event.pieces, event.run_s)
        if isinstance(reply, fabnode.Heartbeat):
            self._judge_state()

    def _judge_state(self) -> None:
        """The event says it first; the state says it to those who came late."""
        state = self._talk.state
        if state is None or self._verdict is not None:
            return
        job = state.job
        if state.boot != self._boot or job is None or job.id != self._id:
            self._forgotten()
            return
        self._made = job.made
        if job.phase == "ended":
            self._judge(job.why, job.made, job.run_s)

    def _judge(self, why: fabnode.End, made: int, run_s: int) -> None:
        self._made = made
        seen = f"{made} of {self._expected} pieces counted, {run_s} s under current"
        hello = self._talk.hello
        counted = hello is not None and hello.has_counter
        if why == "cancelled":
            self._verdict = self._outcome(OutcomeKind.CANCELLED, f"cancelled; {seen}")
        elif why == "done" and counted and made < self._expected:
            self._verdict = self._outcome(
                OutcomeKind.INTERRUPTED, f"the operator pressed 'done' early: {seen}"
            )
        elif why == "done":
            self._verdict = self._outcome(
                OutcomeKind.COMPLETED, f"the operator pressed 'done'; {seen}"
            )
        else:
            self._verdict = self._outcome(
                OutcomeKind.INTERRUPTED, f"the operator pressed 'fault'; {seen}"
            )

    def _forgotten(self) -> None:
        self._verdict = self._outcome(
            OutcomeKind.UNKNOWN, "the board lost its power, and the job with it"
        )

    def _mind_wishes(self) -> None:
        if self._verdict is not None or self._wishes.end is End.NONE:
            return
        self._withdraw()
        self._judge_state()  # 'done' may have come first: then that stands

    def _mind_silence(self, heard_s: float) -> None:
        silent_s = self._talk.wall.monotonic_s() - heard_s
        if self._verdict is None and silent_s > self._talk.patience.stall_s:
            self._verdict = self._outcome(
                OutcomeKind.UNKNOWN, f"the board is silent for {silent_s:.0f} s"
            )

    def _tell_progress(self) -> None:
        self._on_progress(
            Progress(
                status=self._talk.status,
                lines_sent=self._expected,
                lines_acknowledged=self._made,
                lines_total=self._expected,
                done_ratio=min(1.0, self._made / self._expected),
            )
        )

    def _incident(self, text: str) -> None:
        if len(self._incidents) < _INCIDENTS_MAX:
            self._incidents.append(text)

    def _outcome(self, kind: OutcomeKind, reason: str) -> Outcome:
        return Outcome(
            kind=kind,
            reason=reason,
            lines_sent=self._expected,
            lines_acknowledged=self._made,
            lines_total=self._expected,
            pieces=self._made,
            resend_count=self._talk.damaged_count - self._damaged_before,
            incidents=tuple(self._incidents),
        )
