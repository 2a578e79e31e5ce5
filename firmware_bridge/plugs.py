"""When a cable was plugged in or pulled out: by the kernel's word, else by looking.

The kernel tells each device that comes and goes over a netlink socket (group 1, its
`lib/kobject_uevent.c`), and udev tells it again when names and rights are set (group 2,
systemd's `sd-device-monitor`). Where neither is heard, as in containers and on other
systems, the ports are looked at.
"""

import contextlib
import select
import socket
from collections.abc import Iterable
from pathlib import Path

from firmware_bridge.clock import Clock, WallClock

LOOK_S = 0.5  # wall, between two looks

_UEVENTS = 15  # NETLINK_KOBJECT_UEVENT
_FROM_KERNEL_AND_UDEV = 1 | 2
_ABOUT_A_PORT = b"SUBSYSTEM=tty\0"
_EVENT_BYTES = 65_536
_DEVICES = ("ttyUSB*", "ttyACM*", "serial/by-id/*", "serial/by-path/*")

type _Seen = frozenset[tuple[str, int, int]]


class Plugs:
    """What came and went since the last look. Used by one thread."""

    def __init__(
        self,
        ports: Iterable[str] = (),
        *,
        folder: Path = Path("/dev"),
        wall: Clock | None = None,
    ) -> None:
        """`ports`: further ones to look at, besides what USB cables make in `folder`."""
        self._ports = tuple(ports)
        self._folder = folder
        self._wall = wall or WallClock()
        self._events = _events()
        self._seen = self._look()

    def close(self) -> None:
        """Listen no more."""
        if self._events is not None:
            self._events.close()

    def changed(self) -> bool:
        """Wait for at most LOOK_S; whether a port came or went meanwhile."""
        told = self._told()
        seen, self._seen = self._seen, self._look()
        return told or seen != self._seen

    def _told(self) -> bool:
        if self._events is None:
            self._wall.sleep(LOOK_S)
            return False
        until_s = self._wall.monotonic_s() + LOOK_S
        while (left_s := until_s - self._wall.monotonic_s()) > 0:
            if not select.select([self._events], [], [], left_s)[0]:
                return False
            with contextlib.suppress(OSError):  # too many to keep: the look will tell
                if _ABOUT_A_PORT in self._events.recv(_EVENT_BYTES):
                    return True
        return False

    def _look(self) -> _Seen:
        paths = [Path(port) for port in self._ports]
        for pattern in _DEVICES:
            paths += self._folder.glob(pattern)
        seen = set()
        for path in paths:
            with contextlib.suppress(OSError):
                found = path.stat()
                seen.add((str(path), found.st_rdev, found.st_ino))
        return frozenset(seen)


def _events() -> socket.socket | None:
    """The kernel's and udev's events, where there are any to be had."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return None
    try:
        events = socket.socket(family, socket.SOCK_DGRAM, _UEVENTS)
        events.bind((0, _FROM_KERNEL_AND_UDEV))
    except OSError:
        return None
    return events
