"""The real image on the simulated processor: what it senses and what it says."""

import pytest

from firmware_bridge.dialects import fabnode
from firmware_bridge.dialects.fabnode_frame import frame
from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.sketches.build import FLASH_BYTES_MAX, RAM_BYTES_MAX, build_sketch

JOB = "11111111-2222-4333-8444-555555555555"


def test_image_leaves_room_on_the_chip() -> None:
    image = build_sketch()
    print(f"fabnode: flash {image.flash_bytes} bytes, RAM {image.ram_bytes} bytes")
    assert image.hex.read_text().startswith(":")
    assert 0 < image.flash_bytes <= FLASH_BYTES_MAX == 24 * 1024
    assert 0 < image.ram_bytes <= RAM_BYTES_MAX == 1536


def test_hello_tells_who_it_is(listener) -> None:
    hello = listener.ask_hello()
    assert str(hello.uuid) == "0f0e0d0c-0b0a-4908-8706-050403020100"
    assert (hello.identity, hello.has_counter) == ("ok", True)


def test_heartbeat_comes_unasked_and_numbered(listener) -> None:
    heard: list[fabnode.Heartbeat] = []
    while len(heard) < 2:
        reply = listener.listen(3.0)
        assert reply is not None, "silence"
        if isinstance(reply, fabnode.Heartbeat):
            heard.append(reply)
    assert heard[1].number == heard[0].number + 1
    assert heard[1].state.up_s - heard[0].state.up_s == pytest.approx(2, abs=1)


def test_current_over_the_threshold_is_running_with_hysteresis(
    node: AvrNode, listener
) -> None:
    node.current(amperes=0.25)  # 46 mV: between the thresholds of 35 and 60 mV
    listener.for_s(1.8)
    assert listener.ask_state().activity == "idle"

    node.current(amperes=1.0)
    listener.until_event("running")
    listener.for_s(0.4)
    assert listener.ask_state().rms_mv == pytest.approx(185, rel=0.03)
    assert listener.status.current_a == pytest.approx(1.0, rel=0.03)

    listener.events.clear()
    node.current(amperes=0.25)
    listener.for_s(1.8)
    assert listener.ask_state().activity == "running"

    node.current(amperes=0)
    listener.until_event("idle")
    assert listener.kinds() == ["idle"]


def test_unplugged_sensor_is_unknown_and_nothing_is_armed(
    node: AvrNode, listener
) -> None:
    node.sensor_mv(0)
    listener.until_event("unknown")
    answer = listener.ask(lambda request: fabnode.arm(request, JOB, 1))
    assert answer == fabnode.Refused("sensor")


def test_button_counts_once_a_press_and_only_when_held(node: AvrNode, listener) -> None:
    listener.events.clear()
    node.press_done(duration_ms=300)
    listener.for_s(0.6)
    assert listener.kinds() == []
    node.press_done(duration_ms=1_500)
    listener.until_event("done")
    listener.for_s(1.2)
    assert listener.kinds() == ["done"]


def test_fault_stays_until_done_is_pressed_at_the_machine(
    node: AvrNode, listener
) -> None:
    node.press_fault()
    listener.until_event("fault")
    assert listener.ask(lambda r: fabnode.arm(r, JOB, 1)) == fabnode.Refused("fault")
    listener.for_s(0.4)
    node.press_done()
    listener.until_event("cleared")
    assert not listener.ask_state().fault
    assert "done" not in listener.kinds()


def test_both_buttons_at_once_are_a_fault(node: AvrNode, listener) -> None:
    listener.events.clear()
    node.press_done()
    node.press_fault()
    listener.until_event("fault")
    listener.for_s(0.5)
    assert listener.kinds() == ["fault"]


def test_bouncing_counter_counts_each_piece_once(node: AvrNode, listener) -> None:
    node.count_pieces(12, each_ms=50, bounces=6)
    listener.for_s(1.5)
    assert listener.ask_state().pieces == 12
    listener.until(lambda talk: talk.events[-1].pieces == 12)
    told = [event.pieces for event in listener.events if event.kind == "pieces"]
    assert told == sorted(set(told))


def test_light_shows_that_a_job_runs(node: AvrNode, listener) -> None:
    assert listener.ask(lambda r: fabnode.arm(r, JOB, 1)) == fabnode.Ok()
    rises = node.stat()["led_rises"]
    listener.for_s(2.2)
    assert node.stat()["led_rises"] - rises in (2, 3)  # slow: armed, go ahead
    node.current(amperes=2.0)
    listener.until_event("started")
    listener.for_s(0.2)
    lit = node.stat()
    listener.for_s(1.2)
    assert node.stat()["led_rises"] == lit["led_rises"]
    assert lit["led"] == 1


def test_job_is_armed_once_and_never_again(node: AvrNode, listener) -> None:
    def arm(job: str) -> object:
        return listener.ask(lambda request: fabnode.arm(request, job, 2))

    assert arm(JOB) == fabnode.Ok()
    assert arm(JOB) == fabnode.Ok()
    assert arm("another") == fabnode.Refused("busy")
    node.press_done()
    ended = listener.until_event("ended")
    assert (ended.job, ended.why) == (JOB, "done")
    listener.until(lambda talk: talk.ask_state().unread == 0)
    assert arm(JOB) == fabnode.Refused("ended")
    assert arm("another") == fabnode.Ok()


def test_running_machine_is_not_armed(node: AvrNode, listener) -> None:
    node.current(amperes=2.0)
    listener.until_event("running")
    assert listener.ask(lambda r: fabnode.arm(r, JOB, 1)) == fabnode.Refused("running")


def test_wrong_commands_are_refused_with_their_reasons(listener) -> None:
    reason_of = {
        "arm under_score 1": "form",
        "arm job 1000001": "form",
        "arm job -1": "form",
        f"arm {'x' * 37} 1": "form",
        "arm": "form",
        "disarm": "form",
        "disarm nobody": "other",
        "adopt 0f0e0d0c-0b0a-4908-8706-05040302010f 9": "named",
        "tune 20 30 2500 185 1": "range",
        "tune 60 35 2500 0 1": "range",
        "tune 60 35 2500 185": "form",
        "fly": "verb",
    }
    for words, reason in reason_of.items():
        answer = listener.ask(lambda request, said=words: _said(request, said))
        assert answer == fabnode.Refused(reason), words


def _said(request: int, words: str) -> bytes:
    return frame(f"c {request} {words}")
