"""How long dispatch waits for what, in seconds of the network's clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """`start_within_s`: a job that has not started so long after its slot is void.

    `silent_s`: so long without a word, a machine's running job counts as unknown.
    `overdue_s`: so long after its promise, an open order is shown to a steward.
    `code_trials`: wrong codes for one hand-over before it is locked for `lock_s`.
    """

    send_ahead_s: int = 120
    start_within_s: int = 1_800
    grace_s: int = 120
    silent_s: int = 600
    overdue_s: int = 7_200
    code_trials: int = 5
    lock_s: int = 900


TEMPO = Tempo()
