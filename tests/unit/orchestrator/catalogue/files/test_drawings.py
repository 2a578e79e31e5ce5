"""What a DXF and an SVG tell: sizes, cut length, holes, and the unit."""

import io
from pathlib import Path

import ezdxf
import pytest
from ezdxf.document import Drawing as Document

from orchestrator.catalogue.files import dxf, svg
from orchestrator.catalogue.files.reading import UnreadableError
from orchestrator.catalogue.found import Drawing, Found, in_inches
from tests.unit.orchestrator.catalogue.files.reads import read


def plate(unit: int) -> Document:
    """100 x 60 of four lines, two of them drawn backwards; two holes, a square one."""
    document = ezdxf.new("R2010")
    document.header["$INSUNITS"] = unit
    space = document.modelspace()
    corners = [(0, 0), (100, 0), (100, 60), (0, 60)]
    for start, end in ((0, 1), (2, 1), (2, 3), (0, 3)):
        space.add_line(corners[start], corners[end])
    for x in (10, 90):
        space.add_circle((x, 10), 1.6)
    window = [(30, 20), (50, 20), (50, 40), (30, 40)]
    space.add_lwpolyline(window, close=True, dxfattribs={"layer": "window"})
    return document


def saved(document: Document) -> bytes:
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue().encode()


def drawing_of(found: Found) -> Drawing:
    assert isinstance(found.what, Drawing)
    return found.what


def test_a_plate_is_measured(tmp_path: Path) -> None:
    found = read(dxf.read, tmp_path, "plate.dxf", saved(plate(unit=4)))
    told = drawing_of(found)

    assert (told.width_mm, told.height_mm) == (100, 60)
    assert told.unit == "mm"
    assert not found.asks_for_unit
    assert told.cut_length_mm == pytest.approx(320 + 80 + 2 * 3.1416 * 3.2, rel=1e-3)
    assert told.part_area_mm2 == pytest.approx(6000 - 400 - 2 * 8.04, rel=1e-3)
    assert (told.contours, told.open_lines) == (4, 0)
    assert [(hole.diameter_mm, hole.count) for hole in told.holes] == [(3.2, 2)]
    assert told.smallest_mm is not None
    assert told.smallest_mm.value == pytest.approx(3.2)
    assert [layer.name for layer in told.layers] == ["0", "window"]
    assert found.notes == ()


def test_inches_become_millimetres(tmp_path: Path) -> None:
    told = drawing_of(read(dxf.read, tmp_path, "plate.dxf", saved(plate(unit=1))))
    assert told.width_mm == pytest.approx(2540)
    assert told.unit == "inch"


def test_a_drawing_without_a_unit_asks(tmp_path: Path) -> None:
    found = read(dxf.read, tmp_path, "plate.dxf", saved(plate(unit=0)))
    assert found.asks_for_unit
    assert found.proposed_unit == "mm"
    assert drawing_of(in_inches(found)).holes[0].diameter_mm == pytest.approx(81.28)


def test_what_is_hidden_or_written_is_not_cut(tmp_path: Path) -> None:
    document = plate(unit=4)
    document.layers.add("notes").off()
    space = document.modelspace()
    space.add_circle((500, 500), 100, dxfattribs={"layer": "notes"})
    space.add_text("cut me")
    space.add_line((0, 0), (100, 0))
    found = read(dxf.read, tmp_path, "plate.dxf", saved(document))
    assert drawing_of(found).width_mm == 100
    assert [note.code for note in found.notes] == ["double-lines", "texts"]


def test_blocks_within_themselves_end_the_reading(tmp_path: Path) -> None:
    document = plate(unit=4)
    for name, other in (("A", "B"), ("B", "A")):
        document.blocks.new(name).add_blockref(other, (1, 1))
    document.modelspace().add_blockref("A", (0, 0))
    with pytest.raises(RecursionError):  # which the reader's process tells in words
        read(dxf.read, tmp_path, "plate.dxf", saved(document))


SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 200 100">'
    '<g transform="translate(10,10)"><rect width="100" height="50" stroke="red"/>'
    '<circle cx="20" cy="20" r="6" stroke="red"/></g>'
    '<g display="none"><rect width="900" height="900"/></g></svg>'
)


def test_an_svg_in_millimetres(tmp_path: Path) -> None:
    content = SQUARE.format(size='width="100mm" height="50mm"').encode()
    found = read(svg.read, tmp_path, "square.svg", content)
    told = drawing_of(found)
    assert told.width_mm == pytest.approx(50, rel=1e-3)
    assert told.height_mm == pytest.approx(25, rel=1e-3)
    assert [(hole.diameter_mm, hole.count) for hole in told.holes] == [(6.0, 1)]
    assert found.notes == ()


def test_an_svg_in_pixels_says_how_large_that_is(tmp_path: Path) -> None:
    content = SQUARE.format(size='width="200" height="100"').encode()
    found = read(svg.read, tmp_path, "square.svg", content)
    assert drawing_of(found).width_mm == pytest.approx(100 * 25.4 / 96, rel=1e-3)
    assert [note.code for note in found.notes] == ["size-from-pixels"]
    assert "26.5 x 13.2 mm" in found.notes[0].words


@pytest.mark.parametrize(
    "content", [b"", b"<svg", b"0\nSECTION\n2\n", b"\xff\x00" * 50]
)
def test_what_is_none_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    for reader in (dxf.read, svg.read):
        with pytest.raises(UnreadableError):
            read(reader, tmp_path, "broken", content)


def test_a_variable_without_a_value_is_no_drawing(tmp_path: Path) -> None:
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n9\n$INSUNITS\n0\nENDSEC\n0\nEOF\n"
    with pytest.raises(UnreadableError, match="no DXF"):
        read(dxf.read, tmp_path, "x.dxf", head.encode())


def test_lines_that_are_nowhere_are_told_and_the_others_kept(tmp_path: Path) -> None:
    document = plate(unit=4)
    space = document.modelspace()
    space.add_line((float("nan"), 0), (5, 5))
    space.add_line((0, float("inf")), (5, 5))
    space.add_line((0, 1e12), (5, 5))
    found = read(dxf.read, tmp_path, "plate.dxf", saved(document))
    clean = read(dxf.read, tmp_path, "clean.dxf", saved(plate(unit=4)))
    assert drawing_of(found).width_mm == drawing_of(clean).width_mm
    assert [note.code for note in found.notes] == ["broken-numbers"]
    assert "3 lines" in found.notes[0].words
