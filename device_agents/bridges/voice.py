"""How a bridge speaks: what it says at which moment, whatever carries it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from device_agents.contract.messages import Capability, MachineState

type News = Capability | MachineState


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One MQTT message."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


type Say = Callable[[Letter], None]


class Voice(Protocol):
    """One language. All methods are called from one thread."""

    def will(self) -> Letter:
        """What the broker says when the connection to come is lost."""
        ...

    def ears(self) -> Sequence[str]:
        """Topic filters to listen to."""
        ...

    def greet(self, say: Say) -> bool:
        """The connection is there; True: all news are to be told again."""
        ...

    def tell(self, news: News, say: Say) -> None:
        """A machine is so now."""
        ...

    def heard(self, letter: Letter, say: Say) -> bool:
        """Something was said; True: all news are to be told again."""
        ...

    def wants_to_leave(self) -> bool:
        """Whether this connection is to be ended."""
        ...

    def is_over(self) -> bool:
        """Whether no further one is wanted."""
        ...

    def farewell(self, say: Say) -> None:
        """Last words before an orderly end."""
        ...
