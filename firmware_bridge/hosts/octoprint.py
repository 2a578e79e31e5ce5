"""OctoPrint, by its REST API; docs.octoprint.org/en/main/api."""

import contextlib
from typing import Any

from firmware_bridge.clock import Clock
from firmware_bridge.errors import (
    CommandRefusedError,
    HostAnswerError,
    HostKeyError,
    HostVersionError,
)
from firmware_bridge.facts import Identity, MachineState, Patience
from firmware_bridge.gcode import Motion
from firmware_bridge.hosts.answers import (
    inscribed,
    known,
    number,
    part,
    text,
    version_of,
    whole,
)
from firmware_bridge.hosts.host import FOLDER, Look, Record, Upload
from firmware_bridge.hosts.octoprint_log import place_told
from firmware_bridge.hosts.web import Web
from firmware_bridge.space import Box, Point

OLDEST = (1, 10)

_RIGHTS = (
    "STATUS",
    "CONNECTION",
    "CONTROL",
    "PRINT",
    "FILES_LIST",
    "FILES_UPLOAD",
    "FILES_SELECT",
    "FILES_DELETE",
    "MONITOR_TERMINAL",
)
_FILES = "/api/files/local"
_USUAL = (1000.0, 1000.0, 100.0)  # mm/s²


class OctoPrint:
    """See `host.Host`; every method keeps its contract."""

    name = "OctoPrint"

    def __init__(self, web: Web, *, wall: Clock, patience: Patience) -> None:
        self._web = web
        self._wall = wall
        self._patience = patience
        self._tells_place = True
        self._hotends = 1

    @property
    def closed(self) -> bool:
        """See `Host.closed`."""
        return self._web.closed

    def identify(self) -> Identity:
        """See `Host.identify`."""
        said = self._web.get("/api/version")
        if not text(said, "text").startswith("OctoPrint"):
            raise HostAnswerError(f"{self._web.url} is not an OctoPrint")
        version = text(said, "server")
        if version_of(version) < OLDEST:
            oldest = ".".join(str(place) for place in OLDEST)
            raise HostVersionError(f"OctoPrint {version}; we need {oldest} or newer")
        self._refuse_small_key()
        self._tells_place = not self._has_script_after_print()
        identity = _identity(version, self._profile())
        self._hotends = max(1, identity.hotend_count)
        return identity

    def look(self) -> Look:
        """See `Host.look`."""
        job = self._web.get("/api/job")
        words = text(job, "state")
        state = _state_of(words)
        error = text(job, "error")
        return Look(
            state=state,
            words=f"{words}: {error}" if error else words,
            file=text(part(job, "job", "file"), "path") or None,
            bytes_done=whole(number(part(job, "progress"), "filepos")),
            temperatures_c=self._temperatures(state),
        )

    def forget_all(self) -> None:
        """See `Host.forget_all`."""
        folder = self._web.find(f"{_FILES}/{FOLDER}") or {}
        for child in folder.get("children") or []:
            path = text(child, "path") if isinstance(child, dict) else ""
            if path.startswith(f"{FOLDER}/"):
                self.forget(path)

    def put(self, upload: Upload) -> None:
        """See `Host.put`."""
        self._web.upload(
            _FILES,
            name=upload.name,
            fields={"path": FOLDER},
            chunks=upload.chunks,
            size_bytes=upload.size_bytes,
        )
        stored = self._web.get(f"{_FILES}/{upload.file}")
        if text(stored, "hash") != upload.sha1:
            raise HostAnswerError("OctoPrint stored something else than was sent")

    def start(self, file: str) -> None:
        """See `Host.start`: selecting and starting are one request here."""
        self._web.post(f"{_FILES}/{file}", {"command": "select", "print": True})

    def forget(self, file: str) -> bool:
        """See `Host.forget`."""
        try:
            self._web.delete(f"{_FILES}/{file}")
        except CommandRefusedError as refused:
            return refused.status == 404
        return True

    def record(self, file: str) -> Record:
        """See `Host.record`."""
        prints = part(self._web.find(f"{_FILES}/{file}") or {}, "prints")
        if number(prints, "failure"):
            return Record.FAILED
        return Record.DONE if number(prints, "success") == 1 else Record.NONE

    def place(self) -> Point | None:
        """See `Host.place`."""
        if not self._tells_place:
            return None
        return place_told(self._web, wall=self._wall, within_s=self._patience.stall_s)

    def pause(self) -> None:
        """See `Host.pause`."""
        self._web.post("/api/job", {"command": "pause", "action": "pause"})

    def resume(self) -> None:
        """See `Host.resume`."""
        self._web.post("/api/job", {"command": "pause", "action": "resume"})

    def cancel(self) -> None:
        """See `Host.cancel`; OctoPrint runs its own script afterwards."""
        self._web.post("/api/job", {"command": "cancel"})

    def cool(self) -> None:
        """See `Host.cool`."""
        hotends = [f"M104 T{number} S0" for number in range(self._hotends)]
        self._command(*hotends, "M140 S0", "M107")

    def stop(self) -> None:
        """See `Host.stop`; OctoPrint sends it before anything that waits."""
        self._command("M112")

    def unlock(self) -> None:
        """See `Host.unlock`: the serial port is opened anew, which resets the board."""
        self._web.post("/api/connection", {"command": "connect"})

    def home(self) -> None:
        """See `Host.home`."""
        self._web.post(
            "/api/printer/printhead", {"command": "home", "axes": ["x", "y", "z"]}
        )

    def close(self) -> None:
        """See `Host.close`."""
        self._web.close()

    def _command(self, *lines: str) -> None:
        self._web.post("/api/printer/command", {"commands": list(lines)})

    def _temperatures(self, state: MachineState) -> dict[str, float]:
        if state in (MachineState.OFFLINE, MachineState.ALARM):
            return {}
        try:
            told = part(
                self._web.get("/api/printer", exclude="sd,state"), "temperature"
            )
        except CommandRefusedError:  # it went away since it told its state
            return {}
        found: dict[str, float | None] = {}
        for heater, name in (("tool0", "nozzle"), ("bed", "bed")):
            found[name] = number(part(told, heater), "actual")
            found[f"{name}_target"] = number(part(told, heater), "target")
        return known(found)

    def _refuse_small_key(self) -> None:
        rights = self._web.get("/api/currentuser").get("permissions")
        missing = [one for one in _RIGHTS if one not in (rights or ())]
        if missing:
            raise HostKeyError(
                f"this key may not do {', '.join(missing)} in OctoPrint: "
                "give its user the group Operator or those permissions"
            )

    def _has_script_after_print(self) -> bool:
        """A script of the lab's that may move the tool away from the planned end."""
        with contextlib.suppress(HostKeyError):  # only some keys may read settings
            scripts = part(self._web.get("/api/settings"), "scripts", "gcode")
            return bool(text(scripts, "afterPrintDone").strip())
        return False

    def _profile(self) -> dict[str, Any]:
        chosen = part(self._web.get("/api/connection"), "current")
        profiles = part(self._web.get("/api/printerprofiles"), "profiles")
        return part(profiles, text(chosen, "printerProfile") or "_default")


