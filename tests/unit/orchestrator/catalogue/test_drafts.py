"""An upload is kept and looked into before it is a design; only its designer opens it."""

import io
import tarfile
from pathlib import Path

import pytest

from benchmarks.estimates.meshes import box, write_stl
from orchestrator.catalogue import drafts
from orchestrator.catalogue.contents import InvalidFileError
from orchestrator.catalogue.draft_manifest import is_written_here, written_manifest
from orchestrator.catalogue.drafts import draft_of
from orchestrator.catalogue.making import preview
from orchestrator.catalogue.okh import read_manifest
from orchestrator.catalogue.publish import FILES_MAX, KeptFile, Upload, keep_files
from orchestrator.foundation import files
from orchestrator.foundation.errors import NotFoundError
from tests.unit.orchestrator.catalogue.files.test_archives import zipped

MANIFEST = b"""okhv = "OKH-LOSHv1.0"
name = "Shelf foot"
license = "CERN-OHL-S-2.0"
licensor = "Mira Salo"
function = "Keeps a shelf off the floor"
"""


def upload(name: str, content: bytes) -> Upload:
    return Upload(name=name, chunks=[content])


def keep_draft(folder: Path, designer_id: str, uploads: list[Upload]) -> str:
    return drafts.keep_draft(folder, designer_id, keep_files(folder, uploads))


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


def test_a_manifest_of_an_old_editor_is_taken_and_kept_as_utf_8(
    tmp_path: Path, mesh: bytes
) -> None:
    old = MANIFEST.replace(b'name = "', 'name = "Flaschenöffner '.encode("cp1252"), 1)
    uploads = [upload("okh.toml", old), upload("block.stl", mesh)]
    draft = draft_of(tmp_path, keep_draft(tmp_path, "mira", uploads), "mira")
    assert draft.manifest == "okh.toml"
    assert draft.title.startswith("Flaschenöffner ")
    seen = draft.seen_as("okh.toml")
    assert [note.code for note in seen.found.notes] == ["not-utf-8"]
    kept = files.read_file(tmp_path, seen.file.sha256)
    assert kept.decode("utf-8") == old.decode("cp1252")


def test_a_written_manifest_is_read_as_it_was_meant() -> None:
    exact = written_manifest(
        "a.txt",
        title='A "quoted" \\ name',
        licence="CC-BY-4.0",
        licensor="Mira",
        function="",
    )
    read = read_manifest(exact, name="okh.toml")
    assert (read.title, read.licence) == ('A "quoted" \\ name', "CC-BY-4.0")
    assert read.summary == "Made from a.txt"
    assert is_written_here(exact)
    assert not is_written_here(exact + b'repo = "https://example.org"\n')


def test_a_new_version_keeps_the_manifest_unless_another_comes_along(
    tmp_path: Path, mesh: bytes
) -> None:
    before = stored(tmp_path, "okh.toml", MANIFEST)
    for given, manifest in (
        ([upload("block.stl", mesh)], "okh.toml"),
        ([upload("block.stl", mesh), upload("okh.yml", b"title: [")], None),
    ):
        kept = keep_files(tmp_path, given)
        name = drafts.keep_draft(tmp_path, "mira", kept, manifest_before=before)
        assert draft_of(tmp_path, name, "mira").manifest == manifest


def stored(folder: Path, name: str, content: bytes) -> KeptFile:
    (kept,) = keep_files(folder, [upload(name, content)])
    return kept


def test_a_tar_is_unpacked_and_its_links_are_named(tmp_path: Path, mesh: bytes) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, kind in (("link.stl", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            packed.addfile(entry)
        for name, content in (
            ("okh.toml", MANIFEST),
            ("block.stl", mesh),
            ("b\udce9d.stl", mesh),  # not UTF-8
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    name = keep_draft(tmp_path, "mira", [upload("foot.tar.gz", stream.getvalue())])
    draft = draft_of(tmp_path, name, "mira")
    assert [each.file.name for each in draft.seen] == ["okh.toml", "block.stl"]
    assert draft.title == "Shelf foot"
    assert [each.name for each in draft.refused] == ["link.stl", "hard", "b?d.stl"]


def test_a_document_that_is_a_zip_inside_stays_whole(tmp_path: Path) -> None:
    inside = zipped(**{"content.xml": b"<x/>", "Document.xml": b"<x/>"})
    name = keep_draft(
        tmp_path, "mira", [upload("list.ods", inside), upload("foot.FCStd", inside)]
    )
    draft = draft_of(tmp_path, name, "mira")
    assert [each.file.name for each in draft.seen] == ["list.ods", "foot.FCStd"]


def test_of_too_many_files_those_that_matter_are_kept_and_the_others_named(
    tmp_path: Path, mesh: bytes
) -> None:
    """By names alone, whether dropped or packed."""
    words = {f"notes/{number}.txt": b"words" for number in range(FILES_MAX + 6)}
    parts = {"block.stl": mesh, "okh.toml": MANIFEST}
    loose = [upload(name, content) for name, content in (words | parts).items()]
    kept = [stored(tmp_path, each.name, b"".join(each.chunks)) for each in loose]
    packed = stored(tmp_path, "all.zip", zipped(**(words | parts)))
    for given in (kept, [packed]):
        name = drafts.keep_draft(tmp_path, "mira", given)
        draft = draft_of(tmp_path, name, "mira")
        assert len(draft.seen) == FILES_MAX
        assert draft.manifest == "okh.toml"
        assert draft.seen_as("block.stl").picture is not None
        assert len(draft.refused) == 8
        assert all(str(FILES_MAX) in each.words for each in draft.refused)


def test_of_two_files_with_one_name_the_second_is_named(
    tmp_path: Path, mesh: bytes
) -> None:
    loose = stored(tmp_path, "block.stl", mesh)
    packed = stored(tmp_path, "more.zip", zipped(**{"block.stl": b"other"}))
    name = drafts.keep_draft(tmp_path, "mira", [loose, packed])
    draft = draft_of(tmp_path, name, "mira")
    assert [each.file for each in draft.seen] == [loose]
    assert [each.name for each in draft.refused] == ["block.stl"]


def test_files_behind_those_that_took_too_long_are_kept_unseen(
    tmp_path: Path, mesh: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "LOOKS_MAX_S", 0.0)
    name = keep_draft(tmp_path, "mira", [upload("block.stl", mesh)])
    (seen,) = draft_of(tmp_path, name, "mira").seen
    assert [note.code for note in seen.found.notes] == ["no-time"]


def test_only_some_manifests_are_tried(tmp_path: Path) -> None:
    """Each may take seconds, and a stranger can send many."""
    broken = [upload(f"okh{number}.toml", b"name = ") for number in range(9)]
    name = keep_draft(tmp_path, "mira", [*broken, upload("okh9.toml", MANIFEST)])
    draft = draft_of(tmp_path, name, "mira")
    assert draft.manifest is None
    assert draft.manifest_fault.startswith("okh3.toml: ")
