"""Steps are a graph: kept as rows, refused with line and remedy, taken elsewhere whole."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orchestrator.catalogue.bill import read_bill
from orchestrator.catalogue.designs import steps_of
from orchestrator.catalogue.process import (
    InvalidProcessError,
    laid_out,
    process_of,
    read_process,
)
from orchestrator.catalogue.process_out import process_as_published
from orchestrator.catalogue.publish import Upload, content_hash_of, keep_files, publish
from orchestrator.foundation import canonical

LEG = {"key": "leg", "name": "Print leg", "process": "3DP", "run_s": 600, "after": []}
LEG |= {"quantity": 4, "labour_s": 30, "material_g": 20}
TOP = {"key": "top", "name": "Cut top", "process": "LAS", "run_s": 300, "after": []}
OIL = {"key": "oil", "name": "Oil", "process": "ASM", "run_s": 60, "after": ["join"]}
JOIN = {"key": "join", "name": "Join", "labour_s": 120, "after": ["leg", "top"]}
LOOK = {"key": "look", "name": "Look at it", "labour_s": 60, "after": ["oil"]}
STOOL: dict[str, Any] = {"steps": [OIL, TOP, LEG], "hands": [LOOK, JOIN]}


def exact(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, indent=1).encode()


def test_steps_stand_after_what_they_wait_for_through_hands() -> None:
    found = laid_out(process_of(STOOL))
    assert [step.name for step in found.steps] == ["Cut top", "Print leg", "Oil"]
    assert found.after == ((), (), (0, 1))
    join, look = found.hands
    assert (join.name, join.after, join.before) == ("Join", (0, 1), (2,))
    assert (look.name, look.after, look.before) == ("Look at it", (2,), ())


def test_a_list_is_a_chain_and_keeps_its_hash() -> None:
    process = process_of(
        {"steps": [{"name": n, "process": "3DP", "run_s": 1} for n in "ab"]}
    )
    assert laid_out(process).after == ((), (0,))
    plain = [step.model_dump() for step in process.steps]
    assert not {"key", "after", "quantity", "needs"} & plain[0].keys()
    before = {"manifest": sha256(b"m").hexdigest(), "files": [], "steps": plain}
    before |= {"citations": [], "fee_cents": 0}
    assert (
        content_hash_of(b"m", [], process)
        == sha256(canonical.dumps(before)).hexdigest()
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"steps": [LEG | {"quantity": 0}]}, "line 9: quantity 0: .* 1 to 1000"),
        ({"steps": [LEG | {"quantity": -1}]}, "line 9: quantity -1: .* take the step"),
        ({"steps": [LEG | {"quantity": 10**9}]}, "line 9: quantity 1000000000: "),
        ({"steps": [LEG | {"after": ["gel"]}]}, "line 8: .*'gel', which is no step"),
        (
            {"steps": [LEG | {"after": ["top"]}, TOP | {"after": ["leg"]}]},
            "line 8: .*leg after top after leg; take one",
        ),
        ({"steps": [LEG, LEG]}, "line 14: .*key 'leg': give each its own"),
        ({"steps": [LEG], "hands": [JOIN]}, "line 19: 'Join' comes after 'top'"),
        ({"steps": [LEG | {"after": ["leg"]}]}, "leg after leg"),
    ],
)
def test_what_can_not_be_is_refused_with_line_and_remedy(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidProcessError, match=words):
        read_process(exact(changed))


def test_a_published_graph_is_kept_and_taken_elsewhere_whole(
    session: Session, tmp_path: Path, designer_id: str, now: datetime, manifest: bytes
) -> None:
    def published(process: dict[str, Any]) -> Any:
        return publish(
            session,
            tmp_path,
            designer_id=designer_id,
            manifest=manifest,
            kept=keep_files(tmp_path, [Upload(name="a.txt", chunks=[b"a"])]),
            process=process_of(process),
            now=now,
        )

    version = published(STOOL)
    session.commit()
    session.expire_all()
    top, leg, oil = steps_of(session, version.id)
    assert (top.after, leg.after, oil.after) == ([], [], [0, 1])
    assert (top.quantity, leg.quantity) == (1, 4)
    # 120 s to join: by those who print the legs, a quarter with each of four
    assert (top.labour_s, leg.labour_s, oil.labour_s) == (0, 30 + 30, 60)

    out = process_as_published(session, version)
    again = published(out.model_dump(mode="json"))
    session.commit()
    session.expire_all()
    assert again.id != version.id  # other keys, so another file
    for one, other in zip(
        steps_of(session, version.id), steps_of(session, again.id), strict=True
    ):
        names = set(one.__table__.columns.keys()) - {"id", "version_id"}
        assert {n: getattr(one, n) for n in names} == {
            n: getattr(other, n) for n in names
        }
    assert again.hands == version.hands
    assert process_as_published(session, again) == out


def figure(value: float) -> dict[str, Any]:
    return {"value": value, "plus_minus": 0, "source": "test"}


def bill_step(key: str, **told: Any) -> dict[str, Any]:
    return {
        "key": key,
        "name": key,
        "quantity": 1,
        "process": "3DP",
        "material": "PLA",
        "box_mm": [1, 1, 1],
        "setup_s": figure(1),
        "run_s": figure(1),
        "labour_s": figure(1),
        "material_g": figure(1),
        "waste_g": figure(0),
        **told,
    }


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([bill_step("a", after=["b"])], r"line \d+: 'a' comes after 'b'"),
        ([bill_step("a", after=["a"])], r"line \d+: .*a after a"),
        ([bill_step("a"), bill_step("b", quantity=0)], r"line 43: quantity 0"),
        ([bill_step("a", quantity="many")], r"line 6: steps.0.quantity: .*integer"),
        ([bill_step("a", labour_s=figure(-1))], r"line \d+: .*greater than or equal"),
        ([bill_step("a"), bill_step("a")], r"line \d+: .*key 'a'"),
    ],
)
def test_a_bill_that_was_edited_wrongly_is_refused_with_its_line(
    steps: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(InvalidProcessError, match=words):
        read_bill(exact({"steps": steps, "bought": []}))


def test_a_bill_is_read_as_it_was_written() -> None:
    bill = read_bill(exact({"steps": [bill_step("a"), bill_step("b", after=["a"])]}))
    assert read_bill(bill.exact()) == bill
