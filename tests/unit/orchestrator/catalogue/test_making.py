"""A draft and its answers become a published design, with a program where one is made."""

from datetime import datetime
from pathlib import Path
from shutil import make_archive

import pytest
from sqlalchemy.orm import Session

from benchmarks.estimates.meshes import circle, ring, write_stl
from orchestrator.catalogue.bill import BILL_NAME
from orchestrator.catalogue.designs import files_of, steps_of
from orchestrator.catalogue.drafts import draft_of, keep_draft
from orchestrator.catalogue.estimates.slicer import is_installed
from orchestrator.catalogue.making import Wording, make
from orchestrator.catalogue.process import InvalidProcessError
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.members.agents import add_agent, grant_role
from tests.dropped import gerbers, plate

MANIFEST = """okhv = "OKH-LOSHv1.0"
name = "Cable bush"
license = "CERN-OHL-S-2.0"
licensor = "Mira Salo"
function = "Keeps a cable off an edge"
"""


def archive(folder: Path) -> Path:
    """A project as it lies in a repository, packed."""
    project = folder / "cable-bush"
    project.mkdir()
    (project / "okh.toml").write_text(MANIFEST)
    (project / "README.md").write_text("# Cable bush\n")
    write_stl(project / "bush.stl", ring(circle(8), circle(3), 2))
    return Path(make_archive(str(folder / "packed"), "zip", project))


def dropped(kind: str, folder: Path) -> list[Path]:
    if kind == "drawing":
        return [plate(folder / "plate.dxf")]
    return gerbers(folder) if kind == "board" else [archive(folder)]


@pytest.mark.parametrize(
    ("kind", "questions", "process", "title"),
    [
        ("drawing", 3, "LAS-CUT", "Plate"),
        ("board", 1, "PCB-FAB-MIL", "Board Edge Cuts"),
        ("archive", 2, "3DP-FDM", "Cable bush"),
    ],
)
def test_a_draft_is_published(
    *,
    session: Session,
    tmp_path: Path,
    now: datetime,
    kind: str,
    questions: int,
    process: str,
    title: str,
) -> None:
    designer = add_agent(
        session, kind="person", name="Mira", legal_form="individual", now=now
    )
    grant_role(session, designer.id, "designer", now=now)
    store = tmp_path / "store"
    uploads = [
        Upload(name=path.name, chunks=[path.read_bytes()])
        for path in dropped(kind, tmp_path)
    ]
    draft = draft_of(
        store, keep_draft(store, designer.id, keep_files(store, uploads)), designer.id
    )
    assert len(draft.questions) == questions
    wording = Wording(title=draft.title, function="", licensor="Mira")
    made = make(store, draft, draft.answers({}), wording)
    version = publish(
        session,
        store,
        designer_id=designer.id,
        manifest=made.manifest,
        manifest_name=made.manifest_name,
        kept=made.kept,
        process=made.process,
        now=now,
    )
    assert version.title == title
    assert version.licence == "CERN-OHL-S-2.0"
    (step,) = steps_of(session, version.id)
    assert step.process == process
    assert step.run_s > 0
    assert step.box_x_mm > 0
    names = {file.name for file in files_of(session, version.id)}
    assert BILL_NAME in names
    sliced = process == "3DP-FDM" and is_installed()
    assert (step.program_sha256 is not None) == sliced
    assert step.dialect == ("marlin" if sliced else "fabnode")


def test_words_alone_can_not_be_made(tmp_path: Path) -> None:
    kept = keep_files(tmp_path, [Upload(name="a.txt", chunks=[b"words"])])
    name = keep_draft(tmp_path, "mira", kept)
    draft = draft_of(tmp_path, name, "mira")
    wording = Wording(title="Words", function="", licensor="Mira")
    with pytest.raises(InvalidProcessError, match="nothing can be made"):
        make(tmp_path, draft, draft.answers({}), wording)
