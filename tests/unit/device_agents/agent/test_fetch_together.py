"""Two machines of a lab that fetch the same program at once must both get it whole."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from device_agents.agent.fetch import client_for, fetch
from device_agents.contract.messages import Program

CONTENT = b"G1 X1\n" * 200_000
MACHINES = 8


@pytest.fixture
def server() -> Iterator[str]:
    class Files(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_address[1]}"
    served.shutdown()
    served.server_close()


def test_every_fetch_gets_the_whole_file(server: str, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    program = Program(path="/api/v1/files/x", sha256=sha256, size_bytes=len(CONTENT))
    cache = tmp_path / "programs"
    start = threading.Barrier(MACHINES)

    def one(_: int) -> bytes:
        with client_for(server, "token") as client:
            start.wait()
            return fetch(client, program, cache).read_bytes()

    with ThreadPoolExecutor(MACHINES) as pool:
        got = list(pool.map(one, range(MACHINES)))

    assert all(content == CONTENT for content in got)
    assert [file.name for file in cache.iterdir()] == [sha256]
