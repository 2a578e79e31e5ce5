"""From what files tell to steps in an order that works, and to at most three questions."""

import dataclasses

import pytest

from orchestrator.catalogue.bill import Bill, corrected, process_from, total_s
from orchestrator.catalogue.estimates.learned import Pace, pace_of, seen
from orchestrator.catalogue.found import (
    BoardLayer,
    BomLine,
    Drawing,
    Drills,
    Estimate,
    Found,
    Holes,
    Mesh,
    Model,
    Part,
    PartsList,
    What,
)
from orchestrator.catalogue.hands import carried_s
from orchestrator.catalogue.process import InvalidProcessError, laid_out
from orchestrator.catalogue.proposing import Printed, bill_of
from orchestrator.catalogue.questions import (
    QUESTIONS_MAX,
    answers_of,
    in_unit,
    questions_of,
)

MESH = Mesh(
    unit=None,
    x_mm=20,
    y_mm=20,
    z_mm=10,
    triangles=12,
    bodies=1,
    volume_mm3=4_000,
    area_mm2=1_600,
    watertight=True,
    overhang_mm2=0,
    bottom_mm2=400,
    thinnest_mm=None,
    slices=(),
)
DRAWING = Drawing(
    unit=None,
    width_mm=100,
    height_mm=50,
    cut_length_mm=300,
    part_area_mm2=5_000,
    contours=1,
    open_lines=0,
    holes=(),
    smallest_mm=None,
    layers=(),
)
COPPER = BoardLayer(
    role="copper", side="top", width_mm=48, height_mm=28, smallest_mm=0.25
)
OUTLINE = BoardLayer(
    role="outline", side="", width_mm=50, height_mm=30, smallest_mm=None
)
DRILLS = Drills(
    plated=True,
    width_mm=40,
    height_mm=20,
    holes=(Holes(diameter_mm=0.8, count=12),),
    slots=0,
)
PARTS = PartsList(
    lines=(BomLine(name="10k", quantity=4, reference="R1-R4", source=""),)
)


def found(name: str, what: What) -> Found:
    return Found(name=name, format="", what=what)


def printed(_found: Found) -> Printed:
    hour = Estimate(value=3_600, plus_minus=540, source="test")
    return Printed(run_s=hour, filament_g=dataclasses.replace(hour, value=5))


def bill(*founds: Found, **given: str) -> Bill:
    questions = questions_of(founds, has_licence=True)
    answers = answers_of(questions, given, founds)
    return bill_of(
        [in_unit(each, answers["unit"]) for each in founds], answers, printed
    )


@pytest.mark.parametrize(
    ("founds", "has_licence", "keys"),
    [
        ([found("a.stl", MESH)], False, ["licence", "body", "unit"]),
        ([found("a.stl", MESH)], True, ["body", "unit"]),
        ([found("a.dxf", DRAWING)], False, ["licence", "sheet", "unit"]),
        ([found("a.gbr", COPPER), found("b.gbr", OUTLINE)], False, ["licence"]),
        (
            [found("a.stl", MESH), found("a.dxf", DRAWING)],
            False,
            ["licence", "body", "sheet"],
        ),
    ],
)
def test_no_more_than_three_questions_are_asked(
    founds: list[Found], has_licence: bool, keys: list[str]
) -> None:
    questions = questions_of(founds, has_licence=has_licence)
    assert [question.key for question in questions] == keys
    assert len(questions) <= QUESTIONS_MAX
    for question in questions:
        assert question.proposed in {option.value for option in question.options}


def test_the_unit_is_asked_with_both_sizes_shown() -> None:
    (unit,) = [
        question
        for question in questions_of([found("a.stl", MESH)], has_licence=True)
        if question.key == "unit"
    ]
    assert [option.size for option in unit.options] == [
        "20 x 20 x 10 mm",
        "508 x 508 x 254 mm",
    ]


def test_a_mesh_is_printed_or_milled_as_its_designer_says() -> None:
    (step, look) = bill(found("a.stl", MESH)).ordered()
    assert (step.process, step.material) == ("3DP-FDM", "PLA")
    assert (look.process, look.after) == ("", (step.key,))
    (step, _) = bill(found("a.stl", MESH), body="wood").ordered()
    assert (step.process, step.material) == ("CNC-MIL-3AX", "wood")
    assert step.waste_g.value > 0


def test_inches_are_larger() -> None:
    small, large = (
        bill(found("a.dxf", DRAWING), unit=unit).steps[0] for unit in ("mm", "inch")
    )
    assert large.box_mm[0] == pytest.approx(25.4 * small.box_mm[0])
    assert large.run_s.value > small.run_s.value


