"""A substitute is taken where its design allows it and the first is not there, else never."""

import pytest

from orchestrator.catalogue.process import InvalidProcessError, process_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.commands import StartJob
from orchestrator.network.machines import machine_of
from orchestrator.network.stock import Said, say_stock, stocks
from orchestrator.orders.accept import place
from orchestrator.orders.rows import QuoteRow
from orchestrator.planning.nearness import likely_lab
from orchestrator.planning.reserved import shortage
from orchestrator.planning.views import material_planned
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Lab, Region


def allow(region: Region, design: str, *materials: str) -> str:
    """Let the design's only step be made of these instead; returns the step's id."""
    with region.sessions.begin() as session:
        step = (
            session.query(StepRow).filter_by(version_id=region.versions[design]).one()
        )
        step.needs = {"material_substitutes": list(materials)}
        return step.id


def load(region: Region, lab: Lab, material: str) -> None:
    """Another spool in the lab's printer, as its agent tells."""
    with region.sessions.begin() as session:
        row = machine_of(session, lab.machines[0])
        spool = {"code": material, "colour": None, "remaining_g": None}
        row.capability = {**row.capability, "materials": [spool]}
        row.capability_at = region.clock.at


def count_stock(region: Region, lab: Lab, material: str, grams: int) -> None:
    with region.sessions.begin() as session:
        say_stock(
            session,
            lab.facility_id,
            Said(kind="counted", material=material, amount=f"{grams} g"),
            by=lab.operator_id,
            now=region.clock.at,
        )


def placed(region: Region, quote: QuoteRow) -> str:
    with region.sessions.begin() as session:
        order = place(
            session,
            quote_id=quote.id,
            idempotency_key="a-key-of-the-test",
            shortage=shortage,
            key=region.key,
            shop_id=region.shop_id,
            now=region.clock.at,
        )
        wish(session, "an order was placed", region.clock.at)
        return order.id


def test_the_first_material_is_taken_where_any_lab_has_it(region: Region) -> None:
    kamppi, kallio = region.labs
    step = allow(region, "clip", "PETG", "TPU")
    assert region.asked("clip").made_of == {}
    load(region, kamppi, "PETG")
    quote = region.asked("clip")
    assert (quote.facility_id, quote.made_of) == (kallio.facility_id, {})
    load(region, kallio, "TPU")
    quote = region.asked("clip")
    assert quote.refusal is None
    assert (quote.facility_id, quote.made_of) == (kamppi.facility_id, {step: "PETG"})


def test_what_the_design_does_not_allow_is_never_taken(region: Region) -> None:
    for lab in region.labs:
        load(region, lab, "PETG")
    refused = region.asked("clip")
    assert refused.refusal is not None
    assert "PLA" in refused.refusal["text"]
    allow(region, "clip", "TPU")
    assert region.asked("clip").refusal is not None


def test_a_substitute_is_priced_promised_made_and_taken_off_the_stock(
    region: Region,
) -> None:
    step = allow(region, "clip", "PETG")
    before = region.asked("clip", quantity=4)
    for lab in region.labs:
        load(region, lab, "PETG")
        count_stock(region, lab, "PETG", 100)
    quote = region.asked("clip", quantity=4)
    assert quote.made_of == {step: "PETG"}
    assert quote.price_parts["material"] < before.price_parts["material"]
    order_id = placed(region, quote)
    assert region.row(order_id).made_of == {step: "PETG"}
    assert region.plan() is not None
    lab = region.row(order_id).facility_id
    assert lab is not None
    with region.reading() as session:
        assert material_planned(session, lab) == {"petg": 48}
    commands = [one for one in region.send() if isinstance(one, StartJob)]
    assert {one.material for one in commands} == {"PETG"}
    region.make(commands[0])
    with region.reading() as session:
        (left,) = stocks(session, [lab])
    assert (left.material, left.grams) == ("PETG", 76)


def test_a_stock_that_is_too_small_is_not_there(region: Region) -> None:
    kamppi, kallio = region.labs
    step = allow(region, "clip", "PETG")
    load(region, kallio, "PETG")
    count_stock(region, kamppi, "PLA", 20)
    assert region.asked("clip").made_of == {}
    quote = region.asked("clip", quantity=4)  # 48 g
    assert (quote.facility_id, quote.made_of) == (kallio.facility_id, {step: "PETG"})


def test_the_nearest_lab_may_be_one_with_a_substitute(region: Region) -> None:
    for lab in region.labs:
        load(region, lab, "PETG")
    allow(region, "clip", "PETG")
    with region.reading() as session:
        lab_id = likely_lab(session, region.versions["clip"], region.place_id)
    assert lab_id in {lab.facility_id for lab in region.labs}


def test_a_sliced_program_has_one_material() -> None:
    step = {
        "name": "Print",
        "process": "3DP",
        "run_s": 60,
        "material": "PLA",
        "needs": {"material_substitutes": ["PETG"]},
    }
    told = process_of({"steps": [step]}).steps[0].model_dump(mode="json")
    assert told["needs"] == {"material_substitutes": ["PETG"]}
    sliced = step | {"dialect": "marlin", "program": "part.gcode"}
    with pytest.raises(InvalidProcessError, match="sliced for one material"):
        process_of({"steps": [sliced]})
