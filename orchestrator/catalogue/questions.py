"""What only the designer knows: at most three questions, each with a proposed answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.estimates.milling import BLOCKS
from orchestrator.catalogue.estimates.sheets import SHEETS
from orchestrator.catalogue.found import (
    Drawing,
    Found,
    Mesh,
    Program,
    in_inches,
    in_millimetres,
)

QUESTIONS_MAX: Final = 3
FILAMENT_WORDS: Final = (
    ("PLA", "PLA: stiff, for indoors"),
    ("PETG", "PETG: tougher, stands warmth and water"),
)
LICENCES: Final = (
    ("CERN-OHL-S-2.0", "Anybody may make and sell it, and shares changes alike"),
    ("CC-BY-4.0", "Anybody may make, change and sell it, and names me"),
    ("LicenseRef-PPL", "Only cooperatives, sole traders and non-profits may sell it"),
    ("CC-BY-NC-SA-4.0", "Anybody may make it for themselves; nobody may sell it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer; `help` says what it would mean here."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question in plain words. `proposed`: the value of the likeliest answer."""

    key: str
    words: str
    options: tuple[Option, ...]
    proposed: str
    help: str = ""


def questions_of(founds: Sequence[Found], *, has_licence: bool) -> tuple[Question, ...]:
    """The questions that matter most for these files; what is left out is assumed."""
    asked = [
        None if has_licence else _licence(),
        _body(founds),
        _sheet(founds),
        _tool(founds),
        _unit(founds),
    ]
    return tuple(each for each in asked if each is not None)[:QUESTIONS_MAX]


def answers_of(
    questions: Sequence[Question], given: dict[str, str], founds: Sequence[Found]
) -> dict[str, str]:
    """An answer to each question there could be: given, else proposed."""
    answers = {
        question.key: question.proposed
        for question in (_licence(), _body(founds), _sheet(founds), _tool(founds))
        if question is not None
    }
    answers["unit"] = unit_of(founds)
    for question in questions:
        offered = {option.value for option in question.options}
        if given.get(question.key) in offered:
            answers[question.key] = given[question.key]
    return answers


def in_unit(found: Found, unit: str) -> Found:
    """The file, its numbers read as the designer says."""
    return in_inches(found) if unit == "inch" else in_millimetres(found)


def unit_of(founds: Sequence[Found]) -> str:
    """The likelier unit of files that do not tell theirs: the largest decides."""
    mute = [found for found in founds if found.asks_for_unit]
    return max(mute, key=_longest_mm).proposed_unit if mute else "mm"


def _unit(founds: Sequence[Found]) -> Question | None:
    mute = [found for found in founds if found.asks_for_unit]
    if not mute:
        return None
    largest = max(mute, key=_longest_mm)
    return Question(
        key="unit",
        words="How large is it?",
        help=f"{largest.name} does not say its unit.",
        options=tuple(
            Option(value=unit, label=size_words(in_unit(largest, unit)), help=why)
            for unit, why in (
                ("mm", "drawn in millimetres"),
                ("inch", "drawn in inches"),
            )
        ),
        proposed=unit_of(founds),
    )


def _body(founds: Sequence[Found]) -> Question | None:
    if not any(isinstance(found.what, Mesh) for found in founds):
        return None
    printed = [
        Option(value=code, label=words, help="3D printed")
        for code, words in FILAMENT_WORDS
    ]
    milled = [
        Option(value=block.material, label=block.words, help="milled from a block")
        for block in BLOCKS
    ]
    return Question(
        key="body",
        words="What shall it be made of?",
        options=(*printed, *milled),
        proposed="PLA",
    )


def _sheet(founds: Sequence[Found]) -> Question | None:
    if not any(isinstance(found.what, Drawing) for found in founds):
        return None
    return Question(
        key="sheet",
        words="Which sheet shall it be cut from?",
        options=tuple(
            Option(value=str(index), label=sheet.words)
            for index, sheet in enumerate(SHEETS)
        ),
        proposed="0",
    )


def _tool(founds: Sequence[Found]) -> Question | None:
    programs = [found.what for found in founds if isinstance(found.what, Program)]
    if all(program.machine == "printer" for program in programs):
        return None
    return Question(
        key="tool",
        words="What is the program written for?",
        options=(
            Option(value="LAS-CUT", label="A laser cutter"),
            Option(value="CNC-MIL-3AX", label="A milling machine"),
        ),
        proposed="LAS-CUT",
    )


def _licence() -> Question:
    return Question(
        key="licence",
        words="Who may make it?",
        options=tuple(
            Option(value=licence, label=words, help=licence.removeprefix("LicenseRef-"))
            for licence, words in LICENCES
        ),
        proposed=LICENCES[0][0],
    )


def size_words(found: Found) -> str:
    """Its outer size as people say it; empty where it has none."""
    match found.what:
        case Mesh() as mesh:
            sizes = [mesh.x_mm, mesh.y_mm, mesh.z_mm]
        case Drawing() as drawing:
            sizes = [drawing.width_mm, drawing.height_mm]
        case _:
            return ""
    return " x ".join(f"{size:.4g}" for size in sizes) + " mm"


def _longest_mm(found: Found) -> float:
    match found.what:
        case Mesh() as mesh:
            return max(mesh.x_mm, mesh.y_mm, mesh.z_mm)
        case Drawing() as drawing:
            return max(drawing.width_mm, drawing.height_mm)
        case _:
            return 0.0
