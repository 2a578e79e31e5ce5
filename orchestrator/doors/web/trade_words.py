"""The trade's codes in people's words: processes, kinds of machine, states of machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.dispatch.held import CAN_GO_ON
from orchestrator.dispatch.rows import JobRow
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_
from orchestrator.network.machines import waits
from orchestrator.network.rows import MachineRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """How a process is called and drawn."""

    word: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finer state as pages show it: one of the eight, and its own word."""

    shown: Shown
    word: str


# By the longest code that begins a TsDC code: 'LAS-ENG' before 'LAS'.
TRADES: Final[Mapping[str, Trade]] = {
    "3DP": Trade(word=N_("3D printing"), icon="cube"),
    "LAS-ENG": Trade(word=N_("Laser engraving"), icon="lightning"),
    "LAS": Trade(word=N_("Laser cutting"), icon="lightning"),
    "CNC": Trade(word=N_("Milling"), icon="gear"),
    "TEX": Trade(word=N_("Sewing"), icon="scissors"),
    "PLT": Trade(word=N_("Plotting"), icon="path"),
    "ASM": Trade(word=N_("Assembly"), icon="hammer"),
}
OTHER_ICON: Final = "wrench"
KINDS: Final[Mapping[str, str]] = {
    "fdm-printer": N_("3D printer"),
    "cnc-mill": N_("Milling machine"),
    "laser-cutter": N_("Laser cutter"),
    "pen-plotter": N_("Pen plotter"),
    "other": N_("Other machine"),
}
SOURCES: Final[Mapping[str, str]] = {
    "measured": N_("measured"),
    "maker": N_("its maker says"),
    "declared": N_("the lab says"),
}
# The order is that of a lab's board: what needs hands comes first.
MACHINE_STATES: Final[Mapping[str, Told]] = {
    "alarm": Told(shown=Shown.FAILED, word=N_("Alarm")),
    "unknown": Told(shown=Shown.NEEDS_YOU, word=N_("Look at it")),
    "needs-clearing": Told(shown=Shown.NEEDS_YOU, word=N_("Clear it")),
    "needs-arming": Told(shown=Shown.NEEDS_YOU, word=N_("Start it")),
    "paused": Told(shown=Shown.PAUSED, word=N_("Paused")),
    "running": Told(shown=Shown.RUNNING, word=N_("Running")),
    "idle": Told(shown=Shown.READY, word=N_("Idle")),
    "offline": Told(shown=Shown.OFFLINE, word=N_("Offline")),
}
HANDS: Final = frozenset({"alarm", "unknown", "needs-clearing", "needs-arming"})


def needs_hands(row: MachineRow) -> bool:
    """Whether a person must go there."""
    return row.state in HANDS or waits(row)


JOB_STATES: Final[Mapping[str, Told]] = {
    "sent": Told(shown=Shown.WAITING, word=N_("Sent")),
    "accepted": Told(shown=Shown.NEEDS_YOU, word=N_("Waits for its start")),
    "armed": Told(shown=Shown.READY, word=N_("Armed")),
    "running": Told(shown=Shown.RUNNING, word=N_("Running")),
    "paused": Told(shown=Shown.PAUSED, word=N_("Paused")),
    "completed": Told(shown=Shown.DONE, word=N_("Made")),
    "failed": Told(shown=Shown.FAILED, word=N_("Failed")),
    "interrupted": Told(shown=Shown.FAILED, word=N_("Interrupted")),
    "cancelled": Told(shown=Shown.PAUSED, word=N_("Cancelled")),
    "refused": Told(shown=Shown.PAUSED, word=N_("Not taken")),
    "expired": Told(shown=Shown.PAUSED, word=N_("Too late")),
    "unknown": Told(shown=Shown.NEEDS_YOU, word=N_("Nobody saw the end")),
}
_WAITS: Final = Told(shown=Shown.NEEDS_YOU, word=N_("Waits for you"))
_MAY_GO_ON: Final = Told(shown=Shown.NEEDS_YOU, word=N_("It may go on"))
_STRANGE: Final = Told(shown=Shown.WAITING, word=N_("Waiting"))


def trade_of(process: str) -> Trade:
    """The words of a TsDC code; one that nobody named keeps its own letters."""
    fits = [code for code in TRADES if process.upper().startswith(code)]
    if not fits:
        return Trade(word=process, icon=OTHER_ICON)
    return TRADES[max(fits, key=len)]


def kind_word(kind: str, processes: Sequence[str] = ()) -> str:
    """A kind of machine as people call it; one without a name, by what it does."""
    if kind == "other" and processes:
        return trade_of(processes[0]).word
    return KINDS.get(kind, kind)


def loaded(capability: Mapping[str, Any]) -> tuple[str, ...]:
    """What a machine told that is in it: 'black PLA, 420 g'."""
    return tuple(_material(each) for each in capability.get("materials", ()))


def _material(told: Mapping[str, Any]) -> str:
    left_g = told.get("remaining_g")
    words = " ".join(str(told[name]) for name in ("colour", "code") if told.get(name))
    return words if left_g is None else f"{words}, {left_g:.0f} g"


def machine_told(row: MachineRow) -> Told:
    """A machine's state as pages show it."""
    return _WAITS if waits(row) else MACHINE_STATES.get(row.state, _STRANGE)


def job_told(job: JobRow) -> Told:
    """A job's state as pages show it."""
    may_go_on = job.code == CAN_GO_ON
    return _MAY_GO_ON if may_go_on else JOB_STATES.get(job.state, _STRANGE)
