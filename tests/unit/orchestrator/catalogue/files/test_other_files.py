"""3MF, G-code and tables; and which reader a file needs."""

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from orchestrator.catalogue.files import bom, program, threemf
from orchestrator.catalogue.files.apart import look
from orchestrator.catalogue.files.formats import format_of
from orchestrator.catalogue.files.reading import UnreadableError
from orchestrator.catalogue.found import Mesh, Other, PartsList, Program
from tests.unit.orchestrator.catalogue.files import made
from tests.unit.orchestrator.catalogue.files.reads import read

PRINT = b"""; nozzle_diameter = 0.4
; filament_type = PETG
G21
G90
M83
G28
G1 Z0.2 F600
G1 X10 Y10 F6000
G1 X60 Y10 E2 F1500
G1 X60 Y40 E1.5
G1 X10 Y10 E3
"""


def threemf_of(model: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("3D/3dmodel.model", model)
    return stream.getvalue()


def model(unit: str, build: str, more: str = "") -> str:
    triangles = made.block(1, 2, 3)
    vertices = "".join(
        f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in triangles.reshape(-1, 3)
    )
    faces = "".join(
        f'<triangle v1="{3 * n}" v2="{3 * n + 1}" v3="{3 * n + 2}"/>' for n in range(12)
    )
    return (
        f'<model unit="{unit}" xmlns="http://schemas.microsoft.com/3dmanufacturing/'
        f'core/2015/02"><resources><object id="1"><mesh><vertices>{vertices}'
        f"</vertices><triangles>{faces}</triangles></mesh></object>{more}</resources>"
        f"<build>{build}</build></model>"
    )


def test_a_3mf_says_its_unit_and_places_its_bodies(tmp_path: Path) -> None:
    build = (
        '<item objectid="1"/><item objectid="1" transform="1 0 0 0 1 0 0 0 1 4 0 0"/>'
    )
    content = threemf_of(model("centimeter", build))
    found = read(threemf.read, tmp_path, "x.3mf", content)
    assert isinstance(found.what, Mesh)
    assert (found.what.x_mm, found.what.y_mm, found.what.z_mm) == (50, 20, 30)
    assert found.what.volume_mm3 == pytest.approx(2 * 6000)
    assert found.what.bodies == 2
    assert not found.asks_for_unit


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            '<object id="2"><components><component objectid="2"/></components></object>',
            "nested",
        ),
        (
            '<object id="2"><components><component objectid="7"/></components></object>',
            "7",
        ),
    ],
)
def test_a_3mf_within_itself_is_refused(tmp_path: Path, more: str, words: str) -> None:
    content = threemf_of(model("millimeter", '<item objectid="2"/>', more))
    with pytest.raises(UnreadableError, match=words):
        read(threemf.read, tmp_path, "x.3mf", content)


def test_a_print_tells_its_room_time_and_material(tmp_path: Path) -> None:
    found = read(program.read, tmp_path, "x.gcode", PRINT)
    told = found.what
    assert isinstance(told, Program)
    assert told.machine == "printer"
    assert (told.x_max_mm, told.y_max_mm) == (60, 40)
    assert told.filament_mm == pytest.approx(6.5)
    assert told.material == "PETG"
    assert told.tool == "nozzle 0.4 mm"
    assert told.material_g is not None
    assert told.material_g.value == pytest.approx(6.5 * 2.405 * 1.27 / 1000, rel=1e-3)
    assert told.duration_s.value > 5


@pytest.mark.parametrize("part_bytes", [32, 50, 77, 1 << 20])
def test_a_program_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    monkeypatch.setattr(program, "_PART_BYTES", part_bytes)
    monkeypatch.setattr(program, "_COMMENTS_BYTES", 60)
    mill = b"G21\nG90\n" + b"G1 X1 F600\n" * 40
    for content, machine in (
        (mill[:8] + PRINT, "printer"),
        (mill + b"M104 S200", "printer"),
        (mill, "laser-or-mill"),
    ):
        told = content + b"\n; filament_type = PETG"
        found = read(program.read, tmp_path, "x.gcode", told).what
        assert isinstance(found, Program)
        assert (found.machine, found.material) == (machine, "PETG")


