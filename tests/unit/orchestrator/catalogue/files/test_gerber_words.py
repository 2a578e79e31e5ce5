"""What each word of a Gerber file paints: areas and sizes that can be reckoned by hand."""

from math import pi, sqrt
from pathlib import Path

import pytest

from orchestrator.catalogue.files import gerber
from orchestrator.catalogue.files.reading import UnreadableError
from orchestrator.catalogue.found import BoardLayer, Drills, Found, Holes
from tests.unit.orchestrator.catalogue.files.reads import read

HEAD = "%FSLAX34Y34*%\n%MOMM*%\n"


def painted(folder: Path, body: str, head: str = HEAD, name: str = "x.gtl") -> Found:
    return read(gerber.read, folder, name, f"{head}{body}M02*\n".encode())


def layer(folder: Path, body: str, head: str = HEAD, name: str = "x.gtl") -> BoardLayer:
    what = painted(folder, body, head, name).what
    assert isinstance(what, BoardLayer)
    return what


def macro(primitives: str, given: str = "1") -> str:
    return f"%AMTHING*{primitives}%\n%ADD10THING,{given}*%\nD10*\nX0Y0D03*\n"


FLASHED = "D10*\nX0Y0D03*\n"
SQUARE = "%ADD10R,2X2*%\nD10*\nX0Y0D03*\n"


@pytest.mark.parametrize(
    ("body", "area_mm2", "width_mm", "height_mm"),
    [
        pytest.param("%ADD10C,2*%\n" + FLASHED, pi, 2, 2, id="circle"),
        pytest.param("%ADD10C,2X1*%\n" + FLASHED, 0.75 * pi, 2, 2, id="ring"),
        pytest.param("%ADD10R,3X2*%\n" + FLASHED, 6, 3, 2, id="rectangle"),
        pytest.param("%ADD10R,3X2*%\nD10\nX0Y0D03*\n", 6, 3, 2, id="no star"),
        pytest.param("%ADD10O,3X1*%\n" + FLASHED, 2 + pi / 4, 3, 1, id="obround"),
        pytest.param("%ADD10P,2X4X45*%\n" + FLASHED, 2, sqrt(2), sqrt(2), id="polygon"),
        pytest.param(
            "%ADD10C,1*%\nD10*\nX0Y0D02*\nX30000Y40000D01*\n",
            5 + pi / 4,
            4,
            5,
            id="line",
        ),
        pytest.param(
            "%ADD10R,1X1*%\nD10*\nX0Y0D02*\nX30000Y30000D01*\n",
            7,
            4,
            4,
            id="square line",
        ),
        pytest.param(macro("1,1,2x$1,0,0,0*"), pi, 2, 2, id="macro circle"),
        pytest.param(
            macro("$2=$1+3*0 words*20,1,1,0,0,$2,0,90*"), 4, 1, 4, id="macro line"
        ),
        pytest.param(macro("21,1,4,2,1,1,0*"), 8, 4, 2, id="macro middle"),
        pytest.param(macro("22,1,4,2,0,0,30*"), 8, None, None, id="macro corner"),
        pytest.param(
            macro("4,1,3,0,0,4,0,0,4,0,0,0*"), 8, 4, 4, id="macro outline, closed"
        ),
        pytest.param(macro("5,1,4,0,0,2,45*"), 2, sqrt(2), sqrt(2), id="macro polygon"),
        pytest.param(
            macro("7,0,0,4,2,0.2,0*"), 3 * pi - 0.8 * 1.001, 4, 4, id="macro thermal"
        ),
        pytest.param(
            macro("6,0,0,4,0.5,0.5,2,0.01,4,0*"),
            pi * (4 - 2.25 + 1 - 0.25),
            4,
            4,
            id="macro moire",
        ),
        pytest.param(
            macro("1,1,4,0,0,0*21,0,6,1,0,0,45*1,1,0.5,0,0,0*"),
            4 * pi - 3.9577 + pi / 16,
            None,
            None,
            id="macro cut out",
        ),
        pytest.param(
            SQUARE + "%LPC*%\n%ADD11C,1*%\nD11*\nX0Y0D03*\n",
            4 - pi / 4,
            2,
            2,
            id="cleared",
        ),
        pytest.param(
            "%SRX3Y2I5J4*%\n" + SQUARE + "%SR*%\nX100000Y200000D03*\n",
            28,
            12,
            22,
            id="step and repeat",
        ),
        pytest.param(
            "%ABD12*%\n" + SQUARE + "%LPC*%\n%ADD11C,1*%\nD11*\nX0Y0D03*\n%LPD*%\n"
            "%AB*%\nD12*\nX0Y0D03*\nX50000Y0D03*\n",
            2 * (4 - pi / 4),
            7,
            2,
            id="aperture block",
        ),
        pytest.param(
            "%ADD10R,4X1*%\n%LR90*%\n%LS2*%\nD10*\nX0Y0D03*\n", 16, 2, 8, id="turned"
        ),
        pytest.param(
            "%LMX*%\n" + macro("21,1,2,2,3,0,0*") + "%LMN*%\nX0Y0D03*\n",
            8,
            8,
            2,
            id="mirrored",
        ),
        pytest.param(
            "G75*\nG36*\nX20000Y0D02*\nG03X20000Y0I-20000J0D01*\nG37*\n",
            4 * pi,
            4,
            4,
            id="region of one arc",
        ),
        pytest.param(
            "G74*\nG36*\nX20000Y0D02*\nG03X0Y20000I20000J0D01*\nG01X0Y0D01*\n"
            "X20000D01*\nG37*\n",
            pi,
            2,
            2,
            id="one quadrant",
        ),
        pytest.param(
            "G36*\nX0Y0D02*\nX40000D01*\nY40000D01*\nX0D01*\nY0D01*\nX10000Y0D02*\n"
            "X10000Y10000D01*\nX0D01*\nY0D01*\nG37*\n",
            16,
            4,
            4,
            id="two outlines of a region",
        ),
    ],
)
def test_what_is_painted(
    tmp_path: Path,
    body: str,
    area_mm2: float,
    width_mm: float | None,
    height_mm: float | None,
) -> None:
    found = layer(tmp_path, body)
    assert found.area_mm2 == pytest.approx(area_mm2, rel=0.01)
    if width_mm is not None:
        size = (found.width_mm, found.height_mm)
        assert size == pytest.approx((width_mm, height_mm), abs=0.01)


