"""Moonraker before Klipper, by its HTTP API; moonraker.readthedocs.io."""

from typing import Any
from urllib.parse import quote

from firmware_bridge.clock import Clock
from firmware_bridge.errors import (
    CommandRefusedError,
    HostAnswerError,
    HostKeyError,
    HostVersionError,
)
from firmware_bridge.facts import RUN_OUT, Identity, MachineState, Patience
from firmware_bridge.gcode import Motion
from firmware_bridge.hosts.answers import (
    inscribed,
    known,
    number,
    part,
    point,
    text,
    version_of,
    whole,
)
from firmware_bridge.hosts.host import FOLDER, Look, Record, Upload
from firmware_bridge.hosts.web import Web
from firmware_bridge.space import Box, Point

OLDEST = (0, 9)

_FILES = "/server/files/gcodes"
_STATES = {
    "printing": MachineState.RUNNING,
    "paused": MachineState.PAUSED,
    "standby": MachineState.IDLE,
    "complete": MachineState.IDLE,
    "cancelled": MachineState.IDLE,
    "error": MachineState.IDLE,
}
_SENSORS = ("filament_switch_sensor ", "filament_motion_sensor ")
_RECORDS = {
    "complete": Record.DONE,
    "cancelled": Record.FAILED,
    "error": Record.FAILED,
}
_NOT_READY = {
    "startup": MachineState.OFFLINE,
    "disconnected": MachineState.OFFLINE,
    "shutdown": MachineState.ALARM,
    "error": MachineState.ALARM,
}


class Moonraker:
    """See `host.Host`; every method keeps its contract.

    How a job ended is told by Klipper itself, for as long as it knows: Moonraker's
    history leaves jobs out while no page is open.
    """

    name = "Klipper"

    def __init__(self, web: Web, *, wall: Clock, patience: Patience) -> None:
        self._web = web
        self._wall = wall
        self._patience = patience

    @property
    def closed(self) -> bool:
        """See `Host.closed`."""
        return self._web.closed

    def identify(self) -> Identity:
        """See `Host.identify`."""
        server = self._result("/server/info")
        version = text(server, "moonraker_version")
        if not version:
            raise HostAnswerError(f"{self._web.url} is not a Moonraker")
        if version_of(version) < OLDEST:
            oldest = ".".join(str(place) for place in OLDEST)
            raise HostVersionError(f"Moonraker {version}; we need {oldest} or newer")
        missing = server.get("missing_klippy_requirements")
        if missing:
            sections = ", ".join(f"[{name}]" for name in missing)
            raise HostAnswerError(f"Klipper's printer.cfg lacks {sections}")
        if text(server, "klippy_state") != "ready":
            return Identity(firmware="Klipper", version="", dialect="marlin")
        asked = self._objects("toolhead", "configfile=settings")
        klipper = text(self._result("/printer/info"), "software_version")
        settings = part(asked, "configfile", "settings")
        return _identity(klipper, part(asked, "toolhead"), settings)

    def look(self) -> Look:
        """See `Host.look`."""
        ready = text(self._result("/server/info"), "klippy_state")
        if ready != "ready":
            state = _NOT_READY.get(ready, MachineState.UNKNOWN)
            words = f"Klipper is {ready or 'away'}"
            if state is MachineState.ALARM:
                told = text(self._result("/printer/info"), "state_message")
                words = f"{words}: {told}"
            return Look(state=state, words=" ".join(words.split()))
        asked = self._objects("print_stats", "virtual_sdcard", "extruder", "heater_bed")
        job, heat = part(asked, "print_stats"), {}
        for heater, name in (("extruder", "nozzle"), ("heater_bed", "bed")):
            heat[name] = number(part(asked, heater), "temperature")
            heat[f"{name}_target"] = number(part(asked, heater), "target")
        state = _STATES.get(text(job, "state"), MachineState.UNKNOWN)
        return Look(
            state=state,
            words=text(job, "message") or text(job, "state"),
            file=text(job, "filename") or None,
            bytes_done=whole(number(part(asked, "virtual_sdcard"), "file_position")),
            waits=self._run_out() if state is MachineState.PAUSED else None,
            temperatures_c=known(heat),
        )

    def _run_out(self) -> str | None:
        """Whether one of its filament sensors, if it has any, sees none."""
        names = self._result("/printer/objects/list").get("objects") or []
        sensors = [one for one in names if str(one).startswith(_SENSORS)]
        told = self._objects(*map(quote, sensors)) if sensors else {}
        for name in sensors:
            seen = part(told, name)
            if seen.get("enabled") is True and seen.get("filament_detected") is False:
                return f"{RUN_OUT} ({name.partition(' ')[2]})"
        return None

    def forget_all(self) -> None:
        """See `Host.forget_all`."""
        try:
            found = self._result(f"/server/files/directory?path=gcodes/{FOLDER}")
        except CommandRefusedError:  # no such folder yet
            return
        for file in found.get("files") or []:
            name = text(file, "filename") if isinstance(file, dict) else ""
            if name.endswith(".gcode"):
                self.forget(f"{FOLDER}/{name}")

    def put(self, upload: Upload) -> None:
        """See `Host.put`: Moonraker itself holds the file against its hash."""
        stored = self._web.upload(
            "/server/files/upload",
            name=upload.name,
            fields={"root": "gcodes", "path": FOLDER, "checksum": upload.sha256},
            chunks=upload.chunks,
            size_bytes=upload.size_bytes,
        )
        if whole(number(part(stored, "item"), "size")) != upload.size_bytes:
            raise HostAnswerError("Moonraker stored something else than was sent")

    def start(self, file: str) -> None:
        """See `Host.start`."""
        self._web.post("/printer/print/start", filename=file)

    def forget(self, file: str) -> bool:
        """See `Host.forget`."""
        try:
            self._web.delete(f"{_FILES}/{file}")
        except HostKeyError:  # 403 is its word for "in use"
            return False
        except CommandRefusedError:  # 400: no such file
            return True
        return True

    def record(self, file: str) -> Record:
        """See `Host.record`."""
        try:
            job = part(self._objects("print_stats"), "print_stats")
        except (CommandRefusedError, HostAnswerError):  # Klipper is away
            return Record.NONE
        if text(job, "filename") != file:
            return Record.NONE
        return _RECORDS.get(text(job, "state"), Record.NONE)

    def place(self) -> Point | None:
        """See `Host.place`."""
        self._script("M400")
        return point(part(self._objects("gcode_move"), "gcode_move"), "gcode_position")

    def pause(self) -> None:
        """See `Host.pause`."""
        self._web.post("/printer/print/pause")

    def resume(self) -> None:
        """See `Host.resume`."""
        self._web.post("/printer/print/resume")

    def cancel(self) -> None:
        """See `Host.cancel`; the lab's own CANCEL_PRINT runs."""
        self._web.post("/printer/print/cancel")

    def cool(self) -> None:
        """See `Host.cool`."""
        self._script("TURN_OFF_HEATERS")

    def stop(self) -> None:
        """See `Host.stop`."""
        self._web.post("/printer/emergency_stop")

    def unlock(self) -> None:
        """See `Host.unlock`: Klipper and its boards start afresh."""
        self._web.post("/printer/firmware_restart")

    def home(self) -> None:
        """See `Host.home`."""
        self._script("G28", within_s=self._patience.home_s)

    def close(self) -> None:
        """See `Host.close`."""
        self._web.close()

    def _script(self, line: str, within_s: float | None = None) -> None:
        self._web.post("/printer/gcode/script", within_s=within_s, script=line)

    def _objects(self, *names: str) -> dict[str, Any]:
        """Klipper's objects of these names, each with all it tells (or `NAME=FIELD`)."""
        query = "&".join(names)
        return part(self._result(f"/printer/objects/query?{query}"), "status")

    def _result(self, path: str) -> dict[str, Any]:
        return part(self._web.get(path), "result")


