"""A broker of the lab's own, somebody who listens there, and a decoder not of ours.

The decoder is Google's, told the messages of Tahu's sparkplug_b.proto that are used.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.waiting import free_port, wait_until

_SCALARS = {
    "Metric": (
        ("name", 1, "STRING"),
        ("alias", 2, "UINT64"),
        ("timestamp", 3, "UINT64"),
        ("datatype", 4, "UINT32"),
        ("is_null", 7, "BOOL"),
        ("int_value", 10, "UINT32"),
        ("long_value", 11, "UINT64"),
        ("float_value", 12, "FLOAT"),
        ("double_value", 13, "DOUBLE"),
        ("boolean_value", 14, "BOOL"),
        ("string_value", 15, "STRING"),
    ),
    "Payload": (("timestamp", 1, "UINT64"), ("seq", 3, "UINT64")),
}


def _payload_class() -> Any:
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="tahu.proto", package="tahu")
    for message, fields in _SCALARS.items():
        made = file.message_type.add(name=message)
        for name, number, kind in fields:
            made.field.add(
                name=name,
                number=number,
                label=kinds.LABEL_OPTIONAL,
                type=getattr(kinds, f"TYPE_{kind}"),
            )
    made.field.add(
        name="metrics",
        number=2,
        label=kinds.LABEL_REPEATED,
        type=kinds.TYPE_MESSAGE,
        type_name=".tahu.Metric",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName("tahu.Payload")
    return message_factory.GetMessageClass(found)


Payload = _payload_class()


def value_of(metric: Any) -> object:
    """The metric's value, whichever of its fields holds it."""
    if metric.is_null:
        return None
    for field, value in metric.ListFields():
        if field.name.endswith("_value"):
            return value
    raise AssertionError(f"no value: {metric}")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One message as it came."""

    topic: str
    payload: bytes
    retained: bool
    qos: int

    @property
    def kind(self) -> str:
        return self.topic.split("/")[2]

    @property
    def sparkplug(self) -> Any:
        return Payload.FromString(self.payload)

    def metrics(self) -> dict[str, object]:
        """By name, or by alias where there is no name."""
        return {
            metric.name or f"#{metric.alias}": value_of(metric)
            for metric in self.sparkplug.metrics
        }


class Ear:
    """Hears everything at a broker, and may say something."""

    def __init__(self, port: int) -> None:
        self._heard: list[Heard] = []
        self._lock = threading.Lock()
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        self.client.on_connect = lambda *_: self.client.subscribe("#", qos=1)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def heard(self) -> list[Heard]:
        with self._lock:
            return list(self._heard)

    def wait_for(self, fits: Callable[[Heard], object], what: str) -> Heard:
        return wait_until(
            lambda: next((one for one in self.heard() if fits(one)), None), what, 40
        )  # type: ignore[return-value]

    def forget(self) -> None:
        with self._lock:
            self._heard.clear()

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        heard = Heard(
            topic=message.topic,
            payload=bytes(message.payload),
            retained=message.retain,
            qos=message.qos,
        )
        with self._lock:
            self._heard.append(heard)


@contextmanager
def plain_broker(folder: Path) -> Iterator[int]:
    """A mosquitto that lets everybody in, as many homes have it; its port."""
    port = free_port()
    folder.mkdir()
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\n"
    )
    command = [
        shutil.which("mosquitto") or "mosquitto",
        "-c",
        folder / "mosquitto.conf",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.kill()
        process.wait()
