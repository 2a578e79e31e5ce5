"""Searches find each design by any of its words and by what it needs, newest first."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from orchestrator.catalogue import search
from orchestrator.catalogue.process import read_process
from orchestrator.catalogue.publish import publish
from orchestrator.catalogue.rows import DesignTermRow, DesignVersionRow
from orchestrator.catalogue.search import (
    ASKS,
    ask,
    find_designs,
    newest,
    newest_with_asks,
    remember_all,
    values_of,
)

Design = Callable[..., DesignVersionRow]


@pytest.fixture
def design(
    session: Session, tmp_path: Path, designer_id: str, manifest: bytes, now: datetime
) -> Design:
    """Publishes a design by its title, with changes to its step."""

    def publish_it(
        title: str, licence: str = "MIT", design_id: str | None = None, **step: Any
    ) -> DesignVersionRow:
        told = {"name": "Glue", "process": "ASM", "run_s": 600} | step
        return publish(
            session,
            tmp_path,
            designer_id=designer_id,
            manifest=manifest.replace(b"Coat hook", title.encode()).replace(
                b"CERN-OHL-S-2.0", licence.encode()
            ),
            kept=[],
            process=read_process(json.dumps({"steps": [told]}).encode()),
            now=now,
            design_id=design_id,
        )

    return publish_it


def titles(session: Session, **asked: Any) -> list[str]:
    return [row.title for row in find_designs(session, **asked)]


def test_words_are_found_by_their_beginning_without_case_and_accents(
    session: Session, design: Design
) -> None:
    design("Étagère murale")
    design("Lampe (murale)")
    assert titles(session, text="MURAL") == ["Lampe (murale)", "Étagère murale"]
    assert titles(session, text="etag mural") == ["Étagère murale"]
    assert titles(session, text="mu") == []  # two letters are a word of their own
    assert titles(session, text="%") == titles(session, text="_") == titles(session)
    assert titles(session, text="100 %") == []
    assert titles(session, text="lovelace") == titles(session)
    # what designs are filed under is no word of theirs
    assert titles(session, text="licence") == titles(session, text="process") == []


def test_what_is_needed_narrows_the_search(session: Session, design: Design) -> None:
    design("Small", process="3DP", material="PLA", box_x_mm=90, box_y_mm=20)
    design("Large", "CC-BY-4.0", process="3DP", material="PETG", box_z_mm=900)
    design("Unsized")
    assert titles(session, process="3DP") == ["Large", "Small"]
    assert titles(session, process="3D") == []
    assert titles(session, material="PLA", text="smal") == ["Small"]
    assert titles(session, licence="CC-BY-4.0") == ["Large"]
    assert titles(session, size_max_mm=100) == ["Small"]
    assert titles(session, size_max_mm=1000) == ["Large", "Small"]
    assert values_of(session, "material") == ["PETG", "PLA"]
    assert values_of(session, "process") == ["3DP", "ASM"]
    first = find_designs(session, limit=2)
    assert titles(session, after=first[-1].id) == ["Small"]


def test_only_the_newest_version_is_found(session: Session, design: Design) -> None:
    old = design("Hook", material="PLA")
    design("Peg", design_id=old.design_id)
    assert titles(session, text="hook") == []
    assert titles(session, material="PLA") == []
    assert titles(session, text="peg") == titles(session) == ["Peg"]


def test_designs_from_before_the_index_are_taken_in(
    session: Session, design: Design
) -> None:
    old = design("Hook")
    design("Peg", design_id=old.design_id)
    design("Lamp")
    session.execute(delete(DesignTermRow))
    remember_all(session)
    remember_all(session)
    assert titles(session) == ["Lamp", "Peg"]
    assert titles(session, text="hook") == []


def test_each_way_to_begin_finds_the_same(
    session: Session, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        design(
            f"{'Lamp' if number % 2 else 'Lantern'} {number} "
            f"{'wall' if number % 3 else 'desk'}",
            process="3DP" if number % 4 else "ASM",
            material="PLA" if number % 4 else "",
        )
    asked: list[dict[str, Any]] = [
        {"text": "la"},
        {"text": "lamp"},
        {"text": "lan wall", "process": "3DP"},
        {"text": "lam des", "material": "PLA"},
        {"text": "wall", "process": "ASM"},
        {"text": "lamp lantern"},
    ]
    rare = [titles(session, **each) for each in asked]
    pages = [titles(session, limit=2, **each) for each in asked]
    monkeypatch.setattr(search, "RARE_MAX", 1)
    assert [titles(session, **each) for each in asked] == rare
    assert [titles(session, limit=2, **each) for each in asked] == pages
    assert rare[0] == rare[5] == []
    assert [len(each) for each in rare[1:5]] == [6, 2, 2, 2]
    assert pages == [each[:2] for each in rare]


def test_a_search_tells_what_steps_ask_roughly_and_begins_with_what_is_rare(
    session: Session, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = {"box_x_mm": 120, "box_y_mm": 260, "box_z_mm": 5}
    rare = design("Rare", process="3DP", material="PLA", **box).id
    others = [design(f"Often {each}", process="ASM").id for each in range(3)]
    small, large = '["ASM",[],[],[]]', '["3DP",["PLA"],[250,100,0],[]]'
    assert values_of(session, ASKS) == [large, small]
    for question in (ask(session), ask(session, text="rare"), ask(session, text="oft")):
        met = newest_with_asks(session, question)
        assert [name for name, _ in met] == newest(session, question)
        assert all(asks == ([large] if name == rare else [small]) for name, asks in met)
    assert newest(session, ask(session, asks=[large])) == [rare]
    assert newest(session, ask(session, asks=[])) == []
    assert newest(session, ask(session, text="oft", asks=[large])) == []
    monkeypatch.setattr(search, "RARE_MAX", 0)
    assert newest(session, ask(session, asks=[large])) == [*reversed(others), rare]
