"""What is said of a job, from what a server showed: never more than that."""

from dataclasses import dataclass, field, replace

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.errors import (
    BridgeError,
    CommandRefusedError,
    HostAnswerError,
    LinkLostError,
    NoAnswerError,
    NotReadyError,
)
from firmware_bridge.facts import Identity, MachineState, Outcome, OutcomeKind, Patience
from firmware_bridge.gcode import Program
from firmware_bridge.hosts.host import Look, Record, Upload
from firmware_bridge.hosts.machine import HostMachine
from firmware_bridge.space import Point

QUICK = Patience(
    answer_s=0.05, stall_s=0.1, look_s=0.01, poll_s=0.0, safe_end_s=0.3, away_s=0.3
)
LONG = Program(source=b"G28\n" + b"G4 P9000\n" * 90 + b"G1 X5 Y6 Z7 F600\n")
IDLE = Look(state=MachineState.IDLE, words="Operational")
BUSY = Look(state=MachineState.RUNNING, words="Printing")


@dataclass
class Script:
    """A server that shows one look after the other; the last one stays.

    A look's file "ours" is the file that was put there.
    """

    looks: list[Look | BridgeError]
    written: Record = Record.NONE
    at: Point | None = (5.0, 6.0, 7.0)
    start_error: BridgeError | None = None
    place_error: BridgeError | None = None
    in_use: bool = False
    name: str = "Server"
    closed: bool = False
    did: list[str] = field(default_factory=list)
    file: str = ""

    def identify(self) -> Identity:
        return Identity(firmware="Server", version="1", dialect="marlin")

    def look(self) -> Look:
        if not self.file:
            return IDLE
        shown = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(shown, BridgeError):
            raise shown
        return replace(shown, file=self.file) if shown.file == "ours" else shown

    def forget_all(self) -> None:
        self.did.append("forget-all")

    def put(self, upload: Upload) -> None:
        self.file = upload.file
        assert sum(len(chunk) for chunk in upload.chunks) == upload.size_bytes

    def start(self, file: str) -> None:
        self.did.append("start")
        if self.start_error is not None:
            raise self.start_error

    def forget(self, file: str) -> bool:
        self.did.append("forget")
        return not self.in_use

    def record(self, file: str) -> Record:
        return self.written

    def place(self) -> Point | None:
        if self.place_error is not None:
            raise self.place_error
        return self.at

    def pause(self) -> None:
        self.did.append("pause")

    def resume(self) -> None:
        self.did.append("resume")

    def cancel(self) -> None:
        self.did.append("cancel")

    def cool(self) -> None:
        self.did.append("cool")

    def stop(self) -> None:
        self.did.append("stop")

    def unlock(self) -> None: ...

    def home(self) -> None: ...

    def close(self) -> None: ...


def ours(done: int | None, look: Look = BUSY) -> Look:
    return replace(look, file="ours", bytes_done=done)


def run(host: Script) -> Outcome:
    machine = HostMachine(host, wall=WallClock(), patience=QUICK)
    outcome = machine.run(LONG, lambda _: None)
    assert host.did.count("start") == 1, "started more or less than once"
    return outcome


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ((5.0, 6.01, 7.0), OutcomeKind.COMPLETED),
        (None, OutcomeKind.COMPLETED),  # it can't be asked there
        ((5.0, 6.1, 7.0), OutcomeKind.UNKNOWN),
    ],
)
def test_done_is_believed_where_the_place_is_right(
    at: Point | None, kind: OutcomeKind
) -> None:
    outcome = run(Script([ours(9), ours(None, IDLE)], written=Record.DONE, at=at))
    assert outcome.kind is kind
    assert outcome.last_position_mm == at


def test_done_with_bytes_left_is_not_believed() -> None:
    outcome = run(Script([ours(9), ours(200, IDLE)], written=Record.DONE))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "at byte 200 of" in outcome.reason


