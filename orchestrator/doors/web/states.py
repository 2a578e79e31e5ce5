"""The eight states anything on a page can be in: each one icon, one word, one colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.doors.web.words import N_


class Shown(StrEnum):
    """A state as pages show it; rooms' finer states are mapped to these."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    NEEDS_YOU = "needs-you"
    PAUSED = "paused"
    FAILED = "failed"
    OFFLINE = "offline"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a state is drawn. `tone` names the pair of colours in the style sheet."""

    icon: str
    word: str
    tone: str


LOOK_OF_STATE: Mapping[str, Look] = {
    Shown.WAITING: Look(icon="hourglass", word=N_("Waiting"), tone="wait"),
    Shown.READY: Look(icon="play-circle", word=N_("Ready"), tone="ready"),
    Shown.RUNNING: Look(icon="play", word=N_("Running"), tone="ok"),
    Shown.NEEDS_YOU: Look(icon="warning", word=N_("Needs you"), tone="warn"),
    Shown.PAUSED: Look(icon="pause", word=N_("Paused"), tone="wait"),
    Shown.FAILED: Look(icon="warning-octagon", word=N_("Failed"), tone="stop"),
    Shown.OFFLINE: Look(icon="wifi-slash", word=N_("Offline"), tone="off"),
    Shown.DONE: Look(icon="check", word=N_("Done"), tone="done"),
}
