"""Parts of a STEP file are cut into triangles and printed like any mesh (`make step`)."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("OCP", reason="the extra `step` is not installed: make step")

from orchestrator.catalogue.bill import BILL_NAME
from orchestrator.catalogue.drafts import Draft, draft_of, keep_draft
from orchestrator.catalogue.estimates.slicer import is_installed
from orchestrator.catalogue.files.apart import unpack
from orchestrator.catalogue.files.stl import triangles_of
from orchestrator.catalogue.making import Made, Wording, make, preview
from orchestrator.catalogue.publish import Upload, keep_files
from orchestrator.foundation import files as store
from tests.unit.orchestrator.catalogue.files import solids

PLATE_STL = "shelf-1 Plate.stl"


def shelf(folder: Path) -> bytes:
    """Two plates, four posts of another size, and eight screws."""
    path = folder / "shelf.step"
    solids.write(
        path,
        [
            ("Plate", solids.plate(), [solids.moved(0, 0, z) for z in (0, 50)]),
            ("Post/long", solids.rod(0, 0, 0, 2, 45), [
                solids.moved(x, y, 5) for x in (5, 55) for y in (5, 35)
            ]),
            ("ISO 4762 M3x10", solids.rod(0, 0, 0, 1.5, 10), [
                solids.moved(x, 20, 5) for x in range(5, 45, 5)
            ]),
        ],
    )  # fmt: skip
    return path.read_bytes()


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    uploads = [Upload(name="shelf.step", chunks=[shelf(tmp_path)])]
    return draft_of(
        tmp_path, keep_draft(tmp_path, "mira", keep_files(tmp_path, uploads)), "mira"
    )


def made(folder: Path, draft: Draft, **given: str) -> Made:
    wording = Wording(title="Shelf", function="", licensor="Mira")
    return make(folder, draft, draft.answers(given), wording)


def test_each_part_is_a_mesh_in_millimetres(tmp_path: Path, draft: Draft) -> None:
    (seen,) = draft.seen
    names = [cut.file.name for cut in seen.cuts]
    assert names == [PLATE_STL, "shelf-2 Post_long.stl", "shelf-3 ISO 4762 M3x10.stl"]
    path = store.path_of(tmp_path, seen.cuts[0].file.sha256)
    triangles, _ = triangles_of(path.read_bytes())
    size_mm = triangles.max(axis=(0, 1)) - triangles.min(axis=(0, 1))
    assert np.allclose(size_mm, (60, 40, 7), atol=0.05)


def test_inches_are_cut_as_they_are_meant(tmp_path: Path) -> None:
    path, into = tmp_path / "plate.step", tmp_path / "into"
    into.mkdir()
    solids.write(path, [("plate", solids.plate(), [])], unit="INCH")
    unpack(path, "plate.step", into)
    triangles, _ = triangles_of((into / "0").read_bytes())
    size_mm = triangles.max(axis=(0, 1)) - triangles.min(axis=(0, 1))
    assert np.allclose(size_mm, (60, 40, 7), atol=0.05)


def test_the_estimate_is_that_of_its_triangles(tmp_path: Path, draft: Draft) -> None:
    bill = preview(tmp_path, draft, draft.answers({}), {})
    plate, post = (step for step in bill.steps if step.process)
    assert (plate.mesh, plate.mesh_of) == (PLATE_STL, "shelf.step")
    assert (plate.quantity, post.quantity) == (2, 4)
    for step in (plate, post):
        assert step.run_s.source.startswith("our estimate")
        assert step.run_s.plus_minus < 0.3 * step.run_s.value  # solid: half of it
    assert [(one.name, one.quantity) for one in bill.bought] == [("ISO 4762 M3x10", 8)]


def test_what_was_to_be_bought_is_estimated_when_it_is_made(
    tmp_path: Path, draft: Draft
) -> None:
    bill = preview(tmp_path, draft, draft.answers({"bought": ""}), {})
    screw = next(step for step in bill.steps if "ISO" in step.name)
    assert screw.run_s.source.startswith("our estimate")


def test_its_mesh_is_published_and_its_program_where_one_is_made(
    tmp_path: Path, draft: Draft
) -> None:
    told = made(tmp_path, draft)
    names = {file.name for file in told.kept}
    assert {"shelf.step", PLATE_STL, BILL_NAME} <= names
    assert not any("ISO" in name for name in names)
    plate, _ = told.process.steps
    if is_installed():
        assert (plate.program, plate.dialect) == ("shelf-1 Plate.gcode", "marlin")
        assert plate.program in names
    else:
        assert (plate.program, plate.dialect) == (None, "fabnode")
    (kept,) = (file for file in told.kept if file.name == BILL_NAME)
    step = json.loads(store.read_file(tmp_path, kept.sha256))["steps"][0]
    assert (step["mesh"], step["mesh_of"]) == (PLATE_STL, "shelf.step")


def test_the_same_solid_is_the_same_mesh(tmp_path: Path, draft: Draft) -> None:
    uploads = [Upload(name="shelf.step", chunks=[shelf(tmp_path)])]
    anew = draft_of(
        tmp_path, keep_draft(tmp_path, "mira", keep_files(tmp_path, uploads)), "mira"
    )
    assert [cut.file for cut in anew.seen[0].cuts] == [
        cut.file for cut in draft.seen[0].cuts
    ]


def test_what_is_milled_needs_no_mesh(tmp_path: Path, draft: Draft) -> None:
    told = made(tmp_path, draft, body="aluminium")
    assert PLATE_STL not in {file.name for file in told.kept}
