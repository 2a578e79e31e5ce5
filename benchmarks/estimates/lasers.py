"""Laser cutting: our estimate beside G-code by vpype, which orders and joins the lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.estimates.drawings import HELD_OUT, TUNED_ON, svg
from benchmarks.estimates.timed import row, seconds_of
from benchmarks.peers import PEERS, run
from orchestrator.catalogue.estimates.sheets import SHEETS, Sheet, estimate_cut
from orchestrator.catalogue.files import svg as reader
from orchestrator.catalogue.files.reading import Source
from orchestrator.catalogue.found import Drawing

NOTE: Final = (
    "The same SVG, cut at the same speed: read by our reader and estimated, and made "
    "G-code by vpype (`linemerge linesort`), timed as GRBL plans it on a usual machine "
    "(500 mm/s², 100 mm/s). Sheets take turns."
)
_PROFILE: Final = """[gwrite.laser]
unit = "mm"
document_start = "G21\\nG90\\nM5\\n"
segment_first = "M5\\nG0 X{{x:.3f}} Y{{y:.3f}}\\nM3 S1000\\n"
segment = "G1 X{{x:.3f}} Y{{y:.3f}} F{feed:.0f}\\n"
document_end = "M5\\nM2\\n"
"""


def rows(word: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Each drawing with this word in its name. Errors: PeerFailedError."""
    for kind, drawings in (("tuned on", TUNED_ON), ("held out", HELD_OUT)):
        for number, (name, make) in enumerate(drawings.items()):
            if word not in name:
                continue
            path, sheet = folder / "drawing.svg", SHEETS[number % len(SHEETS)]
            path.write_bytes(svg(make()))
            found = reader.read(Source(name=path.name, path=path)).what
            if not isinstance(found, Drawing):
                raise TypeError(name)
            ours_s = estimate_cut(found, sheet).run_s.value
            title = f"{name}, {sheet.words}"
            yield row(kind, title, seconds_of(_program(path, sheet)), ours_s)


def _program(drawing: Path, sheet: Sheet) -> Path:
    profile, out = drawing.with_suffix(".toml"), drawing.with_suffix(".nc")
    profile.write_text(_PROFILE.format(feed=sheet.cut_mm_s * 60))
    command = [str(PEERS / "vpype"), "--config", str(profile)]
    command += ["read", "--quantization", "0.05mm", str(drawing)]
    command += ["linemerge", "--tolerance", "0.05mm", "linesort"]
    command += ["gwrite", "--profile", "laser", str(out)]
    run(command, folder=drawing.parent)
    return out
