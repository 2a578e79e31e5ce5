"""A link to the slave side of a pseudo-terminal whose other end the test holds."""

import os
import tty
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from firmware_bridge.errors import LinkLostError
from firmware_bridge.link import Link

LONG_S = 3600.0


@pytest.fixture
def ends() -> Iterator[tuple[Link, int]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    with Link(os.ttyname(slave), 115200) as link:
        os.close(slave)
        yield link, master
    os.close(master)


def test_a_waiting_reader_looks_round_when_woken(ends: tuple[Link, int]) -> None:
    """A wish of another thread, to stop at once for one, must not wait for a line."""
    link, _ = ends
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(link.read_line, LONG_S)
        link.wake()
        assert read.result(timeout=20) is None


def test_lines_arrive_whole_however_they_come(ends: tuple[Link, int]) -> None:
    link, master = ends
    os.write(master, b"o")
    assert link.read_line(0.0) is None
    os.write(master, b"k\r\n\r\nok\n<Id")
    assert link.read_line(LONG_S) == b"ok"
    assert link.read_line(LONG_S) == b"ok"
    assert link.read_ready() is None
    os.write(master, b"le>\n")
    assert link.read_line(LONG_S) == b"<Idle>"


def test_more_than_the_system_holds_is_written_in_order(
    ends: tuple[Link, int],
) -> None:
    link, master = ends
    sent = b"".join(b"%06d\n" % number for number in range(20_000))
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(link.write, sent)
        came = b""
        while len(came) < len(sent):
            came += os.read(master, 4096)
        written.result(timeout=20)
    assert came == sent


def test_closed_by_us_is_lost_not_silent(ends: tuple[Link, int]) -> None:
    link, _ = ends
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(link.read_line, LONG_S)
        link.close()
        with pytest.raises(LinkLostError):
            read.result(timeout=20)
    link.wake()
    link.close()
    with pytest.raises(LinkLostError):
        link.write(b"?")
