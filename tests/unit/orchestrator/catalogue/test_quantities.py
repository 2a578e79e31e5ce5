"""How many of each part: told by a list by its exact name, else asked, never guessed."""

import dataclasses

import pytest

from orchestrator.catalogue.found import BomLine, Found, PartsList
from orchestrator.catalogue.proposing import bill_of
from orchestrator.catalogue.quantities import Counted, counted, in_manifest, normalised
from orchestrator.catalogue.questions import QUESTIONS_MAX, answers_of, questions_of
from tests.unit.orchestrator.catalogue.test_bills import MESH, found, printed


def parts_list(*lines: tuple[str, float, str], name: str = "bom.csv") -> Found:
    return found(
        name,
        PartsList(
            lines=tuple(
                BomLine(
                    name=part, quantity=number, reference=ref, source="", line=place
                )
                for place, (part, number, ref) in enumerate(lines, start=2)
            )
        ),
    )


def of(*founds: Found) -> Counted:
    return counted(founds)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("parts/Leg.stl", "Leg"),
        ("parts/Leg.stl", "leg"),
        ("Leg_v2.STL", "leg v2"),
        ("Bein-links.stl", "BEIN LINKS"),
        ("étagère.stl", "e\u0301tage\u0300re"),
        ("LEG-01.stl", "LEG-01"),
        ("leg.stl", "leg.step"),
    ],
)
def test_a_name_that_is_the_same_counts(file: str, name: str) -> None:
    told = of(found(file, MESH), parts_list((name, 4, "")))
    assert told.count_of[file].value == 4
    assert told.count_of[file].source == "bom.csv, line 2"
    assert told.doubts == ()
    assert told.others == ()


@pytest.mark.parametrize(
    "name", ["legs", "leg v3", "leg left", "table leg", "1eg", "g"]
)
def test_a_name_that_is_only_like_it_is_asked(name: str) -> None:
    (doubt,) = of(found("leg.stl", MESH), parts_list((name, 4, ""))).doubts
    assert [count.value for count in doubt.counts] == [1, 4]


def test_a_part_number_counts_as_a_name() -> None:
    told = of(found("LEG-01.stl", MESH), parts_list(("Leg, printed", 4, "LEG-01")))
    assert told.count_of["LEG-01.stl"].value == 4


@pytest.mark.parametrize(
    ("lines", "likeliest"),
    [
        ([("leg", 2, ""), ("Leg", 2, "")], 4),  # of two assemblies: likely both
        ([("leg", 0, "")], 1),
        ([("leg", 0.5, "")], 1),
        ([("leg", 1_001, "")], 1),
    ],
)
def test_what_is_not_certain_is_asked_with_a_proposal(
    lines: list[tuple[str, float, str]], likeliest: int
) -> None:
    (doubt,) = of(found("leg.stl", MESH), parts_list(*lines)).doubts
    assert doubt.counts[0].value == likeliest


def test_one_line_for_two_files_and_two_lists_that_differ_are_asked() -> None:
    two = of(
        found("a/leg.stl", MESH), found("b/leg.stl", MESH), parts_list(("leg", 4, ""))
    )
    assert [doubt.counts[0].value for doubt in two.doubts] == [4, 4]
    lists = [parts_list(("leg", n, ""), name=f"{n}.csv") for n in (3, 4)]
    (doubt,) = of(found("leg.stl", MESH), *lists).doubts
    assert [count.value for count in doubt.counts] == [3, 4]
    same = [parts_list(("leg", 4, ""), name=name) for name in ("a.csv", "b.csv")]
    assert of(found("leg.stl", MESH), *same).count_of["leg.stl"].value == 4


def test_parts_of_a_board_and_what_is_sold_ready_are_no_doubt() -> None:
    board = parts_list(("10k", 4, "R1-R4"), ("100n", 2, "C1, C2"))
    assert of(found("case.stl", MESH), board).count_of["case.stl"].value == 1


def test_a_manifest_tells_quantities_of_its_parts() -> None:
    fields = {
        "part": [
            {"name": "Foot", "export": "foot.stl", "quantity": 3},
            {"name": "leg", "source": ["leg.scad"], "quantity": True},
            {"name": "top"},
        ]
    }
    told = in_manifest(fields, "okh.toml")
    found_ = counted([found("x/foot.stl", MESH), found("leg.stl", MESH)], told)
    assert found_.count_of["x/foot.stl"].value == 3
    assert found_.count_of["x/foot.stl"].source == "okh.toml, part 1"
    assert [doubt.file for doubt in found_.doubts] == ["leg.stl"]  # True is no number


def test_quantities_become_steps_and_time_to_put_them_together() -> None:
    founds = [found("leg.stl", MESH), found("top.stl", MESH)]
    founds.append(parts_list(("leg", 4, ""), ("M3 screw", 8, "")))
    questions = questions_of(founds, has_licence=True)
    keys = [question.key for question in questions]
    assert keys == ["count_0", "body", "unit"]
    asked = questions[0]
    assert (asked.file, asked.why, asked.proposed) == ("top.stl", "no-line", "1")
    assert [option.value for option in asked.options] == ["1", "8", "2", "3", "4"]
    answers = answers_of(questions, {"count_0": "2"}, founds)
    bill = bill_of(founds, answers, printed)
    assert [(step.name, step.quantity) for step in bill.steps[:2]] == [
        ("Print leg", 4),
        ("Print top", 2),
    ]
    assert bill.steps[0].counted == "bom.csv, line 2"
    together = next(step for step in bill.steps if step.key == "assemble")
    assert together.labour_s.value == 6 * 60
    assert [(part.name, part.quantity) for part in bill.bought] == [("M3 screw", 8)]


def test_three_doubts_and_all_else_are_three_questions() -> None:
    founds = [found(f"{n}.stl", MESH) for n in "abcd"] + [parts_list(("x", 4, ""))]
    questions = questions_of(founds, has_licence=False)
    assert len(questions) == QUESTIONS_MAX
    bill = bill_of(founds, answers_of(questions, {}, founds), printed)
    assert {step.quantity for step in bill.steps} == {1}


def test_no_name_is_like_no_name() -> None:
    assert normalised("--.stl") == ""
    lines = dataclasses.replace(MESH)
    told = of(found("--.stl", lines), parts_list(("++", 4, "")))
    assert "--.stl" not in told.count_of
