"""Every sentence that the catalogue tells of files and figures is known to the pages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import orchestrator.catalogue
from orchestrator.catalogue.estimates.sheets import SHEETS
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.doors.web.file_words import in_words
from orchestrator.doors.web.flow import of_version

CATALOGUE = Path(orchestrator.catalogue.__file__).parent
ELSEWHERE = {"okw.py", "okw_directories.py", "licences.py", "ready.py"}  # other sources
CALLS = {
    "Note": ("words", 1),
    "_refused": ("", 3),
    "_by_hand": ("", 1),
    "Step": ("name", 9),
    "Estimate": ("source", 9),
    "Count": ("source", 9),
}


def sentences() -> Iterator[str]:
    """As they stand in the source, with a 7 in each gap."""
    for path in sorted(CATALOGUE.rglob("*.py")):
        if path.name in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from told_by(node, node.func.id)
            elif isinstance(node, ast.Assign) and path.parent.name == "estimates":
                if getattr(node.targets[0], "id", "") == "SOURCE":
                    yield from text_of(node.value)
            elif isinstance(node, ast.AnnAssign) and path.parent.name == "estimates":
                is_source = getattr(node.target, "id", "") == "SOURCE"
                if is_source and node.value and path.name != "profile.py":
                    yield from text_of(node.value)


def told_by(call: ast.Call, name: str) -> Iterator[str]:
    if name == "_assumed":
        yield from (f"assumed: {text}" for text in text_of(call.args[1]))
    keyword, place = CALLS.get(name, ("", len(call.args)))
    given = [one.value for one in call.keywords if keyword and one.arg == keyword]
    for value in (*given, *call.args[place : place + 1]):
        yield from text_of(value)


def text_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and any(
        isinstance(part, ast.Constant) for part in node.values
    ):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7"
            for part in node.values
        )


def told(words: str) -> str:
    return f"<{words}>"


COMPOSED = {"", "7; 7", "assumed: 7"}  # of sentences that are told elsewhere
ALL = sorted(set(sentences()) - COMPOSED)


def test_there_are_as_many_as_readers_and_estimates_tell() -> None:
    assert len(ALL) > 50
    assert "Nothing is drawn on this layer." in ALL
    assert "assumed: heating and levelling" in ALL
    assert "Print 7" in ALL


@pytest.mark.parametrize("sentence", ALL)
def test_each_is_told_in_the_readers_language(sentence: str) -> None:
    assert "<" in in_words(sentence, told), sentence


def test_what_stands_in_the_gaps_stays() -> None:
    words = {"Print {name}": "{name} drucken", "Plywood, {mm} mm": "Sperrholz, {mm} mm",
             "Cut {name} from {sheet}": "{name} aus {sheet} schneiden",
             "{list}, line {number}": "{list}, Zeile {number}"}  # fmt: skip

    def german(text: str) -> str:
        return words.get(text, text)

    assert in_words("Print {name} Leg", german) == "{name} Leg drucken"
    assert in_words("bom.csv, line 3", german) == "bom.csv, Zeile 3"
    for sheet in SHEETS[:2]:
        cut = in_words(f"Cut top from {sheet.words}", german)
        assert cut == f"top aus Sperrholz, {sheet.thickness_mm:g} mm schneiden"


def test_two_sources_are_told_one_after_the_other() -> None:
    text = "its volume, as if it were solid; corrected by 4 jobs of this kind"
    assert in_words(text, told) == (
        "<its volume, as if it were solid>; <corrected by 4 jobs of this kind>"
    )


def test_other_words_are_shown_as_they_came() -> None:
    for text in ("Bend the wire", "", "a; b", "PLA"):
        assert in_words(text, told) == text


def test_a_published_designs_steps_are_told_so_too() -> None:
    step = StepRow(name="Print leg", quantity=4, position=0, after=[])
    hand = {"name": "Look at it", "after": [0], "before": []}
    made = of_version(DesignVersionRow(hands=[hand]), [step], told)
    assert [one.name for one in made] == ["<Print leg>", "<Look at it>"]
