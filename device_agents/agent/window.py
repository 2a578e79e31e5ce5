"""Which kept messages are under way, and when one is said again for want of a receipt."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class _Sent:
    at_s: float
    patience_s: float


@dataclass(slots=True, kw_only=True)
class Window:
    """At most `limit` messages without a receipt; each is repeated ever more rarely."""

    limit: int = 100
    patience_s: float = 10.0
    patience_max_s: float = 120.0
    cursor: int = 0  # the highest number sent on this connection
    _sent: dict[int, _Sent] = field(default_factory=dict)

    def restart(self) -> None:
        """A new connection: everything that waits is sent again, in order."""
        self.cursor = 0
        self._sent.clear()

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return self.limit - len(self._sent)

    def sent(self, sequence: int, now_s: float) -> None:
        """That message went out."""
        before = self._sent.get(sequence)
        patience_s = self.patience_s
        if before is not None:
            patience_s = min(2 * before.patience_s, self.patience_max_s)
        self._sent[sequence] = _Sent(at_s=now_s, patience_s=patience_s)
        self.cursor = max(self.cursor, sequence)

    def settled(self, sequence: int) -> None:
        """That message has its receipt."""
        self._sent.pop(sequence, None)

    def overdue(self, now_s: float) -> list[int]:
        """Numbers whose receipt is late, in order."""
        return sorted(
            number
            for number, sent in self._sent.items()
            if now_s - sent.at_s >= sent.patience_s
        )