def _identity(
    version: str, toolhead: dict[str, Any], settings: dict[str, Any]
) -> Identity:
    printer = part(settings, "printer")
    return Identity(
        firmware="Klipper",
        version=version,
        dialect="marlin",
        envelope_mm=_envelope(toolhead, text(printer, "kinematics")),
        motion=_motion(printer),
        homing=True,
        hotend_count=sum(name.startswith("extruder") for name in settings),
        heated_bed="heater_bed" in settings,
    )


def _motion(printer: dict[str, Any]) -> Motion | None:
    """By `[printer]` of printer.cfg, which speaks in seconds."""
    feed, rate = number(printer, "max_velocity"), number(printer, "max_accel")
    if feed is None or rate is None or min(feed, rate) <= 0:
        return None
    feed_z = number(printer, "max_z_velocity") or feed
    rate_z = number(printer, "max_z_accel") or rate
    return Motion(
        max_feed_mm_per_min=(feed * 60, feed * 60, feed_z * 60),
        acceleration_mm_per_s2=(rate, rate, rate_z),
    )


def _envelope(toolhead: dict[str, Any], kinematics: str) -> Box | None:
    """Where the axes reach, and never under the bed. A delta's round bed is told as
    the square within its circle.
    """
    low, high = point(toolhead, "axis_minimum"), point(toolhead, "axis_maximum")
    if (
        low is None
        or high is None
        or any(a > b for a, b in zip(low, high, strict=True))
    ):
        return None
    top = max(0.0, high[2])
    if kinematics in ("delta", "rotary_delta", "polar"):
        return inscribed(min(-low[0], high[0]), top) if low[0] < 0 < high[0] else None
    return Box(
        min_mm=(low[0], low[1], max(0.0, low[2])), max_mm=(high[0], high[1], top)
    )
