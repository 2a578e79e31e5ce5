"""The real image with a person before it: its buttons, and what its display says."""

from firmware_bridge.dialects import fabnode, fabnode_settings
from firmware_bridge.facts import MachineState
from firmware_bridge.simulators.avr_node import (
    BACK_PIN,
    CALL_PIN,
    PAUSE_PIN,
    READY_PIN,
    AvrNode,
)
from tests.unit.firmware_bridge.fabnode.glyphs import lines_on

JOB = "11111111-2222-4333-8444-555555555555"
REDRAWN_S = 1.5  # a letter each 4 ms, 146 of them, and the look for a new display


def test_display_tells_how_the_machine_stands(node: AvrNode, listener) -> None:
    node.do("display 1")
    listener.order(lambda r: fabnode_settings.label(r, kind="sewing", name="Juki 1541"))
    listener.for_s(REDRAWN_S)
    assert lines_on(node) == ["JUKI 1541", "FREE", "", ""]
    assert listener.ask_hello().has_display

    listener.order(lambda r: fabnode.arm(r, JOB, 12))
    listener.for_s(REDRAWN_S)
    assert lines_on(node) == ["JUKI 1541", "GO AHEAD", "0/12", "BEGIN: HOLD WHITE"]

    node.press(READY_PIN)
    assert listener.until_event("started").job == JOB
    node.count_pieces(3)
    listener.for_s(REDRAWN_S)
    assert lines_on(node) == ["JUKI 1541", "AT WORK", "3/12", "DONE? HOLD GREEN"]

    node.press(CALL_PIN)
    listener.until_event("called")
    listener.for_s(REDRAWN_S)
    assert lines_on(node) == ["JUKI 1541", "AT WORK", "3/12", "HELP IS CALLED"]

    node.press_fault()
    listener.until_event("ended")
    listener.for_s(REDRAWN_S)
    assert lines_on(node) == ["JUKI 1541", "FAULT", "", "MENDED? HOLD GREEN"]


def test_display_unplugged_and_back_is_right_again(node: AvrNode, listener) -> None:
    node.do("display 1")
    listener.for_s(REDRAWN_S)
    node.do("display 0")
    listener.for_s(0.5)
    assert not listener.ask_hello().has_display
    node.do("display 1")
    listener.for_s(2 * REDRAWN_S)
    assert lines_on(node) == ["FABNODE", "FREE", "", ""]


def test_display_that_blocks_its_wires_blocks_nothing_else(
    node: AvrNode, listener
) -> None:
    node.do("display 1")
    listener.for_s(REDRAWN_S)
    node.do("display 2")  # its clock is held low, in the midst of a letter or not
    node.current(amperes=2.0)
    listener.until_event("running")
    node.count_pieces(12, each_ms=50)
    listener.for_s(1.5)
    state = listener.ask_state()
    assert (state.activity, state.pieces) == ("running", 12)
    assert not listener.ask_hello().has_display
    assert not listener.hello.reset_cause & 8


def test_ready_without_a_job_says_that_somebody_is_there(
    node: AvrNode, listener
) -> None:
    node.press(READY_PIN)
    assert listener.until_event("ready").job is None


def test_pause_ends_by_the_button_or_by_work(node: AvrNode, listener) -> None:
    listener.order(lambda r: fabnode.arm(r, JOB, 2))
    node.count_pieces(1)
    listener.until_event("started")
    node.press(PAUSE_PIN)
    listener.until_event("paused")
    listener.ask_state()
    assert listener.status.state is MachineState.PAUSED
    listener.for_s(0.3)
    node.press(PAUSE_PIN)
    listener.until_event("resumed")
    assert not listener.ask_state().paused
    listener.for_s(0.3)
    node.press(PAUSE_PIN)
    listener.for_s(1.0)
    assert listener.ask_state().paused
    node.current(amperes=2.0)
    listener.until_event("running")
    assert not listener.ask_state().paused


def test_pause_means_nothing_without_a_job(node: AvrNode, listener) -> None:
    node.press(PAUSE_PIN)
    listener.for_s(1.0)
    assert not listener.ask_state().paused


def test_a_piece_is_taken_back_but_never_below_none(node: AvrNode, listener) -> None:
    listener.order(lambda r: fabnode.arm(r, JOB, 5))
    node.count_pieces(2)
    listener.for_s(0.5)
    for left in (1, 0, 0):
        node.press(BACK_PIN)
        listener.for_s(1.2)
        state = listener.ask_state()
        assert (state.job.made, state.pieces) == (left, left)


def test_call_stands_until_it_is_answered(node: AvrNode, listener) -> None:
    node.press(CALL_PIN)
    listener.until_event("called")
    listener.ask_state()
    assert listener.status.note == "somebody at the machine asks for help"
    node.reset()
    listener.for_s(0.5)
    assert listener.ask_state().called  # a reset forgets nobody
    node.press(CALL_PIN)
    listener.until_event("answered")
    listener.ask_state()
    assert listener.status.note is None
