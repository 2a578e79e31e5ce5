"""What a designer is asked when publishing, in words: the catalogue knows the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.bill import Bought
from orchestrator.catalogue.estimates.milling import BLOCKS
from orchestrator.catalogue.estimates.sheets import SHEETS
from orchestrator.catalogue.process import PARTS_MAX
from orchestrator.catalogue.quantities import GUESS, ONE_OF_THEM, TOGETHER
from orchestrator.catalogue.questions import COUNT_KEYS, Option, Question
from orchestrator.catalogue.ready import Ready
from orchestrator.doors.web.words import N_

QUESTIONS: Final[Mapping[str, str]] = {
    "licence": N_("Who may make it?"),
    "body": N_("What shall it be made of?"),
    "sheet": N_("Which sheet shall it be cut from?"),
    "tool": N_("What is the program written for?"),
    "unit": N_("How large is it?"),
}
COUNT: Final = N_("How many of {file} go into one?")
WHYS: Final[Mapping[str, str]] = {
    "no-number": N_("Its line tells no whole number from 1 to {most}."),
    "no-line": N_("No line of the parts list has its name."),
    "differ": N_("The lists tell different numbers."),
    "many-lines": N_("Several lines of the list are about it."),
    "shared": N_("Its line is about other files, too."),
    "placed": N_("The parts list and the model tell different numbers."),
}
ANOTHER: Final = N_("Another number? Write it into the list and drop all again.")
SOURCES: Final[Mapping[str, str]] = {
    GUESS: N_("our guess"),
    TOGETHER: N_("all of them together"),
    ONE_OF_THEM: N_("if it is one of several"),
}
READY: Final[Mapping[str, str]] = {
    "sold": N_("{told} says who sells it."),
    "standard": N_("It is a standard part: {told}."),
    "made": N_("{told} says that it is made."),
    "perhaps": N_(
        "Its name holds {told}, and more: is it the part, or something for it?"
    ),
    "designer": N_("You said so."),
}
UNIT_HELP: Final = N_("{file} does not say its unit.")
UNITS: Final[Mapping[str, str]] = {
    "mm": N_("drawn in millimetres"),
    "inch": N_("drawn in inches"),
}
LICENCES: Final[Mapping[str, str]] = {
    "CERN-OHL-S-2.0": N_("Anybody may make and sell it, and shares changes alike"),
    "CC-BY-4.0": N_("Anybody may make, change and sell it, and names me"),
    "LicenseRef-PPL": N_("Only cooperatives, sole traders and non-profits may sell it"),
    "CC-BY-NC-SA-4.0": N_("Anybody may make it for themselves; nobody may sell it"),
}
BODIES: Final[Mapping[str, str]] = {
    "PLA": N_("PLA: stiff, for indoors"),
    "PETG": N_("PETG: tougher, stands warmth and water"),
    "wood": N_("Wood"),
    "aluminium": N_("Aluminium"),
}
PRINTED: Final = N_("3D printed")
MILLED: Final = N_("milled from a block")
SHEET_WORDS: Final[Mapping[str, str]] = {
    "plywood": N_("Plywood, {mm} mm"),
    "acrylic": N_("Acrylic, {mm} mm"),
    "MDF": N_("MDF, {mm} mm"),
    "cardboard": N_("Cardboard, {mm} mm"),
}
TOOLS: Final[Mapping[str, str]] = {
    "LAS-CUT": N_("A laser cutter"),
    "CNC-MIL-3AX": N_("A milling machine"),
}

type Told = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer as it stands on the page."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question as it stands on the page."""

    key: str
    words: str
    help: str
    options: tuple[Choice, ...]


def asked(question: Question, told: Told) -> Asked:
    """The question in the reader's language; `told` translates a text (gettext)."""
    words, why = told(QUESTIONS.get(question.key, COUNT)), ""
    if question.key == "unit":
        why = told(UNIT_HELP).format(file=question.file)
    elif question.key in COUNT_KEYS:
        words = words.format(file=question.file)
        why = f"{told(WHYS[question.why]).format(most=PARTS_MAX)} {told(ANOTHER)}"
    return Asked(
        key=question.key,
        words=words,
        help=why,
        options=tuple(
            _choice(question.key, option, told) for option in question.options
        ),
    )


def ready_choice(ready: Ready, told: Told) -> Choice:
    """A body that may be bought, with what speaks for it or against it."""
    return Choice(value=ready.key, label=ready.called, help=why_bought(ready, told))


def why_bought(one: Ready | Bought, told: Told) -> str:
    """Why this is bought or not, where there is a reason; "" else."""
    return told(READY[one.why]).format(told=one.told) if one.why in READY else ""


def _choice(key: str, option: Option, told: Told) -> Choice:
    value = option.value
    match key:
        case "unit":
            label, why = option.size, told(UNITS[value])
        case "licence":
            label, why = told(LICENCES[value]), value.removeprefix("LicenseRef-")
        case "body":
            is_milled = value in {block.material for block in BLOCKS}
            label, why = told(BODIES[value]), told(MILLED if is_milled else PRINTED)
        case "sheet":
            sheet = SHEETS[int(value)]
            thick = f"{sheet.thickness_mm:g}"
            label, why = told(SHEET_WORDS[sheet.material]).format(mm=thick), ""
        case "tool":
            label, why = told(TOOLS[value]), ""
        case _:
            source = option.source
            label, why = value, told(SOURCES[source]) if source in SOURCES else source
    return Choice(value=value, label=label, help=why)
