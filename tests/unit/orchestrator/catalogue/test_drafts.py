"""An upload is kept and looked into before it is a design; only its designer opens it."""

from pathlib import Path

import pytest

from benchmarks.estimates.meshes import box, write_stl
from orchestrator.catalogue.contents import InvalidFileError
from orchestrator.catalogue.drafts import draft_of, keep_draft, written_manifest
from orchestrator.catalogue.making import preview
from orchestrator.catalogue.okh import read_manifest
from orchestrator.catalogue.publish import Upload
from orchestrator.foundation.errors import NotFoundError

MANIFEST = b"""okhv = "OKH-LOSHv1.0"
name = "Shelf foot"
license = "CERN-OHL-S-2.0"
licensor = "Mira Salo"
function = "Keeps a shelf off the floor"
"""


def upload(name: str, content: bytes) -> Upload:
    return Upload(name=name, chunks=[content])


@pytest.fixture
def mesh(tmp_path: Path) -> bytes:
    write_stl(tmp_path / "block.stl", box(20, 10, 4))
    return (tmp_path / "block.stl").read_bytes()


def test_a_folder_with_a_manifest_is_not_asked_for_its_licence(
    tmp_path: Path, mesh: bytes
) -> None:
    name = keep_draft(
        tmp_path,
        "mira",
        [
            upload("foot/okh.toml", MANIFEST),
            upload("foot/block.stl", mesh),
            upload("foot/.git/config", b"noise"),
            upload("foot/notes.bin", b"\0\1"),
        ],
    )
    draft = draft_of(tmp_path, name, "mira")
    assert draft.title == "Shelf foot"
    assert [question.key for question in draft.questions] == ["body", "unit"]
    assert len(draft.seen) == 3
    seen = draft.seen_as("foot/block.stl")
    assert seen.picture is not None
    step = preview(tmp_path, draft, draft.answers({}), {}).ordered()[0]
    assert step.process == "3DP-FDM"
    assert 0 < step.material_g.value < 20 * 10 * 4 * 1.24 / 1_000 + 1
    assert step.run_s.plus_minus > 0
    inches = draft.answers({"unit": "inch"})
    larger = preview(tmp_path, draft, inches, {}).ordered()[0]
    assert larger.run_s.value > step.run_s.value


def test_a_manifest_that_can_not_be_read_is_told_and_the_rest_is_kept(
    tmp_path: Path, mesh: bytes
) -> None:
    uploads = [upload("okh.toml", b"name = "), upload("block.stl", mesh)]
    draft = draft_of(tmp_path, keep_draft(tmp_path, "mira", uploads), "mira")
    assert draft.manifest is None
    assert draft.manifest_fault.startswith("okh.toml: ")
    assert next(question.key for question in draft.questions) == "licence"


def test_nobody_else_opens_a_draft(tmp_path: Path) -> None:
    name = keep_draft(tmp_path, "mira", [upload("a.txt", b"words")])
    assert draft_of(tmp_path, name, "mira").questions != ()
    for draft, designer in ((name, "otso"), ("0" * 64, "mira")):
        with pytest.raises(NotFoundError):
            draft_of(tmp_path, draft, designer)


def test_nothing_is_no_draft(tmp_path: Path) -> None:
    with pytest.raises(InvalidFileError, match="first"):
        keep_draft(tmp_path, "mira", [])


def test_a_written_manifest_is_read_as_it_was_meant(tmp_path: Path) -> None:
    name = keep_draft(tmp_path, "mira", [upload("a.txt", b"words")])
    exact = written_manifest(
        draft_of(tmp_path, name, "mira"),
        title='A "quoted" \\ name',
        licence="CC-BY-4.0",
        licensor="Mira",
        function="",
    )
    read = read_manifest(exact, name="okh.toml")
    assert (read.title, read.licence) == ('A "quoted" \\ name', "CC-BY-4.0")
    assert read.summary == "Made from a.txt"
