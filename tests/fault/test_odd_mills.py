"""GRBL boards that answer, report and stop as none of ours does."""

import re

import pytest

from firmware_bridge.errors import BridgeError, NotReadyError
from firmware_bridge.facts import OutcomeKind
from tests.fault.device_bench import Bench
from tests.fault.odd_boards import Ended, Habit, Odd, replaced, run, says

COMPLETED, INTERRUPTED = OutcomeKind.COMPLETED, OutcomeKind.INTERRUPTED
UNKNOWN = OutcomeKind.UNKNOWN

LINGERS = "G21 G90\nM3 S100\nG0 X1\nG4 P50\nM5\n"
HAL = b"|WCS:G54|A:|Sc:|MPG:0|H:1,7|T:0|TLR:0|FW:grblHAL>"


def reports_from(place: int, wanted: bytes, instead: bytes) -> Habit:
    """Its status reports, from that one on, altered."""
    seen = 0

    def habit(line: bytes) -> list[bytes]:
        nonlocal seen
        if not line.startswith(b"<"):
            return [line]
        seen += 1
        return [re.sub(wanted, instead, line) if seen >= place else line]

    return habit


WORDS: dict[str, Habit] = {
    "line feeds alone": lambda line: [line.strip(b"\r")],
    "messages": replaced(b"ok", b"[MSG:Pgm End]\r", b"[MSG:INFO: a: b]\r", b"%b"),
    "noise that is no text": replaced(b"ok", b"\xff\xfe\xb0\r", b"%b"),
    "lines without measure": replaced(b"ok", b"[MSG:" + b"x" * 900 + b"]\r", b"%b"),
    "grblHAL's words in reports": reports_from(0, b">", HAL),
    "no words for its modes": lambda line: [] if b"[GC:" in line else [line],
}


@pytest.mark.parametrize("words", WORDS)
def test_it_is_understood(words: str) -> None:
    ended = run("grbl", WORDS[words])
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome


def test_one_that_does_not_say_its_version_is_known_by_its_banner() -> None:
    def habit(line: bytes) -> list[bytes]:
        return [] if line.startswith((b"[VER", b"[OPT")) else [line]

    assert run("grbl", habit).outcome.kind is COMPLETED


def test_an_old_grbl_is_refused_by_its_version() -> None:
    old = replaced(b"Grbl", b"Grbl 0.9j ['$' for help]\r")
    with pytest.raises(BridgeError, match=r"1\.1 is needed: 0\.9j"):
        run("grbl", lambda line: [] if b"[VER" in line else old(line))


def test_answers_that_come_late_are_not_taken_for_others() -> None:
    """The end of what was said before, as on a busy computer."""
    late: list[bytes] = []

    def habit(line: bytes) -> list[bytes]:
        if line.startswith(b"Grbl"):
            late[:] = [b"ok\r"] * 4
        if not line.startswith(b"[VER:"):
            return [line]
        said, late[:] = [*late, line], []
        return said

    ended = run("grbl", habit)
    assert (ended.outcome.kind, ended.is_made) == (COMPLETED, True), ended.outcome


def test_check_mode_is_told_before_anything_is_sent() -> None:
    checks = reports_from(0, rb"^<\w+", b"<Check")
    with pytest.raises(NotReadyError, match="check mode"):
        run("grbl", checks)


STATES = {
    b"Sleep": "locked",
    b"Check": "check mode",
    b"Nowhere": "silent",  # what can't be read is no life
}


@pytest.mark.parametrize("state", STATES)
def test_a_state_that_never_ends_is_told(state: bytes) -> None:
    ended = run("grbl", reports_from(12, rb"^<\w+", b"<" + state))
    assert ended.outcome.kind in (INTERRUPTED, UNKNOWN)
    assert STATES[state] in ended.outcome.reason, ended.outcome


def test_a_place_never_told_is_no_proof() -> None:
    ended = run("grbl", reports_from(0, rb"\|MPos:[^|]*", b""))
    assert ended.outcome.kind is UNKNOWN, ended.outcome


@pytest.mark.parametrize("words", [b"error: Bad number format", b"ALARM: Hard limit"])
def test_what_it_says_in_words_ends_the_job(words: bytes) -> None:
    ended = run("grbl", act=says(words + b"\r\n"))
    assert ended.outcome.kind is INTERRUPTED
    assert words.decode() in ended.outcome.reason, ended.outcome


def test_lines_on_their_way_do_not_outlive_a_restart_at_the_machine() -> None:
    """GRBL's own reset button: it is back at once, and obeys what comes then."""

    def press(odd: Odd, bench: Bench) -> None:
        odd.receive(b"\x18", bench.clock.monotonic_s())

    text = "G21 G90\n" + "M3 S800 G1 X20 F3000\nM3 S800 G1 X10 F3000\n" * 40
    ended = run("grbl", act=press, share=0.03, text=text)
    assert ended.outcome.kind is INTERRUPTED
    assert "restarted" in ended.outcome.reason, ended.outcome
    assert (ended.told.at_rest, ended.told.hot, ended.later.hot) == (True, False, False)


def test_one_answer_too_many_is_not_taken_for_the_end() -> None:
    ended = run("grbl", act=says(b"ok\r\n"), share=0.01, text=LINGERS)
    assert_not_early(ended)


@pytest.mark.parametrize("every", [1, 7, 50])
def test_answers_to_nothing_prove_nothing(every: int) -> None:
    """Bytes may have been lost meanwhile, and GRBL's lines have no checksum."""
    answers = 0

    def habit(line: bytes) -> list[bytes]:
        nonlocal answers
        answers += line.startswith(b"ok")
        twice = line.startswith(b"ok") and answers % every == 0
        return [line, line] if twice else [line]

    ended = run("grbl", habit)
    assert ended.outcome.kind in (INTERRUPTED, UNKNOWN), ended.outcome


def assert_not_early(ended: Ended) -> None:
    if ended.outcome.kind is COMPLETED:
        assert ended.told.at_rest
        assert not ended.told.hot