def test_the_way_around_copper_keeps_the_bits_radius(tmp_path: Path) -> None:
    two = layer(tmp_path, "%ADD10R,4X2*%\nD10*\nX0Y0D03*\nX60000Y0D03*\n")
    assert two.way_mm == pytest.approx(2 * (12 + 2 * pi * 0.1), rel=0.02)
    assert two.ways == 2
    ring = layer(tmp_path, "%ADD10C,6X4*%\n" + FLASHED)
    assert ring.way_mm == pytest.approx(pi * (6.2 + 3.8), rel=0.04)
    assert ring.ways == 2


@pytest.mark.parametrize(
    ("head", "corner"),
    [
        ("%FSLAX23Y23*%\n%MOIN*%\n", "X1000Y500"),
        ("%FSTAX23Y23*%\n%MOIN*%\n", "X01Y005"),
        ("%FSLAX24Y24*%\nG70*\n", "X10000Y5000"),
        ("%FSLIX34Y34*%\n%MOMM*%\n", "X254000Y127000"),
        ("%FSLAX34Y34*MOMM*%\n", "X25.4Y12.7"),
        ("G04 #@! %TF.Part,Single*\n%MOIN*%\n%FSLAX23Y23*%\n", "X1000Y500"),
    ],
)
def test_numbers_are_read_as_the_head_says(
    tmp_path: Path, head: str, corner: str
) -> None:
    body = f"%ADD10C,0.0*%\nD10*\nX0Y0D02*\n{corner}D01*\n"
    frame = layer(tmp_path, body, head, "x.gko")
    assert (frame.width_mm, frame.height_mm) == pytest.approx((25.4, 12.7))


def test_a_hairline_reaches_as_far_as_it_is_drawn(tmp_path: Path) -> None:
    body = "%ADD10C,0*%\nD10*\nX0Y0D02*\nX30000Y40000D01*\n"
    found = layer(tmp_path, body)
    assert (found.width_mm, found.height_mm) == pytest.approx((3, 4))


def test_a_drill_file_in_gerbers_words(tmp_path: Path) -> None:
    body = (
        "%TF.FileFunction,NonPlated,1,2,NPTH*%\n%ADD10C,3.2*%\n%ADD11C,1*%\nD10*\n"
        "X0Y0D03*\nX200000Y0D03*\nD11*\nX50000Y0D02*\nX70000D01*\n"
    )
    drills = painted(tmp_path, body, name="x-NPTH.gbr").what
    assert isinstance(drills, Drills)
    assert drills.plated is False
    assert drills.holes == (Holes(diameter_mm=3.2, count=2),)
    assert drills.slots == 1


@pytest.mark.parametrize(
    ("body", "head", "code"),
    [
        ("", HEAD, "empty-layer"),
        ("D77*\nX0Y0D03*\n" + SQUARE, HEAD, "undefined-apertures"),
        (SQUARE, "%FSLAX34Y34*%\n", "no-unit"),
        ("%IPNEG*%\n" + SQUARE, HEAD, "negative-image"),
    ],
)
def test_what_is_strange_is_told(
    tmp_path: Path, body: str, head: str, code: str
) -> None:
    assert code in {note.code for note in painted(tmp_path, body, head).notes}


def test_an_outline_that_does_not_close_is_told(tmp_path: Path) -> None:
    body = "%ADD10C,0.1*%\nD10*\nX0Y0D02*\nX90000D01*\nY90000D01*\nX0D01*\n"
    found = painted(tmp_path, body, name="x.gko")
    assert {note.code for note in found.notes} == {"open-outline"}
    closed = painted(tmp_path, body + "Y0D01*\n", name="x.gko")
    assert closed.notes == ()
    assert isinstance(closed.what, BoardLayer)
    assert closed.what.way_mm == pytest.approx(36)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("%ADD10NOWHERE,1*%\n" + FLASHED, "nowhere defined"),
        (macro("1,1,$1/0,0,0,0*"), "can't be reckoned"),
        (macro("1,1,__import__,0,0*"), "can't be reckoned"),
        (macro("99,1,1*"), "unknown primitive"),
        (macro("4,1,3,0,0,4,0*"), "lacks"),
        (macro("1,0,1,0,0*"), "paints nothing"),
        ("%ADD10C,99999*%\n" + FLASHED, "larger than 10 m"),
        ("%ADD10C,9e29*%\n" + FLASHED, "larger than 10 m"),
        ("%ADD10C,9e307X9e307*%\n" + FLASHED, "larger than 10 m"),
        ("%SRX9999Y9999I1J1*%\n" + SQUARE + "%SR*%\n", "paints more than"),
        ("%FSX*%\n", "number format"),
    ],
)
def test_what_can_not_be_painted_is_refused_in_words(
    tmp_path: Path, body: str, words: str
) -> None:
    with pytest.raises(UnreadableError, match=words):
        painted(tmp_path, body)
