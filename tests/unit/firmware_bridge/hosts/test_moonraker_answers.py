"""What is read from Moonraker's answers, right or wrong."""

from typing import Any

import pytest

from firmware_bridge.clock import WallClock
from firmware_bridge.errors import BridgeError, HostAnswerError, HostVersionError
from firmware_bridge.facts import MachineState, Patience
from firmware_bridge.hosts.moonraker import Moonraker
from firmware_bridge.hosts.web import Answer, Web
from firmware_bridge.space import Box

READY = {"moonraker_version": "0.11.0", "klippy_state": "ready"}


class Answers(Web):
    """Says what it is given, by path."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__("http://127.0.0.1:1", key=None, patience=Patience())
        self._told = told

    def get(self, path: str, **query: str) -> Answer:
        return {"result": self._told.get(path.partition("?")[0], {})}


def moonraker(server: dict[str, Any], status: dict[str, Any]) -> Moonraker:
    told = {"/server/info": server, "/printer/objects/query": {"status": status}}
    return Moonraker(Answers(told), wall=WallClock(), patience=Patience())


def box(kinematics: str, low: list[float], high: list[float]) -> Box | None:
    settings = {"printer": {"kinematics": kinematics}}
    toolhead = {"axis_minimum": low, "axis_maximum": high}
    status = {"configfile": {"settings": settings}, "toolhead": toolhead}
    return moonraker(READY, status).identify().work_envelope_mm


def test_room_is_never_under_the_bed_nor_off_a_round_one() -> None:
    assert box("corexy", [0, -5, -3, 0], [220, 230, 250, 0]) == Box(
        min_mm=(0, -5, 0), max_mm=(220, 230, 250)
    )
    round_bed = box("delta", [-100, -100, -5, 0], [100, 100, 300, 0])
    assert round_bed is not None
    assert round_bed.max_mm[0] == pytest.approx(70.7107)
    assert round_bed.min_mm[2] == 0
    assert box("corexy", [0, 0], [220, 230, 250]) is None
    assert box("corexy", [9, 0, 0], [0, 230, 250]) is None
    assert box("corexy", [0, 0, float("nan")], [1, 1, 1]) is None


@pytest.mark.parametrize(
    ("server", "error", "words"),
    [
        ({}, HostAnswerError, "is not a Moonraker"),
        ({"moonraker_version": 7}, HostAnswerError, "is not a Moonraker"),
        ({"moonraker_version": "v0.8.0-3-g1"}, HostVersionError, "we need 0.9"),
        (
            {**READY, "missing_klippy_requirements": ["virtual_sdcard"]},
            HostAnswerError,
            r"lacks \[virtual_sdcard\]",
        ),
    ],
)
def test_wrong_server_is_named(
    server: dict[str, Any], error: type[BridgeError], words: str
) -> None:
    with pytest.raises(error, match=words):
        moonraker(server, {}).identify()


@pytest.mark.parametrize(
    ("klippy", "job", "state"),
    [
        ("ready", "printing", MachineState.RUNNING),
        ("ready", "complete", MachineState.IDLE),
        ("ready", "dancing", MachineState.UNKNOWN),
        ("startup", "printing", MachineState.OFFLINE),
        ("shutdown", "printing", MachineState.ALARM),
        ("", "printing", MachineState.UNKNOWN),
    ],
)
def test_state_is_klippers_before_the_jobs(
    klippy: str, job: str, state: MachineState
) -> None:
    host = moonraker({"klippy_state": klippy}, {"print_stats": {"state": job}})
    assert host.look().state is state
