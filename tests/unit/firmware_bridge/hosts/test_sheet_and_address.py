"""What is laid before a server, and how a server is named."""

import hashlib

import pytest

from firmware_bridge.gcode import Program
from firmware_bridge.hosts.address import host_address
from firmware_bridge.hosts.sheet import Sheet

HEAD = b"G90\nM82\nM220 S100\nM221 S100\n"


def test_sheet_is_our_modes_and_the_code_alone() -> None:
    program = Program(source=b"; @pause\nG1 X1 (here)\n\nn5 g1 y2 ; on\nM117 a;b\n")
    sheet = Sheet.of(program)
    whole = b"".join(sheet.chunks())
    assert whole == HEAD + b"G1 X1\nG1 Y2\nM117 a\n"
    assert sheet.size_bytes == len(whole)
    assert sheet.sha256 == hashlib.sha256(whole).hexdigest()
    assert sheet.lines_total == 3
    ends = [place for place in range(len(whole) + 1) if whole[:place].endswith(b"\n")]
    assert [sheet.lines_in(end) for end in ends] == [0, 0, 0, 0, 1, 2, 3]
    assert sheet.lines_in(ends[4] - 1) == 0
    assert sheet.lines_in(10**9) == 3


def test_long_sheet_comes_in_pieces() -> None:
    sheet = Sheet.of(Program(source=b"G1 X10 Y10 E0.1\n" * 50_000))
    sizes = [len(chunk) for chunk in sheet.chunks()]
    assert sum(sizes) == sheet.size_bytes
    assert max(sizes) < 70_000


@pytest.mark.parametrize(
    ("port", "kind", "url"),
    [
        ("octoprint+http://octopi.local", "octoprint", "http://octopi.local"),
        ("octoprint+http://10.0.0.5:5000/", "octoprint", "http://10.0.0.5:5000"),
        ("moonraker+https://a.example/p-1", "moonraker", "https://a.example/p-1"),
        ("moonraker+http://[::1]:7125", "moonraker", "http://[::1]:7125"),
    ],
)
def test_address(port: str, kind: str, url: str) -> None:
    found = host_address(port)
    assert found is not None
    assert (found.kind, found.url) == (kind, url)


def test_serial_port_is_no_address() -> None:
    assert host_address("/dev/serial/by-id/usb-1a86") is None


@pytest.mark.parametrize(
    "port",
    [
        "http://octopi.local",
        "octoprint+http://user:secret@octopi.local",
        "octoprint+http://octopi.local/?apikey=1",
        "octoprint+ftp://octopi.local",
        "octoprint+http://",
    ],
)
def test_wrong_address_is_told_with_an_example(port: str) -> None:
    with pytest.raises(ValueError, match=r"octoprint\+http://octopi\.local") as error:
        host_address(port)
    assert "secret" not in str(error.value)