def test_a_mill_program_is_none_of_a_printer(tmp_path: Path) -> None:
    content = (
        b"(T1 3 mm end mill)\nG21 G90\nG0 X0 Y0 Z5\nM3 S1000\nG1 Z-1 F200\nG1 X50\nM5\n"
    )
    told = read(program.read, tmp_path, "x.nc", content).what
    assert isinstance(told, Program)
    assert told.machine == "laser-or-mill"
    assert told.z_min_mm == -1
    assert told.tool == "T1 3 mm end mill"
    assert told.material_g is None


@pytest.mark.parametrize("content", [b"", b"G1 X1e9Y", b"hello world"])
def test_a_program_that_no_machine_takes(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(program.read, tmp_path, "x.nc", content)


@pytest.mark.parametrize(
    "text",
    [
        'Qty,Part Name,Designator,Supplier\n4,M3 x 8 screw,,Shop\n2,Resistor,"R1, R2",\n',
        "Menge;Bezeichnung;Bezug;Hersteller\n4;M3 x 8 screw;;Shop\n2;Resistor;R1, R2;\n",
        "My robot\n\nQuantité\tDésignation\tRéférence\tFournisseur\n"
        "4 pcs\tM3 x 8 screw\t\tShop\n2\tResistor\tR1, R2\t\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_a_bill_of_materials(tmp_path: Path, text: str, encoding: str) -> None:
    told = read(bom.read, tmp_path, "bom.csv", text.encode(encoding)).what
    assert isinstance(told, PartsList)
    assert [(line.name, line.quantity) for line in told.lines] == [
        ("M3 x 8 screw", 4),
        ("Resistor", 2),
    ]
    assert told.lines[1].reference == "R1, R2"
    assert told.lines[0].source == "Shop"


def test_a_table_without_quantities_counts_references_and_says_what_is_unclear(
    tmp_path: Path,
) -> None:
    content = b'Designator,Value\n"C1, C2, C3",100nF\n'
    told = read(bom.read, tmp_path, "bom.csv", content).what
    assert isinstance(told, PartsList)
    assert told.lines[0].quantity == 3

    unclear = read(bom.read, tmp_path, "bom.csv", b"qty,name\nsome,glue\n")
    assert [note.code for note in unclear.notes] == ["quantity-unclear"]
    other = read(bom.read, tmp_path, "log.csv", b"time,volts\n1,2\n")
    assert isinstance(other.what, Other)


@pytest.mark.parametrize(
    ("name", "head", "format_"),
    [
        ("part.STL", b"\x00" * 84, "STL"),
        ("part", b"solid x\n facet normal 0 0 1", "STL"),
        ("x.3mf", b"PK\x03\x04", "3MF"),
        ("x.zip", b"PK\x03\x04", "archive"),
        ("x.tgz", b"\x1f\x8b", "archive"),
        ("x.tar", bytes(257) + b"ustar", "archive"),
        ("x.txt", b"M48\nMETRIC\n", "Excellon"),
        ("x.gcode", b"M48\n", "G-code"),
        ("x.art", b"G04 hi*\n%FSLAX46Y46*%", "Gerber"),
        ("x.bin", b"  0\nSECTION\n", "DXF"),
        ("x.xml", b"\xef\xbb\xbf<?xml version='1.0'?><svg ", "SVG"),
        ("x", b"ISO-10303-21;\nHEADER;", "STEP"),
        ("cut.STP", b"", "STEP"),
        ("x.ifc", b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));", None),
        ("bom.csv", b"qty,name", "BoM"),
        ("readme.md", b"# Title", None),
        ("photo.jpg", b"\xff\xd8\xff", None),
    ],
)
def test_formats(name: str, head: bytes, format_: str | None) -> None:
    assert format_of(name, head) == format_


@pytest.mark.skipif(find_spec("OCP") is not None, reason="this Python reads STEP")
def test_a_node_that_reads_no_step_keeps_it_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"ISO-10303-21;\nHEADER;\n")
    found = look(path, "lamp.step").found
    assert (found.format, found.what) == ("STEP", Other())
    (note,) = found.notes
    assert note.grave
    for told in ("kept", "STL or 3MF", "pip install 'fabcommons[step]'"):
        assert told in note.words
