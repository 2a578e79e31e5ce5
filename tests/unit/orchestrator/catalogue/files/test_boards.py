"""What Gerber and drill files tell, one by one and as a board."""

from pathlib import Path

import pytest

from orchestrator.catalogue.files import excellon, gerber
from orchestrator.catalogue.files.board import board_of
from orchestrator.catalogue.files.layer_names import layer_of
from orchestrator.catalogue.files.reading import UnreadableError
from orchestrator.catalogue.found import BoardLayer, Drills, Found, Holes
from tests.unit.orchestrator.catalogue.files.reads import read

HEAD = "%FSLAX46Y46*%\n%MOMM*%\n{function}%ADD10C,0.15*%\n%ADD11R,1.5X0.8*%\n"
TRACK = "D10*\nX0Y0D02*\nX20000000Y0D01*\nD11*\nX20000000Y10000000D03*\nM02*\n"
FRAME = (
    "D10*\nX0Y0D02*\nX30000000D01*\nY20000000D01*\nX5000000D01*\n"
    "G75*\nG03X0Y15000000I0J-5000000D01*\nG01*\nY0D01*\nM02*\n"
)
DRILL = (
    "M48\nMETRIC,TZ\nT1C0.8\nT2C3.2\n%\nG90\nG05\nT1\nX1.0Y2.0\nX2.0Y2.0\n"
    "T2\nX10.0Y10.0\nT1\nX5.0Y5.0G85X7.0Y5.0\nM30\n"
)


def layer(folder: Path, name: str, body: str, function: str = "") -> Found:
    told = f"%TF.FileFunction,{function}*%\n" if function else ""
    content = (HEAD.format(function=told) + body).encode()
    return read(gerber.read, folder, name, content)


def test_a_copper_layer(tmp_path: Path) -> None:
    found = layer(tmp_path, "x.gbr", TRACK, "Copper,L1,Top")
    assert found.what == BoardLayer(
        role="copper",
        side="top",
        width_mm=pytest.approx(20.825),
        height_mm=pytest.approx(10.475),
        smallest_mm=0.15,
        area_mm2=pytest.approx(19.925 * 0.15 + 1.5 * 0.8, rel=0.05),
        way_mm=pytest.approx(46.5, rel=0.05),
        ways=2,
    )


@pytest.mark.parametrize(
    ("name", "role", "side"),
    [
        ("board.GBL", "copper", "bottom"),
        ("board-F_Cu.gbr", "copper", "top"),
        ("board-In1_Cu.gbr", "copper", "inner"),
        ("board-Edge_Cuts.gbr", "outline", ""),
        ("board.g2", "copper", "inner"),
        ("B_Mask.gbr", "mask", "bottom"),
        ("strange.gbr", "other", ""),
    ],
)
def test_a_layer_without_a_word_is_told_by_its_name(
    name: str, role: str, side: str
) -> None:
    assert layer_of(name, "") == (role, side)


def test_a_drill_file(tmp_path: Path) -> None:
    found = read(excellon.read, tmp_path, "board-PTH.drl", DRILL.encode())
    assert isinstance(found.what, Drills)
    assert found.what.plated
    assert found.what.slots == 1
    assert found.what.holes == (
        Holes(diameter_mm=0.8, count=2),
        Holes(diameter_mm=3.2, count=1),
    )


def test_digits_without_a_point_are_read_as_the_head_says(tmp_path: Path) -> None:
    text = "M48\nINCH,LZ\nT1C0.0394\n%\nT1\nX01Y02\nX02Y02\nM30\n"
    found = read(excellon.read, tmp_path, "a.drl", text.encode())
    assert isinstance(found.what, Drills)
    assert found.what.width_mm == pytest.approx(25.4, rel=1e-3)
    assert found.what.holes[0].diameter_mm == pytest.approx(1.001)


