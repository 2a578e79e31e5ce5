"""An edge node of Sparkplug B 3.0 whose devices are the machines.

https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf
The one command that is heard is the rebirth request: devices take none (no DCMD).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from device_agents.bridges.protobuf import (
    bytes_field,
    double_field,
    fields,
    varint_field,
)
from device_agents.bridges.voice import Letter, News, Say
from device_agents.contract.messages import Capability, MachineState

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"
INT64, DOUBLE, BOOLEAN, STRING = 4, 10, 11, 12  # data types of the specification
TIMES = 256  # sequence numbers go round

type Metric = str | float | bool | None

# metric: (data type, what of the state it is)
METRICS: dict[str, tuple[int, Callable[[MachineState], Metric]]] = {
    "State": (STRING, lambda news: news.state),
    "Job/Id": (STRING, lambda news: news.job_id),
    "Job/Done": (DOUBLE, lambda news: news.done),
    "Job/Remaining s": (DOUBLE, lambda news: news.remaining_s),
    "Temperature/Nozzle C": (DOUBLE, lambda news: news.nozzle_c),
    "Temperature/Bed C": (DOUBLE, lambda news: news.bed_c),
    "Message": (STRING, lambda news: news.text),
}


class Sparkplug:
    """One agent as an edge node. `connects` numbers its connections, over restarts."""

    def __init__(
        self,
        *,
        group: str,
        node: str,
        version: str,
        connects: Callable[[], int],
        now: Callable[[], datetime],
        primary_host: str | None = None,
    ) -> None:
        self._group, self._node, self._version = group, node, version
        self._connects, self._now = connects, now
        self._host = primary_host
        self._state_topic = f"{NAMESPACE}/STATE/{primary_host}"
        self._capabilities: dict[str, Capability] = {}
        self._told: dict[str, MachineState] = {}  # of devices that are born
        self._bd_seq = 0
        self._begin()

    def will(self) -> Letter:
        self._bd_seq = self._connects() % TIMES
        self._begin()
        return self._death()

    def ears(self) -> Sequence[str]:
        hears = [f"{NAMESPACE}/{self._group}/NCMD/{self._node}"]
        return (*hears, self._state_topic) if self._host else hears

    def greet(self, say: Say) -> bool:
        return self._host is None and self._be_born(say)

    def tell(self, news: News, say: Say) -> None:
        if isinstance(news, Capability):
            if self._capabilities.get(news.machine_id) != news:
                self._capabilities[news.machine_id] = news
                self._told.pop(news.machine_id, None)  # what it is changed: born anew
            return
        if not self._is_born:
            return
        before = self._told.get(news.machine_id)
        if news.state == "offline":
            if self._told.pop(news.machine_id, None) is not None:
                say(self._letter("DDEATH", news.machine_id, b"", news.observed_at))
            return
        self._told[news.machine_id] = news
        kind = "DBIRTH" if before is None else "DDATA"
        body = self._birth_of(news) if before is None else _change_of(before, news)
        if body:
            say(self._letter(kind, news.machine_id, body, news.observed_at))

    def heard(self, letter: Letter, say: Say) -> bool:
        if letter.topic == self._state_topic:
            return self._host_said(letter.payload, say)
        return self._is_born and _asks_rebirth(letter.payload) and self._be_born(say)

    def wants_to_leave(self) -> bool:
        return self._host_left

    def is_over(self) -> bool:
        return False

    def farewell(self, say: Say) -> None:
        if self._is_born:
            say(self._death())

    def _begin(self) -> None:
        """A connection to come: nothing of it was said yet."""
        self._sequence = 0
        self._is_born = self._host_left = False
        self._host_since = -1
        self._told.clear()

    def _host_said(self, payload: bytes, say: Say) -> bool:
        """Speak only while the primary host listens; go when it leaves."""
        try:
            told = json.loads(payload)
            online, at = told["online"] is True, int(told["timestamp"])
        except (ValueError, LookupError, TypeError):
            return False
        if at < self._host_since:
            return False  # an older word, late
        self._host_since = at
        if online:
            return not self._is_born and self._be_born(say)
        self._host_left = self._is_born
        return False

    def _be_born(self, say: Say) -> bool:
        """NBIRTH begins the numbers anew; every device is born after it."""
        now = self._now()
        self._sequence, self._is_born = 0, True
        self._told.clear()
        body = (
            self._bd_metric(now)
            + _metric(REBIRTH, BOOLEAN, False, now)
            + _metric("Properties/Agent version", STRING, self._version, now)
        )
        say(self._letter("NBIRTH", None, body, now))
        return True

    def _birth_of(self, news: MachineState) -> bytes:
        at = news.observed_at
        body = b""
        for alias, (name, (kind, value)) in enumerate(METRICS.items(), start=1):
            body += _metric(name, kind, value(news), at, alias=alias)
        machine = self._capabilities.get(news.machine_id)
        if machine is not None:
            body += _metric("Properties/Name", STRING, machine.name, at)
            body += _metric("Properties/Kind", STRING, machine.machine_kind, at)
            body += _metric("Properties/Firmware", STRING, machine.firmware, at)
        return body

    def _death(self) -> Letter:
        now = self._now()
        topic = f"{NAMESPACE}/{self._group}/NDEATH/{self._node}"
        payload = varint_field(1, _ms(now)) + self._bd_metric(now)
        return Letter(topic=topic, payload=payload, qos=1)

    def _bd_metric(self, now: datetime) -> bytes:
        return _metric(BD_SEQ, INT64, self._bd_seq, now)

    def _letter(
        self, kind: str, device: str | None, body: bytes, at: datetime
    ) -> Letter:
        topic = f"{NAMESPACE}/{self._group}/{kind}/{self._node}"
        payload = varint_field(1, _ms(at)) + body + varint_field(3, self._sequence)
        self._sequence = (self._sequence + 1) % TIMES
        return Letter(topic=f"{topic}/{device}" if device else topic, payload=payload)


def _change_of(before: MachineState, news: MachineState) -> bytes:
    """The metrics that changed, by alias."""
    body = b""
    for alias, (kind, value) in enumerate(METRICS.values(), start=1):
        if value(news) != value(before):
            body += _metric(None, kind, value(news), news.observed_at, alias=alias)
    return body


def _metric(
    name: str | None,
    kind: int,
    value: Metric,
    at: datetime,
    *,
    alias: int | None = None,
) -> bytes:
    """Field 2 of a payload: a metric as in Tahu's sparkplug_b.proto."""
    parts = b"" if name is None else bytes_field(1, name.encode())
    parts += b"" if alias is None else varint_field(2, alias)
    parts += varint_field(3, _ms(at)) + varint_field(4, kind)
    match value:
        case None:
            parts += varint_field(7, 1)
        case bool():
            parts += varint_field(14, int(value))
        case str():
            parts += bytes_field(15, value.encode())
        case int() if kind == INT64:
            parts += varint_field(11, value)
        case _:
            parts += double_field(13, value)
    return bytes_field(2, parts)


def _asks_rebirth(payload: bytes) -> bool:
    """Whether an NCMD sets the rebirth metric; whatever else it says is passed over."""
    try:
        for number, metric in fields(payload):
            if number == 2 and isinstance(metric, bytes):
                told = dict(fields(metric))
                if told.get(1) == REBIRTH.encode() and told.get(14) == 1:
                    return True
    except ValueError:
        return False
    return False


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
