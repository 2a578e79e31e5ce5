"""What a mesh is as layers, and what follows for time and filament."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.estimates.meshes import box, circle, prism, ring, together, write_stl
from orchestrator.catalogue.estimates.layers import layers_of
from orchestrator.catalogue.estimates.printing import estimate_print
from orchestrator.catalogue.estimates.profile import PrintProfile
from orchestrator.catalogue.estimates.slicer import (
    NotSlicedError,
    is_installed,
    slice_mesh,
)

PROFILE = PrintProfile()
# with several cores each slicing of it is another program
SCREW = Path("/usr/share/PrusaSlicer/shapes/M3x10_screw.stl")


def test_a_layer_of_a_block_has_its_area_and_outline() -> None:
    layers = layers_of(box(30, 20, 2), 0.2)
    assert len(layers.inside) == 10
    area_mm2 = layers.inside.sum(axis=(1, 2)) * layers.cell_mm**2
    assert area_mm2 == pytest.approx(np.full(10, 600), rel=0.02)
    assert layers.outline_mm == pytest.approx(np.full(10, 100))


def test_a_hole_is_no_material_and_has_an_outline() -> None:
    layers = layers_of(ring(circle(10), circle(5), 1), 0.2)
    area_mm2 = layers.inside.sum(axis=(1, 2)) * layers.cell_mm**2
    assert area_mm2 == pytest.approx(np.full(5, math.pi * 75), rel=0.02)
    assert layers.outline_mm == pytest.approx(np.full(5, math.pi * 30), rel=0.01)


def test_overlapping_bodies_count_once() -> None:
    whole = layers_of(box(30, 20, 2), 0.2).inside.sum()
    parts = together(box(20, 20, 2), box(20, 20, 2, (10, 0, 0)))
    assert layers_of(parts, 0.2).inside.sum() == pytest.approx(whole, rel=0.01)


def test_where_a_mesh_stands_in_its_file_does_not_matter() -> None:
    here, there = prism(circle(8), 10), prism(circle(8), 10) + 137.25
    first, second = (estimate_print(mesh, PROFILE) for mesh in (here, there))
    assert first.run_s == pytest.approx(second.run_s, rel=1e-3)
    assert first.filament_g == pytest.approx(second.filament_g, rel=1e-3)


def test_more_infill_is_heavier_and_slower_and_no_print_is_heavier_than_its_body() -> (
    None
):
    mesh = box(60, 40, 20)
    prints = [
        estimate_print(mesh, replace(PROFILE, infill_ratio=ratio))
        for ratio in (0.1, 0.4, 1.0)
    ]
    grams = [each.filament_g for each in prints]
    assert grams == sorted(grams)
    assert [each.run_s for each in prints] == sorted(each.run_s for each in prints)
    body_g = 60 * 40 * 20 * PROFILE.density_g_cm3 / 1_000
    assert grams[-1] == pytest.approx(body_g, rel=0.05)


@pytest.mark.skipif(not is_installed(), reason="PrusaSlicer is not installed here")
def test_prusaslicer_is_asked_and_agrees(tmp_path: Path) -> None:
    mesh = box(20, 20, 5)
    write_stl(tmp_path / "block.stl", mesh)
    sliced, own = (
        slice_mesh(tmp_path / "block.stl", PROFILE),
        estimate_print(mesh, PROFILE),
    )
    assert sliced.version.startswith("PrusaSlicer")
    assert own.run_s == pytest.approx(sliced.run_s, rel=0.15)
    assert own.filament_g == pytest.approx(sliced.filament_g, rel=0.15)


@pytest.mark.skipif(not SCREW.is_file(), reason="PrusaSlicer is not installed here")
def test_the_same_mesh_is_the_same_program(tmp_path: Path) -> None:
    programs = set()
    for name in ("a.stl", "b.stl", "a.stl"):
        (tmp_path / name).write_bytes(SCREW.read_bytes())
        programs.add(slice_mesh(tmp_path / name, PROFILE).program)
    assert len(programs) == 1


@pytest.mark.skipif(not is_installed(), reason="PrusaSlicer is not installed here")
def test_what_is_no_mesh_is_not_sliced(tmp_path: Path) -> None:
    path = tmp_path / "words.stl"
    path.write_text("solid nothing")
    with pytest.raises(NotSlicedError):
        slice_mesh(path, PROFILE)