def test_done_without_a_place_is_asked_again_then_unknown() -> None:
    host = Script([ours(9), ours(None, IDLE)], written=Record.DONE)
    host.place_error = NoAnswerError("no place")
    host.looks.append(LinkLostError("gone"))  # after the first question
    assert run(host).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("state", [MachineState.OFFLINE, MachineState.ALARM])
@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (Record.DONE, OutcomeKind.UNKNOWN),
        (Record.FAILED, OutcomeKind.INTERRUPTED),
        (Record.NONE, OutcomeKind.INTERRUPTED),  # 800 s of work were left
    ],
)
def test_machine_lost(state: MachineState, written: Record, kind: OutcomeKind) -> None:
    lost = Look(state=state, words="Offline")
    assert run(Script([ours(99), lost], written=written)).kind is kind


def test_lost_without_a_word_just_before_the_end_is_unknown() -> None:
    assert run(Script([ours(864), IDLE])).kind is OutcomeKind.UNKNOWN
    assert run(Script([ours(99), IDLE])).kind is OutcomeKind.INTERRUPTED


def test_failed_there() -> None:
    host = Script([ours(99), ours(None, IDLE)], written=Record.FAILED)
    assert run(host).kind is OutcomeKind.INTERRUPTED
    assert host.did[-2:] == ["cool", "forget"]


@pytest.mark.parametrize("written", [Record.DONE, Record.FAILED])
def test_another_job_in_its_place_is_left_alone(written: Record) -> None:
    host = Script([ours(99), replace(BUSY, file="theirs")], written=written)
    outcome = run(host)
    assert outcome.kind is not OutcomeKind.COMPLETED
    assert "theirs" in outcome.reason
    assert not {"cancel", "stop", "cool"} & set(host.did)


def test_started_again_from_its_beginning() -> None:
    outcome = run(Script([ours(99), ours(200), ours(300), ours(4)]))
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert "started it again" in outcome.reason


def test_away_and_back_goes_on() -> None:
    away = [LinkLostError("away"), HostAnswerError("starting"), NoAnswerError("slow")]
    outcome = run(Script([ours(9), *away, ours(None, IDLE)], written=Record.DONE))
    assert outcome.kind is OutcomeKind.COMPLETED
    assert len(outcome.incidents) == 3


def test_away_for_good_is_unknown() -> None:
    outcome = run(Script([ours(9), LinkLostError("away")]))
    assert outcome.kind is OutcomeKind.UNKNOWN


def test_start_refused_takes_the_file_away() -> None:
    host = Script([IDLE], start_error=CommandRefusedError("it prints", status=409))
    with pytest.raises(NotReadyError, match="it prints"):
        run(host)
    assert host.did[-1] == "forget"


@pytest.mark.parametrize(
    ("in_use", "kind"),
    [(False, OutcomeKind.INTERRUPTED), (True, OutcomeKind.UNKNOWN)],
)
def test_start_without_an_answer_is_never_said_again(
    in_use: bool, kind: OutcomeKind
) -> None:
    host = Script([IDLE], start_error=NoAnswerError("?"), in_use=in_use)
    assert run(host).kind is kind


def test_end_that_it_does_not_take_becomes_a_stop_and_then_unknown() -> None:
    host = Script([ours(9)])
    machine = HostMachine(host, wall=WallClock(), patience=QUICK)
    outcome = machine.run(LONG, lambda _: machine.cancel() if host.did[1:] else None)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert host.did.index("cancel") < host.did.index("stop")
    assert host.did.count("start") == 1


def test_pause_is_told_once_and_not_held_against_a_hand_there() -> None:
    paused = replace(BUSY, state=MachineState.PAUSED)
    looks = [ours(9), ours(9), ours(20, paused), ours(20), ours(30)]
    host = Script([*looks, ours(None, IDLE)], written=Record.DONE)
    machine = HostMachine(host, wall=WallClock(), patience=QUICK)
    outcome = machine.run(LONG, lambda _: machine.pause())
    assert outcome.kind is OutcomeKind.COMPLETED
    assert (host.did.count("pause"), host.did.count("resume")) == (1, 0)
