"""What is bought ready is proposed so, with the reason; its designer has the last word."""

import dataclasses

import pytest

from orchestrator.catalogue.bill import Bill
from orchestrator.catalogue.found import BomLine, Found, Model, Part, PartsList
from orchestrator.catalogue.proposing import bill_of
from orchestrator.catalogue.questions import answers_of, questions_of
from orchestrator.catalogue.ready import readies_of
from orchestrator.catalogue.standards import designation_in
from tests.unit.orchestrator.catalogue.test_bills import MESH, found, printed

BODY = dataclasses.replace(MESH, unit="mm")


def model(*parts: tuple[str, int], name: str = "table.step") -> Found:
    return found(
        name,
        Model(
            unit="millimetre",
            x_mm=90,
            y_mm=90,
            z_mm=20,
            parts=tuple(
                Part(name=part, count=count, body=BODY, holes=(), smallest_mm=None)
                for part, count in parts
            ),
        ),
    )


def listed(*lines: tuple[str, float, str], reference: str = "") -> Found:
    return found(
        "bom.csv",
        PartsList(
            lines=tuple(
                BomLine(
                    name=name,
                    quantity=number,
                    reference=reference,
                    source=source,
                    line=line,
                )
                for line, (name, number, source) in enumerate(lines, start=2)
            )
        ),
    )


def bill(*founds: Found, **given: str) -> Bill:
    questions = questions_of(founds, has_licence=True)
    return bill_of(founds, answers_of(questions, given, founds), printed)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ISO 4762 M3x10", "ISO 4762"),
        ("DIN912-M3X10", "DIN 912"),
        ("DIN EN ISO 4762 - M3 x 10 - 10N", "ISO 4762"),
        ("Hexagon Socket Head Cap Screw ISO 4762 M3 x 10", "ISO 4762"),
        ("ANSI B18.3 1/4-20", "ANSI B18.3"),
        ("B18.3.1M - 3 x 0.5 x 10 Hex SHCS -- 10NHX", "B18.3.1M"),
        ("GB/T 70.1 M3x8", "GB 70.1"),
        ("608ZZ", "608ZZ"),
        ("608-2RS", "608-2RS"),
        ("608 bearing", "608"),
        ("LM8UU", "LM8UU"),
        ("NEMA 17 stepper motor", "NEMA 17"),
        ("M3x10", "M3x10"),
        ("Screw M3 x 10:1", "M3x10"),
        ("Sechskantmutter M8", "M8"),
        ("écrou M8", "M8"),
        ("Tornillo Allen M3x10", "M3x10"),
    ],
)
def test_a_standard_parts_name_is_one(name: str, text: str) -> None:
    told = designation_in(name)
    assert told is not None
    assert (told.text, told.is_whole) == (text, True)


@pytest.mark.parametrize(
    "name",
    ["DIN 912 holder", "608ZZ cap", "Nema17 mount", "screw cap M3x10", "M8x9 box"],
)
def test_a_thing_for_a_standard_part_is_no_standard_part(name: str) -> None:
    told = designation_in(name)
    assert told is not None
    assert not told.is_whole


@pytest.mark.parametrize(
    "name",
    ["Leg", "M3", "608", "M99x10", "Plate ISO 2768-m", "ISO 9001", "EN AW-6082 plate",
     "precision 4762", "screw", "nut holder", "bearing block", "box 10x20"],
)  # fmt: skip
def test_what_only_sounds_like_it_has_no_designation(name: str) -> None:
    assert designation_in(name) is None


def test_screws_of_a_model_are_bought_and_the_rest_is_made() -> None:
    whole = model(("Leg", 4), ("ISO 4762 M3x10", 8), ("608ZZ holder", 1))
    made = bill(whole)
    assert [step.name for step in made.steps if step.process] == [
        "Print Leg",
        "Print 608ZZ holder",
    ]
    (screw,) = made.bought
    assert (screw.name, screw.quantity) == ("ISO 4762 M3x10", 8)
    assert (screw.why, screw.told) == ("standard", "ISO 4762")
    (together,) = (step for step in made.steps if step.key == "assemble")
    assert together.labour_s.value == (4 + 8 + 1) * 60  # a screw is put in, too