@pytest.mark.parametrize(
    ("body", "holes", "slots"),
    [
        ("INCH\nT1C0.0394\n%\nT1\nX010000Y000000\nX0Y020000\n", {1.001: 2}, 0),
        ("METRIC,LZ,000.000\nT1C1\n%\nT1\nX001Y0\nX0Y0005\nR2X001\n", {1: 4}, 0),
        (
            "METRIC,TZ\nT1C1\n%\nG00X0Y0\nT1\nM15\nG01X5.0\nG01Y5.0\nM16\nG05\n"
            "X9.0Y9.0\n",
            {1: 1},
            1,
        ),
        ("M71\nT01F00S00C2.0\nT02C1.5\n%\nT02\nX1.Y1.G85X4.Y1.\n", {}, 1),
        (
            ";T01 Holesize 1. = 40.0 Tolerance = +0.0/-0.0 PLATED MILS Quantity = 1\n"
            "METRIC\n%\nT01\nX1.0Y1.0\n",
            {1.016: 1},
            0,
        ),
        ("METRIC\n%\n", {}, 0),
    ],
)
def test_what_is_drilled(
    tmp_path: Path, body: str, holes: dict[float, int], slots: int
) -> None:
    found = read(excellon.read, tmp_path, "a.drl", f"M48\n{body}M30\n".encode())
    assert isinstance(found.what, Drills)
    counted = {hole.diameter_mm: hole.count for hole in found.what.holes}
    assert (counted, found.what.slots) == (holes, slots)
    assert not any(note.grave for note in found.notes)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("METRIC\nT1C1\n%\nT3\nX1.0Y1.0\n", "unknown-tools"),
        ("T1C0.04\n%\nT1\nX1.0Y1.0\n", "no-unit"),
        ("METRIC\nT1C1\n%\n", "empty-drills"),
    ],
)
def test_what_is_strange_in_a_drill_file_is_told(
    tmp_path: Path, body: str, code: str
) -> None:
    found = read(excellon.read, tmp_path, "a.drl", f"M48\n{body}M30\n".encode())
    assert [note.code for note in found.notes] == [code]


def test_a_file_of_plated_and_other_holes_is_neither(tmp_path: Path) -> None:
    body = "M48\nMETRIC\n;TYPE=PLATED\nT1C1\n;TYPE=NON_PLATED\nT2C3\n%\nT1\nX1.Y1.\n"
    found = read(excellon.read, tmp_path, "a.drl", body.encode())
    assert isinstance(found.what, Drills)
    assert found.what.plated is None


def test_a_side_without_copper_is_none(tmp_path: Path) -> None:
    top = layer(tmp_path, "x.gbr", TRACK, "Copper,L1,Top")
    bare = layer(tmp_path, "x.gbr", "M02*\n", "Copper,L2,Bot")
    board = board_of([top, bare])
    assert board is not None
    assert board.copper_layers == 1


def test_a_board_and_what_it_lacks(tmp_path: Path) -> None:
    top = layer(tmp_path, "x.gbr", TRACK, "Copper,L1,Top")
    bottom = layer(tmp_path, "x.gbl", TRACK)
    frame = layer(tmp_path, "x.gko", FRAME)
    drills = read(excellon.read, tmp_path, "x.drl", DRILL.encode())
    masks = [layer(tmp_path, name, TRACK) for name in ("x.gts", "x.gbs")]

    board = board_of([top, bottom, frame, drills, *masks])
    assert board is not None
    assert (board.width_mm, board.height_mm) == (30, 20)
    assert board.copper_layers == 2
    assert board.smallest_mm == 0.15
    assert board.missing == ()

    lacking = board_of([top, bottom])
    assert lacking is not None
    assert [words.split(" (")[0] for words in lacking.missing] == [
        "the outline of the board",
        "the solder mask of the top",
        "the solder mask of the bottom",
        "the drill file",
    ]
    assert board_of([drills]) is None


@pytest.mark.parametrize("reader", [gerber.read, excellon.read])
@pytest.mark.parametrize(
    "content", [b"", b"%FSLAX46Y46*%X9999999999999D01*", b"T1C.\n"]
)
def test_nothing_drawn_is_refused(tmp_path: Path, reader, content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(reader, tmp_path, "x", content)
