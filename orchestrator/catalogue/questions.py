"""What only the designer knows: at most three questions, each with a proposed answer.

Keys and values only: their words are the pages' own (`doors/web/question_words.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from orchestrator.catalogue.estimates.milling import BLOCKS
from orchestrator.catalogue.estimates.profile import FILAMENTS
from orchestrator.catalogue.estimates.sheets import SHEETS
from orchestrator.catalogue.found import (
    Drawing,
    Found,
    Mesh,
    Model,
    Program,
    in_inches,
    in_millimetres,
)
from orchestrator.catalogue.quantities import Count, Counted, Doubt, Told, counted
from orchestrator.catalogue.ready import Ready, readies_of, ready_in
from orchestrator.catalogue.spdx import is_licence

QUESTIONS_MAX: Final = 3
NUMBERS: Final = (1, 2, 3, 4)  # offered beside those that the lists tell
COUNT_KEYS: Final = ("count_0", "count_1", "count_2")  # of the first doubts
LICENCES: Final = ("CERN-OHL-S-2.0", "CC-BY-4.0", "LicenseRef-PPL", "CC-BY-NC-SA-4.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer. `size`: how large the thing would be by it, where that is asked.

    `source`: which line says so, where a number is asked.
    """

    value: str
    size: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `proposed`: the value of the likeliest answer. `file`: it is about.

    `why`: the code of a doubt, where a number is asked.
    """

    key: str
    options: tuple[Option, ...]
    proposed: str
    file: str = ""
    why: str = ""


def questions_of(
    founds: Sequence[Found], *, has_licence: bool, told: Sequence[Told] = ()
) -> tuple[Question, ...]:
    """The questions that matter most for these files; what is left out is assumed.

    `told`: what the manifest says of quantities.
    """
    doubts = list(_counts(founds, counted(founds, told)).values())
    is_made = any(not one.is_bought for one in readies_of(founds, told))
    asked = [
        None if has_licence else _licence(),
        *doubts[:1],
        _body(founds) if is_made else None,
        _sheet(founds),
        _tool(founds),
        _unit(founds),
        *doubts[1:],
    ]
    return tuple(each for each in asked if each is not None)[:QUESTIONS_MAX]


def answers_of(
    questions: Sequence[Question],
    given: dict[str, str],
    founds: Sequence[Found],
    told: Sequence[Told] = (),
) -> dict[str, str]:
    """An answer to each question there could be: given, else proposed.

    "bought": the keys of bodies that are not made, which is told beside the questions.
    """
    answers = {
        question.key: question.proposed
        for question in (_licence(), _body(founds), _sheet(founds), _tool(founds))
        if question is not None
    }
    for question in _counts(founds, counted(founds, told)).values():
        answers[question.key] = question.proposed
    readies = readies_of(founds, told)
    chosen = given.get("bought", _proposed(readies)).split()
    answers["bought"] = " ".join(one.key for one in readies if one.key in chosen)
    answers["unit"] = unit_of(founds)
    for question in questions:
        offered = {option.value for option in question.options}
        if given.get(question.key) in offered:
            answers[question.key] = given[question.key]
        elif question.key == "licence" and is_licence(given.get("licence", "")):
            answers["licence"] = given["licence"]  # as before, or as more answers found
    return answers


def count_of(
    subject: str, founds: Sequence[Found], answers: Mapping[str, str], found: Counted
) -> Count:
    """How many of this file or body a finished piece takes: told, answered or assumed."""
    if subject in found.count_of:
        return found.count_of[subject]
    doubt = next(each for each in found.doubts if each.file == subject)
    question = _counts(founds, found).get(subject)
    if question is None:
        return doubt.chosen(doubt.counts[0])
    value = answers[question.key]
    told = {option.value: option.source for option in question.options}
    return doubt.chosen(Count(value=int(value), source=told[value] or "the designer"))


def in_unit(found: Found, unit: str) -> Found:
    """The file, its numbers read as the designer says."""
    return in_inches(found) if unit == "inch" else in_millimetres(found)


def unit_of(founds: Sequence[Found]) -> str:
    """The likelier unit of files that do not tell theirs: the largest decides."""
    mute = [found for found in founds if found.asks_for_unit]
    return max(mute, key=_longest_mm).proposed_unit if mute else "mm"


def _counts(founds: Sequence[Found], found: Counted) -> dict[str, Question]:
    """By file or body, the question how many, of the first that are not certain.

    What is bought is not asked about: a screw more or less stops nobody.
    """
    bought = {one.subject for one in ready_in(founds, found) if one.is_bought}
    doubts = (doubt for doubt in found.doubts if doubt.file not in bought)
    return {
        doubt.file: _count(key, doubt)
        for key, doubt in zip(COUNT_KEYS, doubts, strict=False)
    }


def _proposed(readies: Sequence[Ready]) -> str:
    return " ".join(one.key for one in readies if one.is_bought)


def _unit(founds: Sequence[Found]) -> Question | None:
    mute = [found for found in founds if found.asks_for_unit]
    if not mute:
        return None
    largest = max(mute, key=_longest_mm)
    return Question(
        key="unit",
        options=tuple(
            Option(value=unit, size=size_words(in_unit(largest, unit)))
            for unit in ("mm", "inch")
        ),
        proposed=unit_of(founds),
        file=largest.name,
    )


def _body(founds: Sequence[Found]) -> Question | None:
    if not any(isinstance(found.what, Mesh | Model) for found in founds):
        return None
    blocks = (block.material for block in BLOCKS)
    return Question(key="body", options=_options(*FILAMENTS, *blocks), proposed="PLA")


def _sheet(founds: Sequence[Found]) -> Question | None:
    if not any(isinstance(found.what, Drawing) for found in founds):
        return None
    numbers = map(str, range(len(SHEETS)))
    return Question(key="sheet", options=_options(*numbers), proposed="0")


def _tool(founds: Sequence[Found]) -> Question | None:
    programs = [found.what for found in founds if isinstance(found.what, Program)]
    if all(program.machine == "printer" for program in programs):
        return None
    tools = _options("LAS-CUT", "CNC-MIL-3AX")
    return Question(key="tool", options=tools, proposed="LAS-CUT")


def _count(key: str, doubt: Doubt) -> Question:
    told = {count.value: count.source for count in doubt.counts}
    offered = told | {value: "" for value in NUMBERS if value not in told}
    return Question(
        key=key,
        options=tuple(
            Option(value=str(value), source=source) for value, source in offered.items()
        ),
        proposed=str(doubt.counts[0].value),
        file=doubt.called or PurePosixPath(doubt.file).name,
        why=doubt.why,
    )


def _licence() -> Question:
    return Question(key="licence", options=_options(*LICENCES), proposed=LICENCES[0])


def _options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value=value) for value in values)


def size_words(found: Found) -> str:
    """Its outer size as people say it; empty where it has none."""
    match found.what:
        case (Mesh() | Model()) as body:
            sizes = [body.x_mm, body.y_mm, body.z_mm]
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
