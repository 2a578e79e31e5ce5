"""Designs that no lab of the demo's region can make alone."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.entry.demo.designs import DESIGNS, Design

MANIFEST = """okhv = "2.0"
name = "{name}"
licensor = "Mira"
license = "CERN-OHL-S-2.0"
function = "{function}"
version = "1"
repo = "https://designs.demo.example/{key}"
"""
BY_KEY = {design.key: design for design in DESIGNS}


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where it is published, by whom and when."""

    session: Session
    files: Path
    designer_id: str
    now: datetime


def publish_chart_tray(shelf: Shelf) -> str:
    """Milled of birch, then plotted; returns the version's id.

    The demo's labs with a mill have no plotter, and those with a plotter no mill.
    """
    what = {
        "name": "Chart tray",
        "key": "chart-tray",
        "function": "A birch tray with a chart of the tides on it.",
    }
    steps = [
        _step("mill the tray", BY_KEY["tray"]),
        _step("plot the chart", BY_KEY["poster"]),
    ]
    return _publish(shelf, what, steps)


def publish_lidded_tray(shelf: Shelf) -> str:
    """A tray and its lid, each by itself, and a chart for both; the version's id.

    No two of mill, laser and plotter stand in one of the labs Kruununhaka, Kaisaniemi
    and Kluuvi.
    """
    what = {
        "name": "Lidded tray",
        "key": "lidded-tray",
        "function": "A birch tray with a lid of plywood and a chart between them.",
    }
    steps = [
        _step("mill the tray", BY_KEY["tray"]) | {"key": "tray", "after": []},
        _step("cut the lid", BY_KEY["sign"]) | {"key": "lid", "after": []},
        _step("plot the chart", BY_KEY["poster"]) | {"after": ["tray", "lid"]},
    ]
    return _publish(shelf, what, steps)


def _publish(shelf: Shelf, what: dict[str, str], steps: list[dict[str, object]]) -> str:
    uploads = [
        Upload(name=f"{key}.gcode", chunks=[BY_KEY[key].program or b""])
        for key in ("tray", "sign", "poster")
        if any(step["program"] == f"{key}.gcode" for step in steps)
    ]
    version = publish(
        shelf.session,
        shelf.files,
        designer_id=shelf.designer_id,
        manifest=MANIFEST.format_map(what).encode(),
        kept=keep_files(shelf.files, uploads),
        process=process_of({"steps": steps, "citations": [], "fee_cents": 120}),
        now=shelf.now,
    )
    return version.id


def _step(name: str, design: Design) -> dict[str, object]:
    x_mm, y_mm, z_mm = design.box_mm
    return {
        "name": name,
        "process": design.means.process,
        "machine_kind": design.means.machine_kind,
        "dialect": design.means.dialect,
        "program": f"{design.key}.gcode",
        "material": design.material,
        "material_g": design.material_g,
        "box_x_mm": x_mm,
        "box_y_mm": y_mm,
        "box_z_mm": z_mm,
        "setup_s": 60,
        "run_s": design.run_s,
        "labour_s": design.labour_s,
    }