def test_the_list_is_believed_before_the_name() -> None:
    whole = model(("Fan", 1), ("M3x10", 2), ("Knob", 1), ("Leg", 1))
    lines = listed(("fan", 1, "Noctua"), ("M3x10", 2, "3D printed"), ("knob", 1, ""))
    fan, screw, knob, leg = readies_of([whole, lines])
    assert (fan.is_bought, fan.why, fan.told, fan.sold_by) == (
        True, "sold", "bom.csv, line 2", "Noctua",
    )  # fmt: skip
    assert (screw.is_bought, screw.why, screw.told) == (
        False, "made", "bom.csv, line 3",
    )  # fmt: skip
    assert not knob.is_bought
    assert (leg.is_bought, leg.why) == (False, "")
    linked = listed(("fan", 1, "https://example.org/fan.stl"))
    assert not readies_of([whole, linked])[0].is_bought


def test_a_line_tells_by_its_own_name_what_the_part_is() -> None:
    line = BomLine(name="DIN 934 M8", quantity=2, reference="P-07", source="", line=2)
    lines = found("bom.csv", PartsList(lines=(line,)))
    (ready,) = readies_of([model(("P-07", 2)), lines])
    assert (ready.is_bought, ready.told) == (True, "DIN 934")


def test_the_designer_has_the_last_word() -> None:
    whole = model(("Leg", 4), ("M3x10", 8))
    made = bill(whole, bought="part-1-1 part-9-9")
    assert [step.name for step in made.steps if step.process] == ["Print M3x10"]
    assert [(one.name, one.why) for one in made.bought] == [("Leg", "designer")]
    assert bill(whole, bought="").bought == ()
    assert bill(whole, bought="part-1-1 part-1-2").steps == ()


def test_a_mesh_called_like_a_standard_part_is_bought_too() -> None:
    founds = [found("case.stl", MESH), found("608ZZ.stl", MESH)]
    assert [one.is_bought for one in readies_of(founds)] == [False, True]
    assert [one.name for one in bill(*founds).bought] == ["608ZZ"]


def test_nothing_to_print_asks_for_no_filament() -> None:
    assert questions_of([model(("M3x10", 8))], has_licence=True) == ()


def test_a_lines_part_is_the_models_and_the_same_number_is_no_question() -> None:
    founds = [
        model(("Leg", 4), ("Top", 1)),
        listed(("leg", 4, ""), ("rope", 1, "Shop")),
    ]
    made = bill(*founds)
    assert made.steps[0].quantity == 4
    assert made.steps[0].counted == "table.step, bom.csv, line 2"
    assert [one.name for one in made.bought] == ["rope"]
    assert [each.key for each in questions_of(founds, has_licence=True)] == ["body"]


def test_a_list_that_tells_another_number_is_asked_about_and_the_other_is_kept() -> (
    None
):
    founds = [model(("Leg", 4), ("Top", 1)), listed(("leg", 3, ""))]
    asked = questions_of(founds, has_licence=True)[0]
    assert (asked.key, asked.file, asked.why) == ("count_0", "Leg", "placed")
    assert [option.value for option in asked.options][:2] == ["3", "4"]
    leg = bill(*founds).steps[0]
    assert (leg.quantity, leg.counted) == (3, "bom.csv, line 2")
    assert leg.against == "4 (table.step)"
    leg = bill(*founds, count_0="4").steps[0]
    assert (leg.quantity, leg.against) == (4, "3 (bom.csv, line 2)")


def test_screws_that_are_not_drawn_are_bought_as_listed_without_a_question() -> None:
    founds = [model(("Leg", 1), ("M3x10", 2)), listed(("M3x10", 8, "Shop"))]
    assert [each.key for each in questions_of(founds, has_licence=True)] == ["body"]
    (screw,) = bill(*founds).bought
    assert (screw.quantity, screw.against) == (8, "2 (table.step)")


def test_the_only_part_of_a_file_has_the_files_name_too() -> None:
    founds = [model(("Body1", 1), name="leg.step"), listed(("Leg", 4, ""))]
    made = bill(*founds)
    assert (made.steps[0].quantity, made.bought) == (4, ())


def test_a_line_about_the_whole_model_is_no_part_that_is_bought() -> None:
    founds = [model(("Leg", 4), ("Top", 1)), listed(("Table", 1, ""))]
    assert bill(*founds).bought == ()
