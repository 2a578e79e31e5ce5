"""A design of two steps that no lab of the demo's region can make alone."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.entry.demo.designs import DESIGNS, Design

MANIFEST = b"""okhv = "2.0"
name = "Chart tray"
licensor = "Mira"
license = "CERN-OHL-S-2.0"
function = "A birch tray with a chart of the tides on it."
version = "1"
repo = "https://designs.demo.example/chart-tray"
"""


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
    designs = {design.key: design for design in DESIGNS}
    tray, poster = designs["tray"], designs["poster"]
    uploads = [
        Upload(name=f"{one.key}.gcode", chunks=[one.program or b""])
        for one in (tray, poster)
    ]
    version = publish(
        shelf.session,
        shelf.files,
        designer_id=shelf.designer_id,
        manifest=MANIFEST,
        kept=keep_files(shelf.files, uploads),
        process=process_of(
            {
                "steps": [
                    _step("mill the tray", tray),
                    _step("plot the chart", poster),
                ],
                "citations": [],
                "fee_cents": 120,
            }
        ),
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
