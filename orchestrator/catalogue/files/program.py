"""G-code, measured by the firmware bridge as firmwares plan it, and its own comments.

The bridge is another package that the server must not import: it is asked as a program
of its own, under the limits of this process.
"""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from orchestrator.catalogue.files import child, sketch
from orchestrator.catalogue.files.reading import Floats, Read, Source, UnreadableError
from orchestrator.catalogue.found import Estimate, Program

_COMMENTS_BYTES: Final = 200_000  # from either end: slicers tell all there
_PART_BYTES: Final = 1 << 20
_PRINTS: Final = re.compile(rb"^\s*(?:M10[49]\b|G[01]\b[^;\n]*\sE[-.\d])", re.MULTILINE)
_FILAMENT_MM: Final = 1.75
_DENSITY: Final = {  # g/cm3, as makers of filament tell it
    "PLA": 1.24,
    "PETG": 1.27,
    "ABS": 1.04,
    "ASA": 1.07,
    "TPU": 1.21,
    "PA": 1.12,
    "PC": 1.20,
}
_MATERIAL: Final = re.compile(
    r"(?:filament_type\s*=|MATERIAL:|material\s*[:=])\s*\"?([A-Za-z0-9+-]{2,12})"
)
_GRAMS: Final = re.compile(r"filament used \[g\]\s*=\s*([\d.]{1,12})")
_NOZZLE: Final = re.compile(r"nozzle_diameter\s*[=:]\s*([\d.]{1,6})")
_TOOL: Final = re.compile(
    r"\(\s*(T\d+[^()]{0,80})\)|;\s*tool\s*[:=]?\s*([^\n]{1,80})", re.I
)
_POINTS_MAX: Final = 10_000
_TIME_OFF: Final = 0.15  # of the time, for a machine that is not known


def read(source: Source) -> Read:
    """Read a program. Errors: UnreadableError with the line that no machine takes."""
    printer = _prints(source.path)
    machine: Literal["printer", "laser-or-mill"] = (
        "printer" if printer else "laser-or-mill"
    )
    told, points = _measured(source, "printer" if printer else "other")
    if told.get("fault"):
        raise UnreadableError(f"no machine takes this program: {told['fault']}")
    if not told["reach_mm"]:
        raise UnreadableError("the program moves nothing. Slice it again")
    comments = _comments(source.path)
    material = _first(_MATERIAL, comments).upper()
    filament_mm = max(0.0, float(told["extruded_mm"])) if printer else 0.0
    low, high = told["reach_mm"]
    program = Program(
        machine=machine,
        x_min_mm=low[0],
        y_min_mm=low[1],
        z_min_mm=low[2],
        x_max_mm=high[0],
        y_max_mm=high[1],
        z_max_mm=high[2],
        lines=told["lines"],
        path_mm=told["path_mm"],
        filament_mm=filament_mm,
        material_g=_material_g(comments, material, filament_mm),
        duration_s=Estimate(
            value=told["duration_s"],
            plus_minus=told["duration_s"] * _TIME_OFF,
            source="as the firmware of a usual machine plans it",
        ),
        tool=_tool(comments),
        material=material,
    )
    return Read(
        format="G-code", what=program, picture=_picture(points, printer=printer)
    )


def _measured(source: Source, kind: str) -> tuple[dict[str, Any], Floats]:
    """The bridge's word, and the places (n, 3) where the tool works."""
    asked = [sys.executable, "-m", "firmware_bridge.gcode.told", str(source.path), kind]
    answer = subprocess.run(asked, capture_output=True, check=False)
    if answer.returncode != 0:
        raise UnreadableError("it takes too long to measure. Split it")
    line, _, packed = answer.stdout.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    whole = len(packed) // 12 * 12
    points = np.frombuffer(packed[:whole], "<f4").astype(np.float64).reshape(-1, 3)
    return told, points


def _prints(path: Path) -> bool:
    """Whether a line of it heats a nozzle or moves filament; a part of it at a time."""
    with path.open("rb") as stream:
        rest = b""
        while part := stream.read(_PART_BYTES):
            lines, end, rest = (rest + part).rpartition(b"\n")
            if _PRINTS.search(lines + end):
                return True
            rest = rest[:_PART_BYTES]
    return _PRINTS.search(rest) is not None


def _comments(path: Path) -> str:
    with path.open("rb") as stream:
        first = stream.read(_COMMENTS_BYTES)
        stream.seek(-min(_COMMENTS_BYTES, path.stat().st_size), os.SEEK_END)
        ends = first + b"\n" + stream.read(_COMMENTS_BYTES)
    lines = ends.decode("utf-8", "replace").splitlines()
    return "\n".join(line for line in lines if ";" in line or "(" in line)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), "") if found else ""


def _tool(comments: str) -> str:
    nozzle = _first(_NOZZLE, comments)
    return f"nozzle {nozzle} mm" if nozzle else _first(_TOOL, comments).strip()


def _material_g(comments: str, material: str, filament_mm: float) -> Estimate | None:
    grams = _first(_GRAMS, comments)
    if grams and grams.count(".") <= 1 and float(grams) > 0:
        value = float(grams)
        return Estimate(
            value=value, plus_minus=value * 0.03, source="the slicer's own comment"
        )
    if filament_mm <= 0:
        return None
    density = _DENSITY.get(material)
    area_mm2 = math.pi * (_FILAMENT_MM / 2) ** 2
    value = filament_mm * area_mm2 * (density or _DENSITY["PLA"]) / 1000
    return Estimate(
        value=value,
        plus_minus=value * (0.05 if density else 0.15),
        source=f"its filament of {_FILAMENT_MM} mm"
        + ("" if density else ", taken for PLA"),
    )


def _picture(points: Floats, *, printer: bool) -> bytes:
    """The tool's ways from above; a print's from the front and above, as it stands."""
    gaps = np.flatnonzero(np.isnan(points[:, 0]))
    runs = [run[~np.isnan(run[:, 0])] for run in np.split(points, gaps)]
    runs = [run for run in runs if len(run) > 1]
    if not runs:
        return b""
    runs = runs[:: 1 + len(points) // _POINTS_MAX]
    turn = (
        np.array([[0.87, 0.5], [-0.5, 0.28], [0, 0.82]])
        if printer
        else np.eye(3)[:, :2]
    )
    return sketch.picture([sketch.Stroke(points=run @ turn) for run in runs])


if __name__ == "__main__":
    child.run(read)
