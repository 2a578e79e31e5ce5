"""What an STL tells, and what is said of one that is broken."""

from pathlib import Path

import numpy as np
import pytest

from orchestrator.catalogue.files import mesh, shade, stl
from orchestrator.catalogue.files.apart import look
from orchestrator.catalogue.files.limits import Limits
from orchestrator.catalogue.files.reading import Source, UnreadableError
from orchestrator.catalogue.found import Found, Mesh, in_inches, in_millimetres
from tests.unit.orchestrator.catalogue.files import made


def read(tmp_path: Path, content: bytes) -> Found:
    path = tmp_path / "part.stl"
    path.write_bytes(content)
    answer = stl.read(Source(name=path.name, path=path))
    return Found(
        name=path.name, format=answer.format, what=answer.what, notes=answer.notes
    )


def mesh_of(found: Found) -> Mesh:
    assert isinstance(found.what, Mesh)
    return found.what


@pytest.mark.parametrize("write", [made.stl, made.text_stl])
def test_a_block_is_measured(tmp_path: Path, write) -> None:
    found = read(tmp_path, write(made.block(20, 30, 10)))
    told = mesh_of(found)

    assert (told.x_mm, told.y_mm, told.z_mm) == (20, 30, 10)
    assert told.volume_mm3 == pytest.approx(6000)
    assert told.area_mm2 == pytest.approx(2200)
    assert told.bottom_mm2 == pytest.approx(600)
    assert told.overhang_mm2 == 0
    assert told.watertight
    assert told.bodies == 1
    assert found.notes == ()
    assert {round(cut.area_mm2, 6) for cut in told.slices} == {600}
    assert {round(cut.outline_mm, 6) for cut in told.slices} == {100}
    assert told.thinnest_mm is not None
    assert told.thinnest_mm.value == pytest.approx(10)


def test_a_hollow_block_is_thin_and_has_two_shells(tmp_path: Path) -> None:
    inner = made.block(16, 16, 16)[:, ::-1] + 2  # turned: its normals look into the gap
    told = mesh_of(
        read(tmp_path, made.stl(np.concatenate([made.block(20, 20, 20), inner])))
    )

    assert told.volume_mm3 == pytest.approx(20**3 - 16**3)
    assert told.bodies == 2
    assert told.thinnest_mm is not None
    assert told.thinnest_mm.value == pytest.approx(2, rel=0.01)
    assert told.slices[24].area_mm2 == pytest.approx(20**2 - 16**2)


def test_the_unit_is_asked_with_both_sizes(tmp_path: Path) -> None:
    found = read(tmp_path, made.stl(made.block(2, 3, 1)))
    assert found.asks_for_unit
    assert found.proposed_unit == "inch"  # 3 mm would be a crumb

    inches = in_inches(found)
    assert mesh_of(inches).x_mm == pytest.approx(50.8)
    assert mesh_of(inches).volume_mm3 == pytest.approx(6 * 25.4**3)
    assert mesh_of(inches).slices[0].area_mm2 == pytest.approx(6 * 25.4**2)
    assert not inches.asks_for_unit
    assert in_inches(inches) == inches
    assert not in_millimetres(found).asks_for_unit


def test_holes_in_the_surface_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, made.stl(made.block(20, 20, 20)[:-1]))
    assert not mesh_of(found).watertight
    assert [(note.code, note.grave) for note in found.notes] == [
        ("not-watertight", True)
    ]
    assert "3 edges" in found.notes[0].words


def test_two_blocks_that_share_an_edge_are_not_manifold(tmp_path: Path) -> None:
    both = np.concatenate(
        [made.block(10, 10, 10), np.add(made.block(10, 10, 10), [10, 10, 0])]
    )
    found = read(tmp_path, made.stl(both))
    assert [(note.code, note.grave) for note in found.notes] == [
        ("not-manifold", False)
    ]


