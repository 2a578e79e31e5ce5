"""A simulated Klippy: the machine's side of Moonraker's Unix socket.

`python klippy.py SOCKET GCODES LOG`. It reads a file as
Klipper's `virtual_sdcard` does, a line at a time, and writes down every line that it
ran. A restart drops every connection, as Klipper's own does.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LINE_S = 0.01
UPDATE_S = 0.1
SHUT_DOWN = "Shutdown due to webhooks request"

type Params = dict[str, Any]

SETTINGS: Params = {
    "printer": {
        "kinematics": "cartesian",
        "max_velocity": 300.0,
        "max_accel": 3000.0,
        "max_z_velocity": 15.0,
        "max_z_accel": 100.0,
    },
    "extruder": {"max_temp": 270.0},
    "heater_bed": {"max_temp": 110.0},
    "virtual_sdcard": {},
    "pause_resume": {},
}
_WORD = re.compile(r"([XYZEF])(-?[0-9.]+)")


class Refused(Exception):  # noqa: N818  # what Klipper calls a command error
    """Klipper's word for a command that it does not run."""


@dataclass
class Printer:
    """What Klipper's objects show, and the one file that it runs."""

    gcodes: Path
    log: Path
    state: str = "ready"
    message: str = "Printer is ready"
    print_state: str = "standby"
    file: str = ""
    content: bytes = b""
    at_byte: int = 0
    has_filament: bool = True
    place: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])
    targets: dict[str, float] = field(
        default_factory=lambda: {"extruder": 0.0, "heater_bed": 0.0}
    )
    duration_s: float = 0.0

    def objects(self) -> Params:
        """Every object that it tells of."""
        size = len(self.content)
        ratio = self.at_byte / size if size else 0.0
        heaters = {
            name: {"temperature": target or 21.0, "target": target}
            for name, target in self.targets.items()
        }
        return {
            "webhooks": {"state": self.state, "state_message": self.message},
            "print_stats": {
                "filename": self.file,
                "state": self.print_state,
                "message": "",
                "total_duration": self.duration_s,
                "print_duration": self.duration_s,
                "filament_used": 0.0,
                "info": {},
            },
            "virtual_sdcard": {
                "file_path": str(self.gcodes / self.file) if self.file else None,
                "progress": ratio,
                "is_active": self.print_state == "printing",
                "file_position": self.at_byte,
                "file_size": size,
            },
            "toolhead": {
                "axis_minimum": [0.0, -5.0, -2.0, 0.0],
                "axis_maximum": [220.0, 230.0, 250.0, 0.0],
                "max_velocity": 300.0,
                "max_accel": 3000.0,
                "position": list(self.place),
            },
            "gcode_move": {"gcode_position": list(self.place)},
            "configfile": {"settings": SETTINGS, "config": {}},
            "filament_switch_sensor spool": {
                "filament_detected": self.has_filament,
                "enabled": True,
            },
            "pause_resume": {"is_paused": self.print_state == "paused"},
            "display_status": {"progress": ratio},
            "idle_timeout": {"state": "Ready"},
            **heaters,
        }

    # The file

    def load(self, name: str) -> None:
        """Start to run a file. Errors: Refused."""
        if self.print_state == "printing":
            raise Refused("SD busy")
        path = self.gcodes / name
        if not path.is_file():
            raise Refused("Unable to open file")
        self.content, self.file = path.read_bytes(), name
        self.at_byte, self.duration_s, self.print_state = 0, 0.0, "printing"

    def step(self) -> float:
        """Run the next line; how long it takes."""
        end = self.content.find(b"\n", self.at_byte) + 1 or len(self.content)
        line = self.content[self.at_byte : end].decode("ascii", "replace").strip()
        self.at_byte = end
        if end == len(self.content):
            self.print_state = "complete"
        return self.run(line)

    def run(self, line: str) -> float:
        """One line of G-code; how long it takes. Errors: Refused."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        command, _, rest = line.partition(" ")
        word_of = {letter: float(value) for letter, value in _WORD.findall(rest)}
        match command.upper():
            case "G0" | "G1":
                for axis, letter in enumerate("XYZE"):
                    self.place[axis] = word_of.get(letter, self.place[axis])
            case "_SPOOL_ENDS":  # no command of Klipper's: what its sensor then does
                self.has_filament = False
                self.pause()
            case "G28":
                self.place[:3] = [0.0, 0.0, 0.0]
            case "G4":
                return float(rest.removeprefix("P")) / 1000
            case "M104" | "M109":
                self.targets["extruder"] = float(rest.removeprefix("S"))
            case "M140" | "M190":
                self.targets["heater_bed"] = float(rest.removeprefix("S"))
            case "TURN_OFF_HEATERS":
                self.targets = dict.fromkeys(self.targets, 0.0)
            case "SDCARD_PRINT_FILE":
                self.load(rest.removeprefix("FILENAME=").strip('"'))
        return LINE_S

    def pause(self) -> None:
        if self.print_state == "printing":
            self.print_state = "paused"

    def resume(self) -> None:
        if self.print_state != "paused":
            raise Refused("Print is not paused, resume aborted")
        self.has_filament = True
        self.print_state = "printing"

    def cancel(self) -> None:
        if self.print_state not in ("printing", "paused"):
            raise Refused("Not printing")
        self.print_state = "cancelled"

    def halt(self) -> None:
        self.state, self.message = "shutdown", SHUT_DOWN
        self.targets = dict.fromkeys(self.targets, 0.0)
        if self.print_state in ("printing", "paused"):
            self.print_state = "error"


class Session:
    """One connection of Moonraker's."""

    def __init__(self, klippy: "Klippy", writer: asyncio.StreamWriter) -> None:
        self._klippy = klippy
        self._writer = writer
        self._template: Params | None = None
        self._wanted: Params = {}
        self._shown: Params = {}

    def say(self, message: Params) -> None:
        self._writer.write(json.dumps(message).encode() + b"\x03")

    def drop(self) -> None:
        self._writer.close()

    def push(self) -> None:
        """Tell what changed since it was told last."""
        if self._template is None:
            return
        now = self._klippy.query(self._wanted)
        changed = {
            name: {key: one for key, one in told.items() if one != before.get(key)}
            for name, told in now.items()
            if told != (before := self._shown.get(name, {}))
        }
        self._shown = now
        if changed:
            told = {"eventtime": self._klippy.now(), "status": changed}
            self.say({**self._template, "params": told})

    def take(self, message: Params) -> None:
        number = message.get("id")
        try:
            result = self._answer(message["method"], message.get("params") or {})
        except Refused as refused:
            error = {"error": "WebRequestError", "message": str(refused)}
            self.say({"id": number, "error": error})
        else:
            if number is not None:
                self.say({"id": number, "result": result})

    def _answer(self, method: str, params: Params) -> object:
        klippy = self._klippy
        if method == "objects/subscribe":
            self._template = params["response_template"]
            self._wanted = params["objects"]
            self._shown = klippy.query(self._wanted)
            return {"eventtime": klippy.now(), "status": self._shown}
        if method not in klippy.methods:
            raise Refused(f"webhooks: No registered callback for path '{method}'")
        return klippy.methods[method](params)


