"""A stool: four legs and a seat side by side, then put together, all from one order."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.catalogue.designs import steps_of
from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import breaches
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders.quotes import Offer
from tests.unit.orchestrator.dispatch.test_two_labs import carried
from tests.unit.orchestrator.region import MACHINES, MANIFEST, NOON, Region

QUANTITY = 2


def step(key: str, kind: str, program: str, **told: Any) -> dict[str, Any]:
    process, dialect, material, *_ = MACHINES[kind]
    return {
        "key": key,
        "name": key,
        "process": process,
        "machine_kind": kind,
        "dialect": dialect,
        "program": program,
        "material": material,
        "material_g": 12,
        "box_x_mm": 40,
        "box_y_mm": 30,
        "box_z_mm": 5,
        "setup_s": 60,
        "run_s": 540,
        "labour_s": 60,
        **told,
    }


@pytest.fixture
def stool(region: Region) -> Region:
    """The region with a stool in its catalogue: four legs for each."""
    region.versions = dict(region.versions)
    programs = {"leg.gcode": b"G28\nG1 X10 Y10\n", "cut.nc": b"G0 X1\n"}
    with region.sessions.begin() as session:
        version = publish(
            session,
            region.folder,
            designer_id=region.designers[0],
            manifest=MANIFEST.format(title="stool").encode(),
            kept=keep_files(
                region.folder,
                [Upload(name=name, chunks=[text]) for name, text in programs.items()],
            ),
            process=process_of(
                {
                    "steps": [
                        step("leg", "fdm-printer", "leg.gcode", quantity=4, after=[]),
                        step("seat", "laser-cutter", "cut.nc", after=[]),
                        step("join", "pen-plotter", "cut.nc", after=["leg", "seat"]),
                    ],
                    "hands": [
                        {
                            "key": "look",
                            "name": "Look",
                            "labour_s": 30,
                            "after": ["join"],
                        }
                    ],
                }
            ),
            now=NOON,
        )
        region.versions["stool"] = version.id
    return region


def names_of(region: Region) -> dict[str, str]:
    with region.reading() as session:
        steps = steps_of(session, region.versions["stool"])
        return {row.id: row.name for row in steps}


def made(region: Region, order_id: str) -> Counter[str]:
    """Send and make all until it is made; pieces by step. Nothing is joined too soon."""
    names, pieces = names_of(region), Counter[str]()
    name_of = {task.id: names[task.step_id] for task in region.tasks(order_id)}
    for _ in range(400):
        if region.row(order_id).state == "made":
            return pieces
        region.clock.turn(60)
        recover(region.sessions, region.clock, region.key)  # people are done by now
        for command in region.send():
            if isinstance(command, StartJob) and command.job_id in name_of:
                if name_of[command.job_id] == "join":
                    assert (pieces["leg"], pieces["seat"]) == (8, 2)
                pieces[name_of[command.job_id]] += command.pieces
                region.make(command)
    raise AssertionError(region.row(order_id).reason_text)


def test_parts_are_made_side_by_side_and_joined_when_all_are_there(
    stool: Region,
) -> None:
    offer = stool.offer("stool", quantity=QUANTITY)
    assert isinstance(offer, Offer)
    assert [(one.runs, one.material_g) for one in offer.steps] == [
        (8, 96),
        (2, 24),
        (2, 24),
    ]
    assert [one.labour_s for one in offer.steps] == [60, 60, 90]
    order_id = stool.order("stool", quantity=QUANTITY, offer=offer)
    # 96 g of PLA at 25 a kilogram, 48 g of plywood at 10
    assert stool.row(order_id).price_parts["material"] == 240 + 48
    stool.plan()
    names = names_of(stool)
    spans: dict[str, list[Any]] = {}
    for task in stool.tasks(order_id):
        spans.setdefault(names[task.step_id], []).append((task.start_at, task.end_at))
    assert {name: len(found) for name, found in spans.items()} == {
        "leg": 8,
        "seat": 2,
        "join": 2,
    }
    first_leg, first_seat = min(spans["leg"]), min(spans["seat"])
    assert first_seat[0] < first_leg[1]  # they do not wait for each other
    parts_end_at = max(end for name in ("leg", "seat") for _, end in spans[name])
    assert min(spans["join"])[0] >= parts_end_at

    assert made(stool, order_id) == {"leg": 8, "seat": 2, "join": 2}
    stool.plan()
    carried(stool, order_id)
    assert stool.row(order_id).state == "delivered"
    with stool.reading() as session:
        produced = session.scalars(
            select(EntryRow.quantity).where(
                EntryRow.order_id == order_id, EntryRow.action == "produce"
            )
        ).all()
        assert breaches(session, settled=True) == []
    assert sum(Decimal(one) for one in produced) == 8 + 2 + 2


def test_labs_that_share_the_work_make_all_parts(stool: Region) -> None:
    stool.share_out()
    offer = stool.offer("stool", quantity=QUANTITY)
    assert isinstance(offer, Offer)
    order_id = stool.order("stool", quantity=QUANTITY, offer=offer)
    (part,) = stool.parts(order_id)
    stool.plan()
    assert len(stool.tasks(part.id)) == 8
    assert len(stool.tasks(order_id)) == 4


def test_an_order_of_too_many_parts_says_how_many_can_be(stool: Region) -> None:
    with pytest.raises(InvalidInputError, match="order at most 2500"):
        stool.asked("stool", quantity=2_501)
