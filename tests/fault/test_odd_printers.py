"""Printers whose firmware spells, answers and halts as none of ours does."""

import re
from collections.abc import Callable

import pytest

from firmware_bridge.facts import RUN_OUT, MachineState, OutcomeKind
from firmware_bridge.simulators import marlin_board
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.reprap_board import RepRapBoard
from tests.fault.device_bench import Bench
from tests.fault.odd_boards import Habit, Odd, halts, replaced, run, says

COMPLETED, INTERRUPTED = OutcomeKind.COMPLETED, OutcomeKind.INTERRUPTED
CANCELLED, UNKNOWN = OutcomeKind.CANCELLED, OutcomeKind.UNKNOWN

WARMS = "M104 S210\nM109 S210\nG28\nG1 X10 Y10 F3000\nM190 S60\nG1 X20\n"


def pattern(wanted: bytes, instead: bytes, beginning: bytes = b"") -> Habit:
    def habit(line: bytes) -> list[bytes]:
        return [re.sub(wanted, instead, line) if line.startswith(beginning) else line]

    return habit


SPELLINGS: dict[str, Habit] = {
    "carriage returns": pattern(rb"$", b"\r"),
    "ok in capitals": pattern(rb"^ok", b"OK"),
    "ok with a colon": pattern(rb"^ok$", b"ok:"),
    "ok with numbers and no blanks": pattern(rb"^ok$", b"ok P15B3"),
    "ok with heat": pattern(rb"^ok$", b"ok T:20.0 /0.0 B:20.0 /0.0 @:0"),
    "an echo before each answer": replaced(b"ok", b"echo:enqueueing M105", b"%b"),
    "noise that is no text": replaced(b"ok", b"\xff\xfe\xb0C", b"%b"),
    "lines without measure": replaced(b"ok", b"echo:" + b"x" * 900, b"%b"),
    "a place with commas": pattern(rb"([XYZ]:[\d.]+) ", rb"\1, ", b"X:"),
    "a place with blanks": pattern(rb"([XYZE]):", rb"\1: ", b"X:"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_is_understood(spelling: str) -> None:
    ended = run("marlin", SPELLINGS[spelling])
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome


def named(name: bytes) -> Habit:
    """It answers as Marlin does, and is another firmware."""
    return pattern(rb"^FIRMWARE_NAME:\S+", b"FIRMWARE_NAME:" + name)


def smoothieware() -> Habit:
    """It asks for lines without an `ok`, and gives its place behind one."""
    call = named(b"Smoothieware, FIRMWARE_VERSION:edge-94de12c,")
    place, asked = b"", False

    def habit(line: bytes) -> list[bytes]:
        nonlocal place, asked
        if line.startswith(b"X:"):
            place = b" C: " + line
            return []
        if line.startswith(b"Resend: "):
            asked = True
            return [b"rs N" + line.removeprefix(b"Resend: ")]
        if line == b"ok":
            said, place, was_asked, asked = place, b"", asked, False
            return [] if was_asked else [line + said]
        return call(line)

    return habit


KIN: dict[str, tuple[Callable[[], Habit], Callable[[], Board]]] = {
    "Prusa": (lambda: named(b"Prusa-Firmware 3.13.0 based on Marlin"), MarlinBoard),
    "Repetier": (lambda: named(b"Repetier_1.0.4"), MarlinBoard),
    "Smoothieware": (smoothieware, MarlinBoard),
    "Klipper": (lambda: named(b"Klipper FIRMWARE_VERSION:v0.12"), RepRapBoard),
}


@pytest.mark.parametrize("lost", ["nothing", "drop_ok", "hurt_lines"])
@pytest.mark.parametrize("name", KIN)
def test_one_of_marlins_kin_is_found_out(name: str, lost: str) -> None:
    """Whether it checks the numbers of lines is tried, not known by its name."""
    habit, board = KIN[name]

    def lose(_: Odd, bench: Bench) -> None:
        way = {} if lost == "drop_ok" else {"direction": "to_board"}
        if lost != "nothing":
            bench.fault({"do": lost, "count": 1, **way})

    ended = run("marlin", habit(), act=lose, seated=board())
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome
    assert ended.stalled_s < 10.0


def test_a_command_that_nobody_sent_is_in_doubt() -> None:
    """Klipper's own port compares no checksum, and does what it can read."""
    habit, board = KIN["Klipper"]
    words = says(b'// Unknown command:"G"\n')
    ended = run("marlin", habit(), act=words, seated=board())
    assert ended.outcome.kind is UNKNOWN, ended.outcome


RESENDS = (b"Resend:", b"rs ", b"rs N", b"Resend: N")


@pytest.mark.parametrize("word", RESENDS)
def test_lines_are_said_again_however_that_is_asked(word: bytes) -> None:
    def hurt(_: Odd, bench: Bench) -> None:
        bench.fault({"do": "hurt_lines", "direction": "to_board", "count": 1})

    ended = run("marlin", pattern(b"^Resend: ", word), act=hurt)
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome
    assert ended.outcome.resend_count


def test_one_that_answers_twice_is_not_overrun() -> None:
    ended = run("marlin", replaced(b"ok", b"%b", b"ok"))
    assert ended.bytes_overrun == 0
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome


@pytest.mark.parametrize(
    "words",
    [
        b"!! Printer is shut down\n",
        b"fatal: heater 0 is decoupled\n",
        "Error:Heizung 5°C. Printer halted. kill() called!\n".encode("latin-1"),
    ],
)
def test_a_halt_is_known_by_its_words(words: bytes) -> None:
    ended = run("marlin", act=halts(words))
    assert ended.outcome.kind is INTERRUPTED
    assert ended.outcome.reason.startswith("the board halted: "), ended.outcome


def test_a_start_is_known_in_the_noise_before_it() -> None:
    def restart(odd: Odd, bench: Bench) -> None:
        bench.fault({"do": "reset"})

    ended = run("marlin", pattern(b"^start", b"\xff\x00start"), act=restart, share=0.97)
    assert ended.outcome.kind in (INTERRUPTED, UNKNOWN)
    assert "restarted" in ended.outcome.reason
    assert not any("silence" in one for one in ended.outcome.incidents), ended.outcome


def test_what_was_refused_in_mid_job_is_in_doubt() -> None:
    ended = run("marlin", act=says(b"Error:Bad arc\n"))
    assert ended.outcome.kind is UNKNOWN
    assert "Bad arc" in ended.outcome.reason


def test_cancelled_at_its_own_display() -> None:
    ended = run("marlin", act=says(b"//action:cancel\n"))
    assert ended.outcome.kind is CANCELLED
    assert "at the machine" in ended.outcome.reason
    assert (ended.told.at_rest, ended.later.hot) == (True, False)
    assert ended.later.moves < ended.wanted.moves


def test_paused_and_resumed_at_its_own_display() -> None:
    seen: list[tuple[object, ...]] = []

    def pause(odd: Odd, bench: Bench) -> None:
        odd.words += b"//action:pause\n"
        bench.clock.after(2.0, lambda: seen.append(look(bench)))
        bench.clock.after(2.5, lambda: seen.append(look(bench)))
        bench.clock.after(2.6, lambda: says(b"//action:resume\n")(odd, bench))

    def look(bench: Bench) -> tuple[object, ...]:
        return bench.shown_state, bench.truth().moves

    ended = run("marlin", act=pause)
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome
    assert seen[0] == seen[1]
    assert seen[0][0] is MachineState.PAUSED
    assert seen[0][1] < ended.wanted.moves


TOLD = (
    b"- Event notification -\nFilament error on extruder 0: noFilament\n",  # 3.5
    b"Error: Filament error on extruder 0: no filament\n",  # 3.4
)


@pytest.mark.parametrize("words", TOLD)
def test_a_firmware_that_only_tells_of_a_runout_is_paused(words: bytes) -> None:
    """RepRapFirmware works on: what comes over USB is no print of its own."""
    seen: list[tuple[object, object]] = []

    def run_out(odd: Odd, bench: Bench) -> None:
        odd.words += words
        bench.clock.after(
            2.5, lambda: seen.append((bench.shown_state, bench.shown_note))
        )

    ended = run("reprap", act=run_out)
    assert seen == [(MachineState.PAUSED, RUN_OUT)]
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome
    assert "Filament error" in " ".join(ended.outcome.incidents)


LOST: dict[str, dict[str, object]] = {
    "answer": {"do": "drop_ok", "count": 1},
    "line": {"do": "drop_lines", "direction": "to_board", "count": 1},
}


@pytest.mark.parametrize("share", [0.45, 0.6, 0.8])
@pytest.mark.parametrize("lost", LOST)
def test_the_place_tells_whether_a_relative_line_was_done(
    lost: str, share: float
) -> None:
    """RepRapFirmware checks no line's number, and twice would be too much."""

    def lose(_: Odd, bench: Bench) -> None:
        bench.fault(LOST[lost])

    ended = run("reprap", act=lose, share=share, variant=1)
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome
    assert ended.outcome.incidents


def test_a_place_that_no_line_explains_ends_it() -> None:
    def lose(odd: Odd, bench: Bench) -> None:
        bench.fault(LOST["answer"])
        odd.habit = pattern(rb"E:[\d.]+", b"E:0.000", b"X:")

    ended = run("reprap", act=lose, variant=1)
    assert ended.outcome.kind is INTERRUPTED, ended.outcome
    assert "answer was lost" in ended.outcome.reason


def test_a_place_told_before_the_last_motion_is_not_its_end() -> None:
    """Marlin 1.1 tells it after G92; an end that waits may be said twice meanwhile."""

    def hurt(odd: Odd, bench: Bench) -> None:
        odd.words += b"X:1.00 Y:1.00 Z:1.00 E:0.00 Count X:80 Y:80 Z:400\n"
        bench.fault({"do": "hurt_lines", "direction": "to_board", "count": 1})

    text = "G28\n" + "G1 X20 F3000\nG1 X10\n" * 60 + "G1 X100 F1500\n"
    old = pattern(rb"Marlin 2[\d.]+", b"Marlin 1.1.9", b"FIRMWARE_NAME")
    ended = run("marlin", old, act=hurt, share=0.2, text=text)
    assert ended.outcome.kind is COMPLETED, ended.outcome
    assert ended.outcome.resend_count > 1


def test_a_bed_that_warms_is_no_silence() -> None:
    """Marlin 1.1 without a residency time says only temperatures meanwhile."""
    ended = run("marlin", pattern(rb" W:\?$", b""), text=WARMS)
    assert ended.outcome.kind is COMPLETED, ended.outcome
    assert not ended.outcome.incidents


def test_homing_may_last_where_nothing_says_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marlin_board, "_HOME_S", 60.0)
    ended = run("marlin", lambda line: [] if b"busy" in line else [line])
    assert ended.outcome.kind is COMPLETED, ended.outcome


def test_a_place_never_told_is_no_proof() -> None:
    def mute(line: bytes) -> list[bytes]:
        return [] if line.startswith(b"X:") else [line]

    assert run("marlin", mute).outcome.kind is UNKNOWN