def test_parts_come_before_they_are_put_together() -> None:
    made = bill(found("a.stl", MESH), found("b.dxf", DRAWING)).ordered()
    assert [step.key for step in made][-2:] == ["assemble", "inspect"]
    assert set(made[-2].after) == {"part-1", "part-2"}


def test_a_board_is_made_its_parts_are_bought_and_soldered_on() -> None:
    made = bill(
        found("top.gbr", COPPER),
        found("edge.gbr", OUTLINE),
        found("holes.drl", DRILLS),
        found("bom.csv", PARTS),
    )
    board = made.ordered()[0]
    assert (board.process, board.box_mm[:2]) == ("PCB-FAB-MIL", (50, 30))
    assert [step.key for step in made.ordered()][1] == "solder"
    assert [(part.name, part.quantity) for part in made.bought] == [("10k", 4)]


def test_hands_are_counted_with_the_machine_before_them() -> None:
    made = bill(found("a.stl", MESH))
    laid = laid_out(process_from(made))
    (run,) = laid.steps
    labour_s = run.labour_s + carried_s(laid.steps, laid.hands)[0]
    assert labour_s == sum(step.labour_s.value for step in made.steps)
    assert total_s(made.steps) == run.setup_s + run.run_s + labour_s


def test_a_circle_of_steps_is_refused() -> None:
    (step, look) = bill(found("a.stl", MESH)).steps
    circle = Bill(steps=(dataclasses.replace(step, after=(look.key,)), look))
    with pytest.raises(InvalidProcessError, match="wait for each other"):
        circle.ordered()


def test_a_step_after_none_is_refused() -> None:
    (step, _) = bill(found("a.stl", MESH)).steps
    with pytest.raises(InvalidProcessError, match="no step"):
        Bill(steps=(dataclasses.replace(step, after=("ghost",)),)).ordered()


def pace(*ratios: float, around: Pace | None = None) -> Pace:
    return pace_of(seen(ratios), around or Pace())


def test_real_jobs_correct_an_estimate_the_more_the_more_there_are() -> None:
    told = Estimate(value=3_600, plus_minus=540, source="a slicer")
    assert Pace().of(told) == told
    corrected_by = [pace(*[1.3] * count).of(told) for count in (1, 4, 10, 40)]
    values = [each.value for each in corrected_by]
    assert values == sorted(values)
    assert 3_600 < values[0] < values[-1] < 1.3 * 3_600
    assert values[-1] == pytest.approx(1.3 * 3_600, rel=0.03)
    doubts = [each.plus_minus / each.value for each in corrected_by]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[1] < 0.15  # the first that belies it makes it doubtful
    assert "40 jobs" in corrected_by[-1].source


def test_jobs_that_differ_widely_leave_the_doubt_wide() -> None:
    told = Estimate(value=3_600, plus_minus=360, source="a slicer")
    assert pace(*[0.7, 2.0] * 20).of(told).plus_minus > told.plus_minus


def test_a_wild_job_spoils_nothing() -> None:
    assert seen([100.0, 0.001]) is None  # they stood still, or never ran
    assert pace(3.9).factor < 1.07
    usual = pace(*[1.3] * 10).factor
    assert pace(*[1.3] * 10, 3.9).factor == pytest.approx(usual, rel=0.03)
    assert pace(*[1.3] * 10, 0.3).factor == pytest.approx(usual, rel=0.03)


def test_a_machine_without_jobs_is_as_the_others_and_then_as_itself() -> None:
    others = pace(*[1.3] * 40)
    assert pace(around=others) == others
    assert pace(1.0, around=others).factor > 1.1
    assert pace(*[1.0] * 40, around=others).factor == pytest.approx(1.0, abs=0.03)


def test_a_bill_is_shown_as_real_jobs_of_its_process_took() -> None:
    made = bill(found("a.stl", MESH))
    slower = pace(*[1.5] * 40)
    step, *others = corrected(made, {"3DP-FDM": slower, "LAS-CUT": Pace()}).steps
    assert step.run_s.value == pytest.approx(3_600 * slower.factor)
    assert others == list(made.steps[1:])


def test_each_part_of_a_model_is_made_as_often_as_it_is_there() -> None:
    legs, top = (
        Part(name=name, count=count, body=MESH, holes=(), smallest_mm=None)
        for name, count in (("Leg", 4), ("", 1))
    )
    model = Model(unit="millimetre", x_mm=90, y_mm=90, z_mm=20, parts=(legs, top))
    steps = bill(found("table.step", model)).ordered()
    made = {step.name: step.quantity for step in steps if step.process}
    assert made == {"Print Leg": 4, "Print table, part 2": 1}
    (together,) = (step for step in steps if step.key == "assemble")
    assert together.labour_s.value == 5 * 60
    (question,) = questions_of([found("table.step", model)], has_licence=True)
    assert question.key == "body"  # a STEP tells its unit
