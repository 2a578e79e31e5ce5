"""What a STEP file tells, read by OpenCASCADE in a process of its own (`make step`)."""

from pathlib import Path

import pytest

pytest.importorskip("OCP", reason="the extra `step` is not installed: make step")

from orchestrator.catalogue.files import solid
from orchestrator.catalogue.files.apart import Looked, look
from orchestrator.catalogue.files.limits import Limits
from orchestrator.catalogue.found import Holes, Mesh, Model
from tests.unit.orchestrator.catalogue.files import solids


def model_of(looked: Looked) -> Model:
    assert isinstance(looked.found.what, Model), looked.found
    return looked.found.what


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def test_a_plate_is_measured_exactly(file: Path) -> None:
    solids.write(file, [("Base plate", solids.plate(), [])])
    looked = look(file, "plate.step")
    model = model_of(looked)
    (part,) = model.parts
    pi = 3.141592653589793
    assert (part.name, part.count) == ("Base plate", 1)
    assert (model.x_mm, model.y_mm, model.z_mm) == pytest.approx((60, 40, 7))
    assert part.body.volume_mm3 == pytest.approx(
        60 * 40 * 5 - 4 * pi * 2.25**2 * 5 + pi * 1.5**2 * 2, rel=1e-6
    )
    assert part.holes == (Holes(diameter_mm=4.5, count=4),)
    assert part.smallest_mm == 3
    assert (part.body.watertight, part.body.bodies) == (True, 1)
    assert model.unit.lower() == "millimetre"
    assert looked.found.notes == ()
    assert looked.picture.startswith(b"\x89PNG")
    assert len(looked.view) % 18 == 0


def test_its_figures_are_those_of_the_same_shape_as_stl(
    file: Path, tmp_path: Path
) -> None:
    shape = solids.plate()
    solids.write(file, [("plate", shape, [])])
    solid.write_triangles(shape, (60, 40, 7), tmp_path / "same.stl")
    exact = model_of(look(file, "plate.stp")).parts[0].body
    mesh = look(tmp_path / "same.stl", "same.stl").found.what
    assert isinstance(mesh, Mesh)
    for name in ("x_mm", "y_mm", "z_mm", "volume_mm3", "area_mm2", "bottom_mm2"):
        assert getattr(exact, name) == pytest.approx(getattr(mesh, name), rel=5e-3), (
            name
        )
    assert mesh.watertight
    assert mesh.bodies == exact.bodies


def test_an_assembly_tells_how_many_of_each(file: Path) -> None:
    plates = [solids.moved(0, 0, z) for z in (0, 50)]
    posts = [solids.moved(x, y, 5) for x in (5, 55) for y in (5, 35)]
    solids.write(
        file,
        [
            ("Plate", solids.plate(), plates),
            ("Post", solids.rod(0, 0, 0, 2, 45), posts),
        ],
    )
    model = model_of(look(file, "shelf.step"))
    assert {part.name: part.count for part in model.parts} == {"Plate": 2, "Post": 4}
    assert (model.x_mm, model.y_mm, model.z_mm) == pytest.approx((60, 40, 57), abs=0.1)


def test_inches_are_read_as_they_are_meant(file: Path) -> None:
    solids.write(file, [("plate", solids.plate(), [])], unit="INCH")
    model = model_of(look(file, "plate.step"))
    assert model.unit.lower() == "inch"
    assert (model.x_mm, model.y_mm, model.z_mm) == pytest.approx((60, 40, 7))


def test_a_blind_and_a_crossed_hole_are_holes_and_a_fillet_is_none(file: Path) -> None:
    solids.write(file, [("block", solids.block_with_bores(), [])])
    (part,) = model_of(look(file, "block.step")).parts
    assert part.holes == (
        Holes(diameter_mm=4, count=2),
        Holes(diameter_mm=6, count=1),
    )


def test_surfaces_that_close_nothing_are_told(file: Path) -> None:
    solids.write(file, [("Lid", solids.open_box(), [])])
    looked = look(file, "lid.step")
    assert [(note.code, note.grave) for note in looked.found.notes] == [
        ("not-solid", True)
    ]
    assert "Lid" in looked.found.notes[0].words
    assert not model_of(looked).parts[0].body.watertight


def refused(looked: Looked) -> str:
    (note,) = looked.found.notes
    assert note.grave
    assert looked.found.format == "STEP"
    return f"{note.code}: {note.words}"


def test_a_file_cut_short_is_told(file: Path) -> None:
    solids.write(file, [("plate", solids.plate(), [])])
    file.write_bytes(file.read_bytes()[:-2_000])
    assert "cut short" in refused(look(file, "plate.step"))


def test_a_damaged_file_is_not_half_read(file: Path) -> None:
    solids.write(file, [("plate", solids.plate(), [])])
    whole = file.read_bytes()
    head, found, rest = whole.partition(b"ADVANCED_FACE(")
    assert found
    file.write_bytes(head + b"ADVANCED FACE(" + rest)
    line = head.count(b"\n") + 1
    words = refused(look(file, "plate.step"))
    told = [f"it is damaged, first at line {at} (" for at in (line, line + 1)]
    assert any(each in words for each in told), words


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "damaged"),
        (b"#1=CARTESIAN_POINT('',(0.,0.,0.));\n", "no shape|no STEP"),
        (b"#1=MANIFOLD_SOLID_BREP('',#1);\n", "no shape|no STEP"),
        (b"#1=CLOSED_SHELL('',(#2,#3)\n", "no STEP"),
        (b"#1=DOCUMENT_FILE('../../secret.stp','','',#2,'',$);\n", "other files"),
    ],
)
def test_what_is_broken_or_empty_is_refused_in_words(
    file: Path, data: bytes, said: str
) -> None:
    head = b"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n"
    file.write_bytes(head + data + b"ENDSEC;\nEND-ISO-10303-21;\n")
    words = refused(look(file, "part.step"))
    assert any(each in words for each in said.split("|")), words


def test_limits_hold(file: Path) -> None:
    solids.write(file, [("plate", solids.plate(), [])])
    for limits, code in (
        (Limits(cpu_max_s=1), "too-long"),
        (Limits(memory_max_bytes=256 << 20), "reader-failed|too-much-memory"),
        (Limits(size_max_bytes=1_000), "too-large"),
    ):
        assert refused(look(file, "plate.step", limits)).split(":")[0] in code
