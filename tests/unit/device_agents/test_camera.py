"""A camera named in the settings: what comes is checked, and limited; else there is none."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import TypeAdapter, ValidationError

from device_agents.agent import camera
from device_agents.errors import RefusedError
from device_agents.settings import Camera

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100 + b"\xff\xd9"
PNG = camera.PNG + b"x" * 50 + b"IEND\xaeB`\x82"
ANSWERS = {
    "/jpeg": (200, JPEG),
    "/png": (200, PNG),
    "/page": (200, b"<html>"),
    "/half": (200, JPEG[:-2]),
    "/large": (200, b"\xff\xd8\xff" + bytes(camera.SIZE_MAX_BYTES)),
    "/gone": (404, b""),
    "/elsewhere": (302, b""),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = ANSWERS[self.path]
            self.send_response(status)
            self.send_header("Location", "/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "kind"), [("/jpeg", "image/jpeg"), ("/png", "image/png")]
)
def test_a_picture_is_told_by_its_bytes(url: str, path: str, kind: str) -> None:
    assert camera.media_type_of(camera.look(url + path)) == kind


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/page", "no-picture"),
        ("/half", "no-picture"),
        ("/large", "too-large"),
        ("/gone", "camera-away"),
        ("/elsewhere", "camera-away"),
    ],
)
def test_what_is_no_picture_is_refused(url: str, path: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        camera.media_type_of(camera.look(url + path))
    assert refused.value.reason == reason


def test_nobody_there_and_no_device() -> None:
    for source in ("http://127.0.0.1:1/x", "/dev/video63"):
        with pytest.raises(RefusedError):
            camera.look(source)


@pytest.mark.parametrize("wrong", ["/etc/passwd", "file:///x", "/dev/video1;rm", "x"])
def test_settings_name_a_url_or_a_video_device(wrong: str) -> None:
    adapter = TypeAdapter(Camera)
    assert adapter.validate_python("http://cam.local/snapshot.jpg?x=1")
    assert adapter.validate_python("/dev/video0")
    with pytest.raises(ValidationError):
        adapter.validate_python(wrong)