def test_an_inside_out_block_is_turned(tmp_path: Path) -> None:
    found = read(tmp_path, made.stl(made.block(20, 20, 20)[:, ::-1]))
    assert mesh_of(found).volume_mm3 == pytest.approx(8000)
    assert mesh_of(found).bottom_mm2 == pytest.approx(400)
    assert [note.code for note in found.notes] == ["inside-out"]


def test_numbers_that_are_none_are_left_out_and_told(tmp_path: Path) -> None:
    triangles = made.block(20, 20, 20)
    triangles[3, 1, 2] = np.nan
    triangles[5, 0, 0] = np.inf
    found = read(tmp_path, made.stl(triangles))
    assert mesh_of(found).x_mm == 20
    assert {note.code for note in found.notes} == {"broken-numbers", "not-watertight"}
    assert "2 of 12 triangles" in found.notes[0].words


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, made.stl(made.block(20, 20, 20))[:-75])
    assert found.notes[0].code == "cut-short"
    assert mesh_of(found).triangles == 10


@pytest.mark.parametrize("content", [b"", b"solid x\nfacet\nendsolid", bytes(84)])
def test_nothing_to_measure_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableError, match="xport it again"):
        read(tmp_path, content)


def test_slices_of_a_flat_sheet_are_none() -> None:
    assert mesh.slices(made.block(10, 10, 0), 8) == ()


def test_a_look_tells_the_same_and_brings_a_picture(tmp_path: Path) -> None:
    content = made.stl(made.block(20, 30, 10))
    direct = read(tmp_path, content)
    looked = look(tmp_path / "part.stl", "part.stl")
    assert looked.found == direct
    assert looked.picture.startswith(b"\x89PNG")
    assert len(looked.view) == 12 * 18


def test_a_rod_of_a_thousand_slender_triangles_has_a_picture() -> None:
    angles = np.linspace(0, 2 * np.pi, 721)
    low = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    high = np.add(low, [0, 0, 8])
    sides = [
        np.stack([low[:-1], low[1:], high[1:]], axis=1),
        np.stack([low[:-1], high[1:], high[:-1]], axis=1),
    ]
    assert shade.picture(np.concatenate(sides)).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(size_max_bytes=100), "too-large"),
        (Limits(wall_max_s=0), "too-long"),
    ],
)
def test_beyond_a_limit_the_answer_is_a_message(
    tmp_path: Path, limits: Limits, code: str
) -> None:
    path = tmp_path / "part.stl"
    path.write_bytes(made.stl(made.block(20, 30, 10)))
    found = look(path, "part.stl", limits).found
    assert [(note.code, note.grave) for note in found.notes] == [(code, True)]
    assert found.format == "STL"


def test_memory_ends_the_look_and_nothing_else(tmp_path: Path) -> None:
    """Two million triangles want more than the interpreter and 60 MB."""
    path = tmp_path / "large.stl"
    path.write_bytes(made.stl(np.tile(made.block(20, 30, 10), (60_000, 1, 1))))
    found = look(path, path.name, Limits(memory_max_bytes=512 << 20)).found
    assert [note.code for note in found.notes] == ["too-much-memory"]


def test_triangles_without_an_area_are_no_body(tmp_path: Path) -> None:
    """Corners that differ by less than a square of floats can hold."""
    thin = np.array([[[0, 0, 0], [1e-38, 1e-38, 0], [2e-4, 2e-4, 0]]], np.float64)
    with pytest.raises(UnreadableError, match="no area"):
        read(tmp_path, made.stl(thin))


def test_numbers_that_signal_are_left_out_like_all_that_are_none(
    tmp_path: Path,
) -> None:
    content = bytearray(made.stl(made.block(20, 30, 10)))
    content[96:100] = b"\x01\x00\x80\x7f"  # a NaN that processors complain of
    found = read(tmp_path, bytes(content))
    assert "broken-numbers" in [note.code for note in found.notes]
