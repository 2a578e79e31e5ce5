"""A design's family: the nearest kin to both sides, each after what it builds on."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from orchestrator.catalogue.lineage import KIN_MAX, family_of
from orchestrator.catalogue.process import read_process
from orchestrator.catalogue.publish import publish
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.doors.web.family import family_picture

Design = Callable[..., DesignVersionRow]


@pytest.fixture
def design(
    session: Session, tmp_path: Path, designer_id: str, manifest: bytes, now: datetime
) -> Design:
    """Publishes a design by its title and what it cites."""

    def publish_it(
        title: str, *cited: DesignVersionRow, fork_of: str = ""
    ) -> DesignVersionRow:
        step = {"name": "Glue", "process": "ASM", "run_s": 600}
        cites = [{"version_id": row.id, "weight_ppm": 200_000} for row in cited]
        fork = f'fork-of = "{fork_of}"\n'.encode() if fork_of else b""
        return publish(
            session,
            tmp_path,
            designer_id=designer_id,
            manifest=manifest.replace(b"Coat hook", title.encode()) + fork,
            kept=[],
            process=read_process(
                json.dumps({"steps": [step], "citations": cites}).encode()
            ),
            now=now,
        )

    return publish_it


def test_upstream_stands_above_and_forks_below(
    session: Session, design: Design
) -> None:
    root = design("Root")
    left, right = design("Left", root), design("Right", root)
    top = design("Top", left, right)
    design("Stranger")
    fork = design("Fork", left)
    family = family_of(session, left)
    assert [row.title for row in family.versions] in (
        ["Root", "Left", "Top", "Fork"],
        ["Root", "Left", "Fork", "Top"],
    )
    edges = {(row.upstream_id, row.version_id) for row in family.citations}
    assert edges == {(root.id, left.id), (left.id, top.id), (left.id, fork.id)}
    picture = family_picture(family, left.id)
    assert picture is not None
    assert [node.is_this for node in picture.nodes] == [False, True, False, False]
    assert [arc.width for arc in picture.arcs] == [pytest.approx(2.7)] * 3
    assert picture.height == 4 * 44


def test_of_a_large_family_the_nearest_are_shown(
    session: Session, design: Design
) -> None:
    root = design("Root")
    for number in range(KIN_MAX + 1):
        design(f"Fork {number}", root)
    family = family_of(session, root)
    assert family.is_cut
    assert len(family.versions) == KIN_MAX + 1


def test_an_upstream_that_is_not_in_here_is_named(
    session: Session, design: Design
) -> None:
    lonely = design("Lonely")
    assert family_picture(family_of(session, lonely), lonely.id) is None
    forked = design("Forked", fork_of="https://example.org/a-long-way/from-here")
    family = family_of(session, forked)
    assert family.elsewhere == "https://example.org/a-long-way/from-here"
    picture = family_picture(family, forked.id)
    assert picture is not None
    assert picture.nodes[0].title == "example.org/a-long-way/from-here"
    assert [arc.is_elsewhere for arc in picture.arcs] == [True]
