"""A published version is whole, immutable, and known by its content."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.catalogue.access import may_fetch
from orchestrator.catalogue.combining import IncompatibleLicencesError
from orchestrator.catalogue.contents import InvalidFileError
from orchestrator.catalogue.designs import (
    citations_of,
    files_of,
    latest_of,
    steps_of,
    version_of,
    versions_of,
    with_all_cited,
)
from orchestrator.catalogue.process import InvalidProcessError, read_process
from orchestrator.catalogue.programs import InvalidProgramError
from orchestrator.catalogue.publish import (
    CitationCycleError,
    UnknownUpstreamError,
    Upload,
    keep_files,
    publish,
)
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.catalogue.search import find_designs
from orchestrator.foundation import files
from orchestrator.foundation.errors import NotAllowedError, NotFoundError
from orchestrator.members.agents import add_agent
from orchestrator.members.principals import Principal

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


class Publisher:
    """Publishes for one designer, with what a test wants to be different."""

    def __init__(
        self, session: Session, folder: Path, designer_id: str, now: datetime
    ) -> None:
        self.session, self.folder = session, folder
        self.designer_id, self.now = designer_id, now

    def publish(
        self,
        manifest: bytes,
        process: dict[str, Any],
        contents: dict[str, bytes],
        **others: str,
    ) -> DesignVersionRow:
        uploads = [Upload(name=n, chunks=[c]) for n, c in contents.items()]
        return publish(
            self.session,
            self.folder,
            designer_id=others.get("designer_id", self.designer_id),
            manifest=manifest,
            kept=keep_files(self.folder, uploads),
            process=read_process(json.dumps(process).encode()),
            now=self.now,
            design_id=others.get("design_id"),
        )


@pytest.fixture
def publisher(
    session: Session, tmp_path: Path, designer_id: str, now: datetime
) -> Publisher:
    return Publisher(session, tmp_path / "files", designer_id, now)


def test_a_version_keeps_every_byte(
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
) -> None:
    version = publisher.publish(
        manifest,
        {"steps": [step, step | {"name": "Again"}], "picture": "a.png", "fee_cents": 5},
        {"hook.gcode": program, "a.png": PNG, "README.md": b"# Hook", "x/a.scad": b"x"},
    )
    session.commit()
    session.expire_all()
    kept = version_of(session, version.id)
    assert kept.manifest == manifest
    assert (kept.title, kept.licence, kept.number) == ("Coat hook", "CERN-OHL-S-2.0", 1)
    roles = {file.name: file.role for file in files_of(session, version.id)}
    assert roles == {
        "hook.gcode": "program",
        "a.png": "picture",
        "README.md": "document",
        "x/a.scad": "source",
    }
    first, second = steps_of(session, version.id)
    assert (first.position, second.position, second.name) == (0, 1, "Again")
    assert first.program_sha256 is not None
    assert files.read_file(publisher.folder, first.program_sha256) == program


def test_the_same_again_is_the_same_version_and_a_change_is_the_next(
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
) -> None:
    process, contents = {"steps": [step]}, {"hook.gcode": program}
    first = publisher.publish(manifest, process, contents)
    assert publisher.publish(manifest, process, contents).id == first.id
    changed = process | {"fee_cents": 1}
    second = publisher.publish(manifest, changed, contents, design_id=first.design_id)
    assert (second.number, second.design_id) == (2, first.design_id)
    assert second.content_hash != first.content_hash
    assert latest_of(session, first.design_id).id == second.id
    assert [row.number for row in versions_of(session, first.design_id)] == [2, 1]


@pytest.mark.parametrize(
    "changed",
    ["manifest", "program", "file name", "step", "citation", "nothing"],
)
def test_the_content_hash_sees_every_change(
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
    changed: str,
) -> None:
    upstream = publisher.publish(
        manifest.replace(b"Coat", b"Other"), {"steps": [step]}, {"hook.gcode": program}
    )
    cite = {"version_id": upstream.id, "weight_ppm": 1000}
    first = publisher.publish(manifest, {"steps": [step]}, {"hook.gcode": program})
    second = publisher.publish(
        manifest + b"\n" if changed == "manifest" else manifest,
        {
            "steps": [step | {"run_s": 1801} if changed == "step" else step],
            "citations": [cite] if changed == "citation" else [],
        },
        {"hook.gcode": program + b"M84\n" if changed == "program" else program}
        | ({"b.md": b"b"} if changed == "file name" else {}),
    )
    assert (first.content_hash == second.content_hash) == (changed == "nothing")


def test_upstream_is_followed_however_far(
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
) -> None:
    def based_on(title: bytes, *cited: DesignVersionRow) -> DesignVersionRow:
        weights = [{"version_id": row.id, "weight_ppm": 300_000} for row in cited]
        return publisher.publish(
            manifest.replace(b"Coat hook", title),
            {"steps": [step], "citations": weights},
            {"hook.gcode": program},
        )

    root = based_on(b"Root")
    left, right = based_on(b"Left", root), based_on(b"Right", root)
    top = based_on(b"Top", left, right)
    found = [row.title for row in with_all_cited(session, top.id)]
    assert found[0] == "Top"
    assert sorted(found) == ["Left", "Right", "Root", "Top"]
    assert {row.weight_ppm for row in citations_of(session, top.id)} == {300_000}
    back = {"version_id": top.id, "weight_ppm": 1}
    with pytest.raises(CitationCycleError, match="builds on this design"):
        publisher.publish(
            manifest,
            {"steps": [step], "citations": [back]},
            {"hook.gcode": program},
            design_id=root.design_id,
        )


def test_a_mix_of_licences_that_cannot_be_is_named_at_submission(
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
) -> None:
    contents = {"hook.gcode": program}
    hook = publisher.publish(manifest, {"steps": [step]}, contents)
    cites = {"citations": [{"version_id": hook.id, "weight_ppm": 5}]}
    with pytest.raises(IncompatibleLicencesError, match="of 'Coat hook'"):
        publisher.publish(
            manifest.replace(b"CERN-OHL-S-2.0", b"MIT").replace(b"Coat", b"Wall"),
            {"steps": [step]} | cites,
            contents,
        )


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"steps": []}, InvalidProcessError, "steps"),
        ({"step": {"run_s": 0}}, InvalidProcessError, "steps[0].run_s"),
        ({"step": {"run_s": 1.5}}, InvalidProcessError, "steps[0].run_s"),
        ({"step": {"box_x_mm": -1}}, InvalidProcessError, "steps[0].box_x_mm"),
        ({"step": {"colour": "red"}}, InvalidProcessError, "steps[0].colour"),
        ({"step": {"program": "b.gcode"}}, InvalidProcessError, "steps[0].program"),
        ({"step": {"dialect": ""}}, InvalidProgramError, "steps[0].program"),
        ({"picture": "hook.gcode"}, InvalidProcessError, "picture"),
        (
            {"citations": [{"version_id": "version-unknown", "weight_ppm": 5}]},
            UnknownUpstreamError,
            "citations[0].version_id",
        ),
        (
            {"citations": [{"version_id": "version-unknown", "weight_ppm": 0}]},
            InvalidProcessError,
            "citations[0].weight_ppm",
        ),
        (
            {
                "citations": [
                    {"version_id": "version-a", "weight_ppm": 500_000},
                    {"version_id": "version-b", "weight_ppm": 500_000},
                ]
            },
            InvalidProcessError,
            "citations",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(
    *,
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
    change: dict[str, Any],
    error: type[Exception],
    field: str,
) -> None:
    others = {name: value for name, value in change.items() if name != "step"}
    process = {"steps": [step | change.get("step", {})]} | others
    with pytest.raises(error) as refused:
        publisher.publish(manifest, process, {"hook.gcode": program})
    assert getattr(refused.value, "field") == field  # noqa: B009
    session.rollback()
    assert not find_designs(session)


@pytest.mark.parametrize("name", ["", "a\x00b", "a\nb", "x" * 201])
def test_file_names_that_cannot_be_shown_are_refused(
    publisher: Publisher, name: str
) -> None:
    with pytest.raises(InvalidFileError):
        keep_files(publisher.folder, [Upload(name=name, chunks=[b"x"])])


def test_nothing_is_written_outside_the_store(
    publisher: Publisher, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*"))
    keep_files(publisher.folder, [Upload(name="../../escape.txt", chunks=[b"x"])])
    written = [path for path in tmp_path.rglob("*") if path not in before]
    assert written
    assert all(publisher.folder in (path, *path.parents) for path in written)
    assert not list(tmp_path.parent.glob("**/escape.txt"))


def test_only_the_designer_publishes_a_new_version(
    *,
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
    now: datetime,
) -> None:
    version = publisher.publish(manifest, {"steps": [step]}, {"hook.gcode": program})
    other = add_agent(
        session, kind="person", name="Eve", legal_form="individual", now=now
    )
    with pytest.raises(NotAllowedError):
        publisher.publish(
            manifest + b"# mine now\n",
            {"steps": [step]},
            {"hook.gcode": program},
            design_id=version.design_id,
            designer_id=other.id,
        )
    with pytest.raises(NotFoundError):
        publisher.publish(
            manifest,
            {"steps": [step], "fee_cents": 9},
            {"hook.gcode": program},
            design_id="design-nowhere",
        )


def test_devices_fetch_programs_of_their_jobs_only(
    session: Session,
    publisher: Publisher,
    manifest: bytes,
    step: dict[str, Any],
    program: bytes,
) -> None:
    version = publisher.publish(manifest, {"steps": [step]}, {"hook.gcode": program})
    sha256 = files_of(session, version.id)[0].sha256
    asked: list[tuple[str, str]] = []

    def commanded(_session: Session, device_id: str, wanted: str) -> bool:
        asked.append((device_id, wanted))
        return device_id == "device-with-job"

    def device(device_id: str) -> Principal:
        return Principal(
            agent_id="agent-owner",
            roles=frozenset({"device"}),
            facility_ids=frozenset({"lab-one"}),
            how="device",
            device_id=device_id,
        )

    assert may_fetch(session, None, sha256, commanded)
    assert not asked
    assert may_fetch(session, device("device-with-job"), sha256, commanded)
    assert not may_fetch(session, device("device-without"), sha256, commanded)
    assert not may_fetch(session, device("device-with-job"), "0" * 64, commanded)
    assert asked == [("device-with-job", sha256), ("device-without", sha256)]
