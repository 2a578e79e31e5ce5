"""Whatever a designer is asked has words, and each of them goes through gettext."""

from orchestrator.catalogue.found import Drawing, Estimate, Found, Mesh, Program, What
from orchestrator.catalogue.questions import Question, questions_of
from orchestrator.catalogue.ready import Ready
from orchestrator.doors.web.question_words import asked, ready_choice

SOME = Estimate(value=1, plus_minus=0, source="")
MESH = Mesh(
    unit=None, x_mm=20, y_mm=20, z_mm=10, triangles=12, bodies=1, volume_mm3=4_000,
    area_mm2=1_600, watertight=True, overhang_mm2=0, bottom_mm2=400, thinnest_mm=None,
    slices=(),
)  # fmt: skip
DRAWING = Drawing(
    unit="mm", width_mm=100, height_mm=50, cut_length_mm=300, part_area_mm2=5_000,
    contours=1, open_lines=0, holes=(), smallest_mm=None, layers=(),
)  # fmt: skip
PROGRAM = Program(
    machine="laser-or-mill", x_min_mm=0, y_min_mm=0, z_min_mm=0, x_max_mm=1,
    y_max_mm=1, z_max_mm=1, lines=1, path_mm=1, filament_mm=0, material_g=None,
    duration_s=SOME, tool="", material="",
)  # fmt: skip


def every_question() -> dict[str, Question]:
    things: list[What] = [MESH, DRAWING, PROGRAM]
    founds = [Found(name=f"{{{each.kind}}}", format="", what=each) for each in things]
    asked_of = [
        questions_of(some, has_licence=has_licence)
        for some in ([], *([found] for found in founds))
        for has_licence in (False, True)
    ]
    return {question.key: question for some in asked_of for question in some}


def test_all_that_is_asked_is_said_in_the_readers_language() -> None:
    seen = set()

    def told(words: str) -> str:
        seen.add(words)
        return f"<{words}>"

    questions = every_question()
    assert set(questions) == {"licence", "body", "sheet", "tool", "unit"}
    for question in questions.values():
        shown = asked(question, told)
        translated = [shown.words, *filter(None, [shown.help])]
        if question.key != "unit":  # its answers are sizes
            translated += [option.label for option in shown.options]
        if question.key != "licence":  # the licence's own name explains it
            translated += [option.help for option in shown.options if option.help]
        assert all(each.startswith("<") for each in translated), translated
    assert "" not in seen  # gettext answers that with the catalogue's head


def test_every_reason_for_what_is_bought_has_words() -> None:
    for why in ("sold", "standard", "made", "perhaps", "designer"):
        ready = Ready(
            key="part-1-1", subject="a.step#part-1-1", called="{M3}", is_bought=True,
            why=why, told="{ISO}",
        )  # fmt: skip
        shown = ready_choice(ready, "<{}>".format)
        assert (shown.value, shown.label) == ("part-1-1", "{M3}")
        assert shown.help.startswith("<")
    silent = Ready(key="a", subject="a", called="a", is_bought=False)
    assert ready_choice(silent, "<{}>".format).help == ""


def test_the_file_and_both_sizes_stand_in_the_question() -> None:
    shown = asked(every_question()["unit"], str)
    assert shown.help == "{mesh} does not say its unit."
    assert [option.label for option in shown.options] == [
        "20 x 20 x 10 mm",
        "508 x 508 x 254 mm",
    ]


def test_a_sheet_tells_its_thickness() -> None:
    labels = [option.label for option in asked(every_question()["sheet"], str).options]
    assert labels[:2] == ["Plywood, 3 mm", "Plywood, 6 mm"]
