"""What a job has sent and what was answered: told while it runs and at its end."""

from dataclasses import dataclass, field

from firmware_bridge.facts import Outcome, OutcomeKind, Progress, Status
from firmware_bridge.gcode import Measured
from firmware_bridge.space import Point

_INCIDENTS_MAX = 20


@dataclass(slots=True)
class Account:
    """Of one program, in its lines."""

    measured: Measured
    sent: int = 0
    acknowledged: int = 0
    incidents: list[str] = field(default_factory=list)

    @property
    def not_proven(self) -> OutcomeKind:
        """Lines that were never sent prove that the end was not reached."""
        everything_sent = self.sent >= self.measured.lines_total
        return OutcomeKind.UNKNOWN if everything_sent else OutcomeKind.INTERRUPTED

    def incident(self, text: str) -> None:
        """Something went wrong at the present line, and the job goes on."""
        if len(self.incidents) < _INCIDENTS_MAX:
            self.incidents.append(f"line {self.acknowledged + 1}: {text}")

    def progress(self, status: Status, since_s: float) -> Progress:
        """How it stands, `since_s` of the machine's time after the last answer."""
        return Progress(
            status=status,
            lines_sent=self.sent,
            lines_acknowledged=self.acknowledged,
            lines_total=self.measured.lines_total,
            done_ratio=self.measured.done_ratio(self.acknowledged, since_s),
            remaining_s=self.measured.remaining_s(self.acknowledged, since_s),
        )

    def outcome(
        self,
        kind: OutcomeKind,
        reason: str,
        place: Point | None = None,
        *,
        resends: int = 0,
    ) -> Outcome:
        """How it ended. `place`: the last confirmed one."""
        return Outcome(
            kind=kind,
            reason=reason,
            lines_sent=self.sent,
            lines_acknowledged=self.acknowledged,
            lines_total=self.measured.lines_total,
            last_position_mm=place,
            resend_count=resends,
            incidents=tuple(self.incidents),
        )
