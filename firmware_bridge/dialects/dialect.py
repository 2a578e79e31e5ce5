"""What every dialect offers, so that a port can be asked which one it speaks."""

from typing import Protocol

from firmware_bridge.facts import DialectName


class Dialect(Protocol):
    """A pure module: it turns lines into replies and never touches a port."""

    @property
    def NAME(self) -> DialectName:  # noqa: N802 (a module's constant)
        """The dialect's name on the wire and in settings."""
        ...

    @property
    def BAUDS(self) -> tuple[int, ...]:  # noqa: N802 (a module's constant)
        """Usual baud rates, the likeliest first."""
        ...

    @property
    def PROBE(self) -> bytes:  # noqa: N802 (a module's constant)
        """A harmless question that only this firmware answers in its own words."""
        ...

    def recognises(self, line: bytes) -> bool:
        """Whether only this firmware says such a line (banner or probe's answer)."""
        ...


def shown(line: bytes, length_max: int = 80) -> str:
    """A reply fit for a message: printable, bounded."""
    text = line[:length_max].decode("ascii", "replace")
    return "".join(mark if mark.isprintable() else "?" for mark in text)