class Klippy:
    """The process: its socket, its printer, and the clock that runs the file."""

    def __init__(self, socket: Path, printer: Printer) -> None:
        self._socket = socket
        self._fresh = printer
        self._printer = Printer(printer.gcodes, printer.log)
        self._sessions: set[Session] = set()
        self._rest_s = 0.0
        self.methods: dict[str, Callable[[Params], object]] = {
            "info": lambda _: self._info(),
            "list_endpoints": lambda _: {"endpoints": list(self.methods)},
            "objects/list": lambda _: {"objects": list(self._printer.objects())},
            "objects/query": lambda params: {
                "eventtime": self.now(),
                "status": self.query(params["objects"]),
            },
            "objects/subscribe": lambda _: {},
            "gcode/help": lambda _: {},
            "gcode/subscribe_output": lambda _: {},
            "register_remote_method": lambda _: {},
            "query_endstops/status": lambda _: {},
            "gcode/script": lambda params: self._script(params["script"]),
            "emergency_stop": lambda _: self._printer.halt(),
            "pause_resume/pause": lambda _: self._printer.pause(),
            "pause_resume/resume": lambda _: self._printer.resume(),
            "pause_resume/cancel": lambda _: self._printer.cancel(),
        }

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def query(self, wanted: Params) -> Params:
        objects = self._printer.objects()
        return {
            name: {
                key: one
                for key, one in objects[name].items()
                if fields is None or key in fields
            }
            for name, fields in wanted.items()
            if name in objects
        }

    async def serve(self) -> None:
        self._socket.unlink(missing_ok=True)
        async with await asyncio.start_unix_server(self._greet, self._socket):
            while True:  # noqa: ASYNC110  # a clock, not a wait for something
                await asyncio.sleep(self._tick())

    def _tick(self) -> float:
        printer = self._printer
        for session in self._sessions:
            session.push()
        if printer.print_state != "printing" or printer.state != "ready":
            return UPDATE_S
        rest_s = printer.step()
        printer.duration_s += rest_s
        return rest_s

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = Session(self, writer)
        self._sessions.add(session)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await reader.readuntil(b"\x03")
                session.take(json.loads(message[:-1]))
        self._sessions.discard(session)

    def _info(self) -> Params:
        return {
            "state": self._printer.state,
            "state_message": self._printer.message,
            "hostname": "simulated",
            "klipper_path": "/nowhere/klipper",
            "python_path": sys.executable,
            "process_id": os.getpid(),
            "user_id": os.getuid(),
            "group_id": os.getgid(),
            "log_file": "",
            "config_file": "",
            "software_version": "v0.12.0-simulated",
            "cpu_info": "",
        }

    def _script(self, script: str) -> object:
        if script == "FIRMWARE_RESTART":
            return self._restart()
        if self._printer.state != "ready":
            raise Refused(self._printer.message)
        for line in script.splitlines():
            self._printer.run(line)
        return {}

    def _restart(self) -> object:
        self._printer = Printer(self._fresh.gcodes, self._fresh.log)
        for session in self._sessions:
            session.drop()
        return {}


def main() -> None:
    socket, gcodes, log = (Path(word) for word in sys.argv[1:])
    asyncio.run(Klippy(socket, Printer(gcodes, log)).serve())


if __name__ == "__main__":
    main()