def _state_of(words: str) -> MachineState:
    """OctoPrint's `Printer.get_state_string` in the bridge's words."""
    match words:
        case "Operational":
            return MachineState.IDLE
        case "Paused":
            return MachineState.PAUSED
        case "Error" | "Offline after error":
            return MachineState.ALARM
        case "Offline" | "Connecting":
            return MachineState.OFFLINE
    if words.startswith(("Opening serial", "Detecting serial", "Detecting baud")):
        return MachineState.OFFLINE
    if words.startswith(("Error", "Offline (Error")):
        return MachineState.ALARM
    busy = ("Print", "Start", "Paus", "Resum", "Cancel", "Finish", "Sending", "Transf")
    return MachineState.RUNNING if words.startswith(busy) else MachineState.UNKNOWN


def _identity(version: str, profile: dict[str, Any]) -> Identity:
    return Identity(
        firmware="OctoPrint",
        version=version,
        dialect="marlin",
        envelope_mm=_envelope(part(profile, "volume")),
        motion=_motion(part(profile, "axes")),
        homing=True,
        hotend_count=whole(number(part(profile, "extruder"), "count")) or 0,
        heated_bed=profile.get("heatedBed") is True,
    )


def _motion(axes: dict[str, Any]) -> Motion | None:
    """By the profile's speeds; it tells no acceleration, so a usual one is taken."""
    x, y, z = (number(part(axes, axis), "speed") or 0.0 for axis in "xyz")
    if min(x, y, z) <= 0:
        return None
    return Motion(max_feed_mm_per_min=(x, y, z), acceleration_mm_per_s2=_USUAL)


def _envelope(volume: dict[str, Any]) -> Box | None:
    """The room of a profile. A round bed is told as the square within its circle."""
    width, depth, height = (
        number(volume, side) or 0.0 for side in ("width", "depth", "height")
    )
    if min(width, depth, height) <= 0:
        return None
    if text(volume, "formFactor") == "circular":
        return inscribed(width / 2, height)
    if text(volume, "origin") == "center":
        low = (-width / 2, -depth / 2, 0.0)
        return Box(min_mm=low, max_mm=(width / 2, depth / 2, height))
    return Box(min_mm=(0.0, 0.0, 0.0), max_mm=(width, depth, height))
