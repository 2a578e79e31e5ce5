"""Whatever a server answers is an answer, or an error with a name; never a hang."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from firmware_bridge.errors import (
    BridgeError,
    CommandRefusedError,
    HostAnswerError,
    HostKeyError,
    HostVersionError,
    LinkLostError,
    NoAnswerError,
)
from firmware_bridge.facts import Patience
from firmware_bridge.hosts.web import ANSWER_BYTES_MAX, Web
from firmware_bridge.machine import connect

IMPATIENT = Patience(answer_s=0.3, stall_s=0.5, upload_s=0.5)
KEY = "a-key-that-nobody-may-see"


@dataclass
class Peer:
    """Says one thing, whatever it is asked."""

    status: int = 200
    body: bytes = b"{}"
    pause_s: float = 0.0  # before each byte
    heard: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def peer() -> Iterator[Peer]:
    said = Peer()
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.heard.append(self.path)
            self.send_response(said.status)
            self.send_header("Content-Length", str(len(said.body)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            with suppress(OSError):  # the other side may have heard enough
                self._say()

        def _say(self) -> None:
            if not said.pause_s:
                self.wfile.write(said.body)
                return
            for place in range(len(said.body)):
                if ended.wait(said.pause_s):
                    return
                self.wfile.write(said.body[place : place + 1])
                self.wfile.flush()

        def log_request(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    said.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield said
    ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def web(peer: Peer) -> Iterator[Web]:
    asked = Web(peer.url, key=KEY, patience=IMPATIENT)
    yield asked
    asked.close()


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ((200, b"<html>hello</html>"), HostAnswerError, "HTML instead of JSON"),
        ((200, b""), HostAnswerError, "instead of JSON"),
        ((200, b"[1]"), HostAnswerError, "a list"),
        ((200, b"[" * 100_000), HostAnswerError, "instead of JSON"),
        ((200, b"\xff\xfe\x00"), HostAnswerError, "instead of JSON"),
        ((200, b"9" * (10 * 2**20)), HostAnswerError, f"more than {ANSWER_BYTES_MAX}"),
        ((302, b"{}"), HostAnswerError, "302"),
        ((503, b"<html>starting</html>"), HostAnswerError, "503"),
        ((401, b"{}"), HostKeyError, "does not take the key"),
        ((403, b"<html>"), HostKeyError, "does not take the key"),
        ((409, b'{"error": "it prints"}'), CommandRefusedError, "it prints"),
        ((409, b"<html>"), CommandRefusedError, "Conflict"),
        ((400, b'{"error": {"message": "no"}}'), CommandRefusedError, "no"),
    ],
)
def test_bad_answer_is_named(
    peer: Peer, web: Web, said: tuple[int, bytes], error: type[BridgeError], words: str
) -> None:
    peer.status, peer.body = said
    with pytest.raises(error) as named:
        web.get("/api/job")
    assert words in str(named.value)
    assert KEY not in repr(named.value)
    assert len(peer.heard) == 1  # nothing is asked twice, no redirect followed


def test_what_is_not_there_is_found_to_be_so(peer: Peer, web: Web) -> None:
    peer.status = 404
    assert web.find("/api/files") is None


def test_silence_and_a_drip_end_in_time(peer: Peer, web: Web) -> None:
    peer.body, peer.pause_s = b"{" + b" " * 1000 + b"}", 5.0
    with pytest.raises(NoAnswerError):
        web.get("/")
    peer.pause_s = 0.05  # never silent for long enough to be called so
    with pytest.raises(NoAnswerError, match="did not end in time"):
        web.get("/")


def test_nobody_there(peer: Peer) -> None:
    with pytest.raises(LinkLostError):
        Web("http://127.0.0.1:1", key=None, patience=IMPATIENT).get("/")


def test_key_that_is_none_is_named(peer: Peer) -> None:
    for key in ("kéy", "two\nlines"):
        with pytest.raises(HostKeyError) as error:
            Web(peer.url, key=key, patience=IMPATIENT)
        assert key not in str(error.value)


def test_something_else_or_something_old_behind_the_address(peer: Peer) -> None:
    address = f"octoprint+{peer.url}"
    peer.body = b'{"server": "1.2.0", "text": "PrusaLink 1.2.0"}'
    with pytest.raises(HostAnswerError, match="not an OctoPrint"):
        connect(address, key=KEY, patience=IMPATIENT)
    peer.body = b'{"server": "1.3.12", "text": "OctoPrint 1.3.12"}'
    with pytest.raises(HostVersionError, match=r"1\.3\.12; we need 1\.10"):
        connect(address, key=KEY, patience=IMPATIENT)
    peer.body = b'{"server": ["1"], "text": {}}'
    with pytest.raises(HostAnswerError):
        connect(address, key=KEY, patience=IMPATIENT)
