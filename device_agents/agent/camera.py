"""A look at a machine, where its lab's settings name a camera: off by default.

Only what the settings name is asked, with limits of time and size; what comes is checked
to be a JPEG or PNG. The newest picture is kept in memory, shown on the page beside the
machines, and sent to the network as a file over HTTP, never in a message.
"""

import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx
import structlog

from device_agents.agent.identity import Identity
from device_agents.errors import RefusedError
from device_agents.settings import Machine
from firmware_bridge.clock import Clock

SIZE_MAX_BYTES: Final = 2**20 - 1  # what the network takes
WAIT_S: Final = 5.0
EVERY_S: Final = 10.0  # wall
NEW_FOR_S: Final = 60.0  # a picture that is older is shown no more
PNG: Final = b"\x89PNG\r\n\x1a\n"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One snapshot; `at_s` of the wall's monotonic clock."""

    content: bytes
    media_type: str
    at_s: float


def media_type_of(content: bytes) -> str:
    """What it is by its own first and last bytes. Errors: RefusedError."""
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\0\r\n").endswith(
        b"\xff\xd9"
    ):
        return "image/jpeg"
    if content.startswith(PNG) and b"IEND" in content[-16:]:
        return "image/png"
    raise RefusedError("no-picture", "what the camera gave is neither JPEG nor PNG")


def look(source: str) -> bytes:
    """A picture's bytes from a URL or a `/dev/video` device. Errors: RefusedError."""
    if source.startswith("/dev/"):
        return _from_device(source)
    try:
        with httpx.stream(
            "GET", source, timeout=WAIT_S, follow_redirects=False, trust_env=False
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                raise RefusedError(
                    "camera-away", f"the camera answers {answer.status_code}"
                )
            found = b""
            for chunk in answer.iter_bytes():
                found += chunk
                if len(found) > SIZE_MAX_BYTES:
                    raise RefusedError("too-large", "its picture is over a MiB")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RefusedError("camera-away", "the camera does not answer") from error
    return found


def _from_device(path: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", path, "-frames:v", "1"]
    try:
        done = subprocess.run(  # the path is of the settings' pattern
            [*command, "-c:v", "mjpeg", "-f", "image2pipe", "-"],
            capture_output=True,
            check=True,
            timeout=WAIT_S,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise RefusedError(
            "no-ffmpeg", "install ffmpeg to use a video device"
        ) from error
    except (subprocess.SubprocessError, OSError) as error:
        raise RefusedError("camera-away", f"{path} gives no picture") from error
    if len(done.stdout) > SIZE_MAX_BYTES:
        raise RefusedError("too-large", "its picture is over a MiB")
    return done.stdout


class Cameras:
    """Looks at each machine with a camera every few seconds until `end`."""

    def __init__(
        self,
        machines: Iterable[Machine],
        identity: Identity,
        server: httpx.Client,
        wall: Clock,
    ) -> None:
        """The server is told as the device that we are."""
        self._sources = {
            identity.machine_id(one.machine_id): one.camera
            for one in machines
            if one.camera is not None
        }
        self._server = server
        self._wall = wall
        self._ended = threading.Event()
        self._pictures: dict[str, Picture] = {}

    def run(self) -> None:
        """Look until `end`; a camera that is away stops nothing."""
        while not self._ended.is_set():
            for machine_id, source in self._sources.items():
                self._look(machine_id, source)
            self._ended.wait(EVERY_S if self._sources else None)

    def end(self) -> None:
        """Let `run` return."""
        self._ended.set()

    def newest(self, machine_id: str) -> Picture | None:
        """The last picture, unless it is old."""
        found = self._pictures.get(machine_id)
        if found is None or self._wall.monotonic_s() - found.at_s > NEW_FOR_S:
            return None
        return found

    def _look(self, machine_id: str, source: str) -> None:
        try:
            content = look(source)
            media_type = media_type_of(content)
        except RefusedError as error:
            log.info("no-snapshot", machine_id=machine_id, reason=str(error))
            return
        picture = Picture(
            content=content, media_type=media_type, at_s=self._wall.monotonic_s()
        )
        self._pictures[machine_id] = picture
        try:
            self._server.put(
                f"/api/v1/machines/{machine_id}/snapshot",
                content=content,
                headers={"Content-Type": media_type},
            ).raise_for_status()
        except httpx.HTTPError as error:
            log.info("snapshot-kept", machine_id=machine_id, reason=repr(error))
