"""The real image at a kiln: current and temperature together say whether it works."""

import pytest

from firmware_bridge.dialects import fabnode, fabnode_settings
from firmware_bridge.simulators.avr_node import AvrNode

JUDGED_S = 1.6  # four readings, 250 ms apart, and some air
OPEN, TO_GROUND, TO_SUPPLY = 0x00010001, 0x00010002, 0x00010004  # MAX31855's faults
BROKEN_WORDS = {
    "wire open": OPEN,
    "wire at ground": TO_GROUND,
    "wire at 5 V": TO_SUPPLY,
    "chip away": 0xFFFFFFFF,
    "data line at ground": 0,
    "a bit that is always zero": 1000 << 20 | 1 << 17,
}


@pytest.fixture
def kiln(node: AvrNode, listener):
    """A conversation with a kiln's node: hot from 60 °C, cold again at 45."""
    node.heat(21)
    listener.order(lambda r: fabnode_settings.heat(r, hot_c=60, cold_c=45))
    listener.for_s(JUDGED_S)
    listener.events.clear()
    return listener


def test_heat_alone_is_work_with_hysteresis(node: AvrNode, kiln) -> None:
    for celsius, activity in (
        (59, "idle"),
        (61, "running"),
        (46, "running"),
        (44, "idle"),
        (59, "idle"),
    ):
        node.heat(celsius)
        kiln.for_s(JUDGED_S)
        state = kiln.ask_state()
        assert (state.celsius, state.activity) == (celsius, activity)
    assert kiln.kinds() == ["running", "idle"]


def test_a_firing_is_one_run_while_its_thermostat_switches(node: AvrNode, kiln) -> None:
    node.current(amperes=2.0)
    kiln.until_event("running")
    node.heat(1_285.75)
    for amperes in (0, 2.0, 0):
        node.current(amperes=amperes)
        kiln.for_s(1.5)
        assert kiln.ask_state().activity == "running"
    assert kiln.status.temperatures_c == {"chamber": 1_285.0}
    assert kiln.status.note == "about 1280 °C"
    node.heat(40)
    kiln.until_event("idle")
    assert kiln.kinds() == ["running", "idle"]


def test_frost_is_read_as_such(node: AvrNode, kiln) -> None:
    node.heat(-7.5)
    kiln.for_s(0.6)
    assert kiln.ask_state().celsius == -8


@pytest.mark.parametrize("word", BROKEN_WORDS.values(), ids=BROKEN_WORDS)
def test_broken_thermocouple_is_no_rest(node: AvrNode, kiln, word: int) -> None:
    node.do(f"heatword {word:x}")
    kiln.until_event("unknown")
    state = kiln.ask_state()
    assert (state.celsius, state.is_heat_broken) == (None, True)
    assert kiln.ask(lambda r: fabnode.arm(r, "job", 1)) == fabnode.Refused("sensor")
    assert "thermocouple" in kiln.status.note
    node.current(amperes=2.0)  # a sign of work is one, whatever else is broken
    kiln.until_event("running")


def test_one_bad_reading_changes_nothing(node: AvrNode, kiln) -> None:
    for _ in range(3):
        node.do(f"heatword {OPEN:x}")
        kiln.for_s(0.3)
        node.heat(21)
        kiln.for_s(0.6)
    assert kiln.kinds() == []
