"""Home Assistant finds the machines by itself: MQTT discovery, by device.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
Everything is a sensor: nothing here can be pressed.
"""

import json
from collections.abc import Sequence
from typing import Any

from device_agents.bridges.voice import Letter, News, Say
from device_agents.contract.messages import Capability, MachineState

ORIGIN = "Fabcommons"
SUPPORT = "https://www.home-assistant.io/integrations/mqtt/"
STATES = (
    *("idle", "needs-arming", "needs-clearing", "running"),
    *("paused", "alarm", "offline", "unknown"),
)
KINDS = {
    "fdm-printer": "3D printer",
    "cnc-mill": "Milling machine",
    "laser-cutter": "Laser cutter",
    "pen-plotter": "Pen plotter",
    "other": "Machine",
}
_TEMPERATURE = {
    "device_class": "temperature",
    "state_class": "measurement",
    "unit_of_measurement": "°C",
}
# unique name within the machine: (what people read, key of the state, the rest)
SENSORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "state": ("State", "state", {"device_class": "enum", "options": list(STATES)}),
    "done": ("Done", "done_percent", {"unit_of_measurement": "%"}),
    "left": (
        "Time left",
        "remaining_s",
        {"device_class": "duration", "unit_of_measurement": "s"},
    ),
    "nozzle": ("Nozzle", "nozzle_c", _TEMPERATURE),
    "bed": ("Bed", "bed_c", _TEMPERATURE),
    "words": ("Message", "text", {"entity_category": "diagnostic"}),
}


class HomeAssistant:
    """One agent's machines for one Home Assistant.

    `speaks` False: it was switched off, and what it had said is taken back.
    """

    def __init__(
        self,
        device_id: str,
        machines: Sequence[str],
        *,
        version: str,
        prefix: str,
        speaks: bool,
    ) -> None:
        self._device_id = device_id
        self._machines = frozenset(machines if speaks else ())
        self._version = version
        self._prefix = prefix
        self._speaks = speaks
        self._root = f"fabcommons/{device_id}"
        self._here = f"{self._root}/here"
        self._done = False

    def will(self) -> Letter:
        return Letter(topic=self._here, payload=b"offline", qos=1, retain=True)

    def ears(self) -> Sequence[str]:
        """What is kept from earlier: a machine that is no more is taken back."""
        return (f"{self._prefix}/device/+/config", f"{self._root}/end")

    def greet(self, say: Say) -> bool:
        if self._speaks:
            say(Letter(topic=self._here, payload=b"online", qos=1, retain=True))
            return True
        # The broker sends what it keeps before it answers to our own word.
        say(Letter(topic=f"{self._root}/end", payload=b"end", qos=1))
        return False

    def tell(self, news: News, say: Say) -> None:
        if not self._speaks:
            return
        if isinstance(news, Capability):
            topic, told = self._config_topic(news.machine_id), self._config_of(news)
        else:
            topic, told = self._state_topic(news.machine_id), _state_of(news)
        payload = json.dumps(told, ensure_ascii=False).encode()
        say(Letter(topic=topic, payload=payload, qos=1, retain=True))

    def heard(self, letter: Letter, say: Say) -> bool:
        if letter.topic == f"{self._root}/end":
            say(Letter(topic=self._here, payload=b"", qos=1, retain=True))
            self._done = True
            return False
        machine_id = letter.topic.removeprefix(f"{self._prefix}/device/")
        machine_id = machine_id.removesuffix("/config")
        if machine_id in self._machines or not self._is_ours(letter.payload):
            return False
        for topic in (self._config_topic(machine_id), self._state_topic(machine_id)):
            say(Letter(topic=topic, payload=b"", qos=1, retain=True))
        return False

    def wants_to_leave(self) -> bool:
        return self._done

    def is_over(self) -> bool:
        return self._done

    def farewell(self, say: Say) -> None:
        if self._speaks:
            say(self.will())

    def _is_ours(self, payload: bytes) -> bool:
        try:
            config = json.loads(payload)
            name, topic = config["origin"]["name"], config["state_topic"]
        except (ValueError, LookupError, TypeError):
            return False
        return name == ORIGIN and str(topic).startswith(f"{self._root}/")

    def _config_topic(self, machine_id: str) -> str:
        return f"{self._prefix}/device/{machine_id}/config"

    def _state_topic(self, machine_id: str) -> str:
        return f"{self._root}/{machine_id}/state"

    def _config_of(self, machine: Capability) -> dict[str, Any]:
        state_topic = self._state_topic(machine.machine_id)
        unheated = {"nozzle": machine.nozzle_max_c, "bed": machine.bed_max_c}
        away = "{{ 'offline' if value_json.state == 'offline' else 'online' }}"
        return {
            "device": {
                "identifiers": [machine.machine_id],
                "name": machine.name,
                "model": KINDS[machine.machine_kind],
                "sw_version": machine.firmware,
            },
            "origin": {
                "name": ORIGIN,
                "sw_version": self._version,
                "support_url": SUPPORT,
            },
            "state_topic": state_topic,
            "qos": 1,
            "availability": [
                {"topic": self._here},
                {"topic": state_topic, "value_template": away},
            ],
            "availability_mode": "all",
            "components": {
                name: {
                    "platform": "sensor",
                    "unique_id": f"{machine.machine_id}-{name}",
                    "name": words,
                    "value_template": f"{{{{ value_json.{key} }}}}",
                    **rest,
                }
                for name, (words, key, rest) in SENSORS.items()
                if unheated.get(name, 0) is not None
            },
        }


def _state_of(news: MachineState) -> dict[str, Any]:
    return {
        "state": news.state,
        "done_percent": None if news.done is None else round(100 * news.done, 1),
        "remaining_s": None if news.remaining_s is None else round(news.remaining_s),
        "nozzle_c": news.nozzle_c,
        "bed_c": news.bed_c,
        "text": news.text or "",
        "observed_at": news.observed_at.isoformat(),
    }
