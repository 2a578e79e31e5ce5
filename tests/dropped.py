"""Files as designers drop them: a drawing without a unit, a board's Gerber set."""

from pathlib import Path

import ezdxf

HEAD = "%FSLAX46Y46*%\n%MOMM*%\n%TF.FileFunction,{}*%\n%ADD10C,0.3*%\nD10*\n"
TRACK = "X0Y0D02*\nX20000000Y0D01*\nX20000000Y10000000D01*\nM02*\n"
FRAME = "X0Y0D02*\nX30000000D01*\nY20000000D01*\nX0D01*\nY0D01*\nM02*\n"
DRILL = "M48\nMETRIC,TZ\nT1C0.8\n%\nG90\nG05\nT1\nX1.0Y2.0\nX2.0Y2.0\nM30\n"


def plate(path: Path) -> Path:
    """A plate of 80 x 40 mm with a hole; the drawing does not tell its unit."""
    document = ezdxf.new("R2010", units=0)
    space = document.modelspace()
    space.add_lwpolyline([(0, 0), (80, 0), (80, 40), (0, 40)], close=True)
    space.add_circle((40, 20), 6)
    document.saveas(path)
    return path


def gerbers(folder: Path) -> list[Path]:
    """One copper side, its mask, the outline and the drill file."""
    for name, function, body in (
        ("board-F_Cu.gbr", "Copper,L1,Top", TRACK),
        ("board-F_Mask.gbr", "Soldermask,Top", TRACK),
        ("board-Edge_Cuts.gbr", "Profile,NP", FRAME),
    ):
        (folder / name).write_text(HEAD.format(function) + body)
    (folder / "board.drl").write_text(DRILL)
    return sorted([*folder.glob("*.gbr"), *folder.glob("*.drl")])
