"""Home Assistant and Sparkplug hear how machines are, and can start nothing."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.plant import Ear, Heard, Payload, plain_broker
from tests.integration.device_agents.stage import DEVICE, job, squares
from tests.waiting import wait_until

GROUP = "spBv1.0/fabcommons"
CONFIG = "homeassistant/device/mill-1/config"
STATE = f"fabcommons/{DEVICE}/mill-1/state"
HERE = f"fabcommons/{DEVICE}/here"


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    with plain_broker(tmp_path / "plant") as port:
        connected = wait_until(lambda: _ear(port), "the lab's broker listens")
        with closing(connected):
            connected.port = port  # type: ignore[attr-defined]
            yield connected


def _ear(port: int) -> Any:
    try:
        return Ear(port)
    except OSError:
        return None


def write(stage: Stage, ear: Any, table: str, *lines: str) -> None:
    """Add a table to agent.toml."""
    path = stage.agent.folder / "agent.toml"
    before = path.read_text().split(f"\n[{table}]")[0]
    words = [f"[{table}]", 'host = "127.0.0.1"', f"port = {ear.port}", *lines]
    path.write_text("\n".join([before.rstrip(), "", *words, ""]))


def newest(ear: Ear, topic: str) -> Any:
    told = [one.payload for one in ear.heard() if one.topic == topic]
    return json.loads(told[-1]) if told and told[-1] else None


def test_home_assistant_finds_machines_and_loses_them_when_switched_off(
    stage: Stage, ear: Ear
) -> None:
    write(stage, ear, "home_assistant")
    ear.say(
        "homeassistant/device/kettle/config", b'{"origin": {"name": "x"}}', retain=True
    )
    stage.agent.start()
    ear.wait_for(lambda one: one.topic == CONFIG, "the machine is announced")
    config = newest(ear, CONFIG)
    assert config["device"]["name"] == "Mill by the door"
    assert set(config["components"]) == {"state", "done", "left", "words"}
    for component in config["components"].values():
        assert component["platform"] == "sensor"
        assert "command_topic" not in component
    assert len({one["unique_id"] for one in config["components"].values()}) == 4
    assert [one["topic"] for one in config["availability"]] == [HERE, STATE]
    wait_until(lambda: (newest(ear, STATE) or {}).get("state") == "idle", "it is idle")
    stage.hub.send(job(stage.files.put(squares(400))))
    stage.agent.arm("job-0001")
    ear.wait_for(
        lambda one: (
            one.topic == STATE
            and (told := json.loads(one.payload))["state"] == "running"
            and 0 < (told["done_percent"] or 0) < 100
            and told["remaining_s"] > 0
        ),
        "it runs",
    )
    stage.agent.kill()
    wait_until(
        lambda: (
            [one.payload for one in ear.heard() if one.topic == HERE][-1:]
            == [b"offline"]
        ),
        "the broker tells that the agent is gone",
    )
    write(stage, ear, "home_assistant", "on = false")
    ear.forget()
    stage.agent.start()
    for topic in (CONFIG, STATE, HERE):
        ear.wait_for(
            lambda one, topic=topic: one.topic == topic and not one.payload,
            f"{topic} is taken back",
        )
    with closing(Ear(ear.port)) as late:  # type: ignore[attr-defined]
        late.wait_for(lambda one: "kettle" in one.topic, "another's is left alone")
        assert [one.topic for one in late.heard()] == [
            "homeassistant/device/kettle/config"
        ]


def of_kind(ear: Ear, *kinds: str) -> list[Heard]:
    return [
        one for one in ear.heard() if one.topic.startswith(GROUP) and one.kind in kinds
    ]


def rebirth(ear: Ear) -> None:
    """As a host asks for it, in Google's encoding."""
    payload = Payload(timestamp=1)
    payload.metrics.add(name="Node Control/Rebirth", datatype=11, boolean_value=True)
    ear.say(f"{GROUP}/NCMD/{DEVICE}", payload.SerializeToString())


