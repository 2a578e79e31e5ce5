"""What the EEPROM keeps: whole under any power cut, told in hello, and written rarely."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.commission import commission, usual
from firmware_bridge.dialects import fabnode, fabnode_settings
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.facts import Patience
from firmware_bridge.link import Link
from firmware_bridge.simulators.avr_node import AvrNode

NODE_UUID = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
STACK_LEAST_BYTES = 300
BEFORE, AFTER = 400, 900  # mV: thresholds that differ in both bytes


def test_settings_of_a_kind_are_told_and_outlive_the_power(eeprom: Path) -> None:
    told = usual("kiln", uuid=NODE_UUID, name="Kiln 2")
    with AvrNode(eeprom=eeprom, resets_on_open=False, speed=6.0) as node:
        node.heat(20)
        node.sensor_mv(2_437)  # resistors are never quite alike
        commission(node.port, told)
    with AvrNode(eeprom=eeprom, resets_on_open=False, speed=6.0) as node:
        node.heat(20)
        identity, status = commission(node.port, told)
    assert {"kind kiln", "name Kiln 2"} <= set(identity.options)
    assert "temperature" in identity.inputs
    assert status.alarm is None


def test_middle_of_the_clamp_is_measured(node: AvrNode, listener) -> None:
    node.do("sine 0 2437 30 50")
    listener.for_s(1.0)
    listener.link.close()
    commission(node.port, usual("sewing", uuid=NODE_UUID, name="S"))
    with Link(node.port, 115_200) as link:
        talk = FabnodeTalk(link, wall=WallClock(), patience=Patience())
        assert talk.ask_hello().zero_mv == pytest.approx(
            2_437, abs=8
        )  # the converter's step is 5


def test_power_cut_within_any_write_leaves_one_whole_copy(
    node: AvrNode, listener
) -> None:
    """In the midst of new settings, and of the boot number's step that follows."""
    _thresholds(listener, BEFORE)
    start = node.stat()["eeprom_writes"]
    _thresholds(listener, AFTER)
    of_settings = round(node.stat()["eeprom_writes"] - start)
    assert of_settings in range(4, 12)
    for cut_in in range(1, 2 * of_settings + 2):
        _thresholds(listener, BEFORE)
        before = listener.ask_hello()
        resets = node.stat()["resets"]
        node.do(f"cut {cut_in}")
        listener.link.write(_tune(7, AFTER))
        listener.for_s(0.3)
        node.power_cycle()  # what the settings did not use up, the boot number meets
        listener.for_s(0.5)
        node.do("cut 0")
        after = listener.ask_hello()
        assert node.stat()["resets"] > resets
        assert after.uuid == NODE_UUID
        assert after.identity in {"ok", "mended"}
        assert after.on_mv in {BEFORE, AFTER}
        assert after.boot > before.boot
        assert _fitted(after) == _fitted(before)


def test_settings_said_again_are_not_written_again(node: AvrNode, listener) -> None:
    _thresholds(listener, BEFORE)
    writes = node.stat()["eeprom_writes"]
    for _ in range(5):
        _thresholds(listener, BEFORE)
        listener.order(lambda r: fabnode_settings.heat(r, hot_c=0, cold_c=0))
    assert node.stat()["eeprom_writes"] == writes


def test_a_mad_host_wears_nothing_out(node: AvrNode, listener) -> None:
    answers = [
        listener.ask(lambda r, on_mv=100 + turn: _tune(r, on_mv)) for turn in range(20)
    ]
    assert answers[:16] == [fabnode.Ok()] * 16
    assert set(answers[16:]) == {fabnode.Refused("wear")}
    assert listener.ask_hello().on_mv == 115


def test_wrong_settings_are_refused(listener) -> None:
    with pytest.raises(ValueError, match="letters"):
        fabnode_settings.label(1, kind="drill", name="Säulenbohrmaschine")
    with pytest.raises(ValueError, match="cold_c"):
        fabnode_settings.heat(1, hot_c=40, cold_c=40)


def test_the_stack_has_room_after_all_it_can_do(node: AvrNode, listener) -> None:
    node.do("display 1")
    node.heat(900)
    listener.order(lambda r: fabnode_settings.heat(r, hot_c=60, cold_c=45))
    listener.order(lambda r: fabnode.arm(r, "x" * 36, 1_000_000))
    node.count_pieces(3)
    node.press_fault()
    listener.for_s(3.0)
    node.do("noise 100 3")
    listener.for_s(2.0)
    node.do("noise 0 3")
    free = listener.ask_hello().free_stack_bytes
    print(f"fabnode: {free} bytes of stack never used")
    assert free >= STACK_LEAST_BYTES


def _thresholds(talk: FabnodeTalk, on_mv: int) -> None:
    talk.order(lambda request: _tune(request, on_mv))


def _tune(request: int, on_mv: int) -> bytes:
    return fabnode_settings.tune(
        request, on_mv=on_mv, off_mv=35, zero_mv=2_500, mv_per_a=185, has_counter=True
    )


def _fitted(hello: fabnode.Hello) -> fabnode.Hello:
    """What the EEPROM says, without the threshold that the test changes."""
    return replace(
        hello,
        boot=0,
        on_mv=0,
        identity="ok",
        memory_kept=False,
        reset_cause=0,
        free_stack_bytes=0,
    )