def test_sparkplug_is_born_tells_by_alias_is_born_again_and_dies(
    stage: Stage, ear: Ear
) -> None:
    write(stage, ear, "sparkplug")
    stage.agent.start()
    node = ear.wait_for(
        lambda one: one.topic == f"{GROUP}/NBIRTH/{DEVICE}", "the node is born"
    )
    assert (node.qos, node.retained, node.sparkplug.seq) == (0, False, 0)
    assert node.metrics()["Node Control/Rebirth"] is False
    born = ear.wait_for(
        lambda one: one.topic == f"{GROUP}/DBIRTH/{DEVICE}/mill-1", "a machine is born"
    )
    assert (born.metrics()["State"], born.metrics()["Job/Id"]) == ("idle", None)
    assert born.metrics()["Properties/Name"] == "Mill by the door"
    aliases = {f"#{one.alias}": one.name for one in born.sparkplug.metrics if one.alias}
    stage.hub.send(job(stage.files.put(squares(400))))
    stage.agent.arm("job-0001")
    seen: dict[str, object] = {}

    def runs() -> bool:
        for one in of_kind(ear, "DDATA"):
            seen.update({aliases[name]: told for name, told in one.metrics().items()})
        return seen.get("State") == "running" and float(str(seen["Job/Done"])) > 0

    wait_until(runs, "it runs")
    assert seen["Job/Id"] == "job-0001"
    rebirth(ear)
    wait_until(lambda: len(of_kind(ear, "DBIRTH")) == 2, "it is born again")
    assert [one.sparkplug.seq for one in of_kind(ear, "NBIRTH")] == [0, 0]
    follow: list[int] = []
    for one in of_kind(ear, "NBIRTH", "DBIRTH", "DDATA"):
        number = one.sparkplug.seq
        assert one.kind == "NBIRTH" or number == (follow[-1] + 1) % 256
        follow.append(number)
    stage.boards.host.unplug("mill-1")
    death = ear.wait_for(
        lambda one: one.topic.startswith(f"{GROUP}/DDEATH"), "unplugged"
    )
    assert death.topic.endswith("/mill-1")
    stage.agent.kill()
    last = ear.wait_for(lambda one: one.topic.startswith(f"{GROUP}/NDEATH"), "killed")
    assert last.metrics() == {"bdSeq": node.metrics()["bdSeq"]}
    assert not last.sparkplug.HasField("seq")
    ear.forget()
    stage.agent.start()
    again = ear.wait_for(lambda one: one.topic.startswith(f"{GROUP}/NBIRTH"), "again")
    assert again.metrics()["bdSeq"] == int(str(node.metrics()["bdSeq"])) + 1


def test_sparkplug_waits_for_its_primary_host_and_goes_with_it(
    stage: Stage, ear: Ear
) -> None:
    def state(online: bool, at: int) -> None:
        told = json.dumps({"online": online, "timestamp": at}).encode()
        ear.say("spBv1.0/STATE/scada", told, retain=True)

    write(stage, ear, "sparkplug", 'primary_host = "scada"')
    state(False, 1)
    stage.agent.start()
    stage.agent.wait_for("idle")
    assert not of_kind(ear, "NBIRTH", "DBIRTH")
    state(True, 5)
    ear.wait_for(
        lambda one: one.topic.startswith(f"{GROUP}/DBIRTH"), "the host is there"
    )
    state(False, 4)  # an older word, late
    rebirth(ear)
    wait_until(lambda: len(of_kind(ear, "NBIRTH")) == 2, "it is still there")
    assert not of_kind(ear, "NDEATH")
    state(False, 6)
    wait_until(lambda: of_kind(ear, "NDEATH"), "it goes with its host")
    state(True, 7)
    wait_until(lambda: len(of_kind(ear, "NBIRTH")) == 3, "and comes back")
    numbers = [one.metrics()["bdSeq"] for one in of_kind(ear, "NBIRTH")]
    assert numbers[0] == numbers[1] != numbers[2]
    poison = b'{"online": true, "timestamp": Infinity}'
    ear.say("spBv1.0/STATE/scada", poison)
    wait_until(lambda: len(of_kind(ear, "NBIRTH")) == 4, "the bridge comes back")
    assert stage.agent.machine()["state"] == "idle"


def test_nothing_that_is_said_to_a_bridge_moves_a_machine(
    stage: Stage, ear: Ear
) -> None:
    write(stage, ear, "sparkplug")
    write(stage, ear, "home_assistant")
    stage.agent.start()
    stage.hub.send(job(stage.files.put(squares(2))))
    stage.agent.wait_for("needs-arming")
    ear.wait_for(lambda one: one.topic.startswith(f"{GROUP}/DBIRTH"), "both speak")
    ear.wait_for(lambda one: one.topic == CONFIG, "both speak")
    order = Payload(timestamp=1)
    order.metrics.add(name="State", alias=1, datatype=12, string_value="running")
    for topic in (
        f"{GROUP}/DCMD/{DEVICE}/mill-1",
        f"{GROUP}/NCMD/{DEVICE}",
        f"{STATE}/set",
        STATE,
    ):
        for payload in (order.SerializeToString(), b"\xff" * 40, b"", b'{"state":1}'):
            ear.say(topic, payload)
    rebirth(ear)  # whoever answers this has read what came before it
    wait_until(lambda: len(of_kind(ear, "NBIRTH")) == 2, "the node has read it all")
    assert stage.agent.machine()["state"] == "needs-arming"
    assert stage.boards.oracle("mill-1")["programs_started"] == 0
