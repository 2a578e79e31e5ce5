"""What files and their estimates tell, in the reader's language.

The catalogue tells it in whole English sentences, which programs and published files
hold as they are. Each is known here by its exact words with gaps for what is told in
them; a sentence that is none of these is shown as it came.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from orchestrator.doors.web.question_words import SHEET_WORDS
from orchestrator.doors.web.words import N_

STEPS: Final = (
    N_("Print {name}"),
    N_("Mill the circuit board"),
    N_("Mill {name}"),
    N_("Cut {name} from {sheet}"),
    N_("Run {name}"),
    N_("Solder the parts on"),
    N_("Put the parts together"),
    N_("Look at it"),
)
SOURCES: Final = (
    N_("nothing"),
    N_("our guess"),
    N_("all of them together"),
    N_("if it is one of several"),
    N_("the designer"),
    N_("assumed: no list tells it"),
    N_("assumed: clamping, zeroing and the tool's path"),
    N_("assumed: unclamping and deburring"),
    N_("assumed: heating and levelling"),
    N_("assumed: taking it off the bed"),
    N_("assumed: sheet, focus and a test cut"),
    N_("assumed: taking the parts out"),
    N_("assumed: making the machine ready"),
    N_("assumed: taking it out"),
    N_("assumed: fixing the blank, zeroing and the tools' paths"),
    N_("assumed: changing tools, cleaning and testing"),
    N_("assumed: a minute for each part"),
    N_("assumed: a look and a measure"),
    N_("our estimate, {settings}"),
    N_("its volume, as if it were solid"),
    N_("parallel lines level by level, then all over, with a 6 mm end mill"),
    N_("the block's volume"),
    N_("a 0.2 mm bit's way around the copper, holes and outline"),
    N_("{thickness} mm FR-4"),
    N_("{count} parts by hand, {seconds} s each"),
    N_("cut length and corners at the usual speed of a 60 W CO2 laser"),
    N_("area × {sheet}"),
    N_("as the firmware of a usual machine plans it"),
    N_("the slicer's own comment"),
    N_("its filament of {width} mm"),
    N_("the narrowest contour"),
    N_("{rays} rays through the walls"),
    N_("corrected by {count} jobs of this kind"),
    N_("{list}, line {number}"),
    N_("{list}, part {number}"),
)
NOTES: Final = (
    N_(
        "A part is made of surfaces that do not close. Join them to a solid in your CAD and export it again."
    ),
    N_(
        "{name} is made of surfaces that do not close. Join them to a solid in your CAD and export it again."
    ),
    N_("The file does not say its unit. It was read as millimetres."),
    N_(
        "{count} lines lie exactly on others and would be cut twice. They are counted once here; remove them from the drawing."
    ),
    N_(
        "{count} lines do not close to a contour. That is right for engraving; a part that falls out needs closed ones."
    ),
    N_(
        "{count} lines have coordinates that are no usable numbers (NaN, infinite or beyond 100 m). They were left out. Export the drawing again."
    ),
    N_(
        "{bad} of {count} triangles have coordinates that are no usable numbers, the first is triangle {number}. They were left out. Repair the mesh and export it again."
    ),
    N_(
        "The mesh has holes: {count} edges border only one triangle. A slicer may fill it wrongly. Repair it, for example with your CAD's mesh check, and upload it again."
    ),
    N_(
        "The surface meets itself: {count}. Most slicers cope; look at the layers before you print."
    ),
    N_(
        "The mesh is inside out: its faces look inwards. It was turned for what is told here; most slicers turn it too."
    ),
    N_(
        "The file does not say how wide its tools {names} are. Plot it with its tool table in the file."
    ),
    N_(
        "The file does not say if it is in mm or inch. It was taken for inch, as the format's makers mean it."
    ),
    N_("Nothing is drilled by this file."),
    N_(
        "The file uses tools that it does not describe ({names}): what they draw was left out. Plot it with apertures in the file (RS-274X)."
    ),
    N_(
        "The file does not say which layer it is. Name it as your program does, for example board.GTL for the top copper."
    ),
    N_(
        "The board's outline does not close. Join its ends, so that it is clear where the board is cut."
    ),
    N_("Nothing is drawn on this layer."),
    N_(
        "The file does not say if it is in mm or inch. It was taken for inch, as old programs mean it."
    ),
    N_(
        "The whole layer is meant as its negative, as old programs did for planes: what is told here is what is drawn, not what is copper."
    ),
    N_(
        "The SVG says no size in mm or inches. By its pixels, 96 per inch, it is {width} x {height} mm. If that is wrong, set the document's unit to mm."
    ),
    N_(
        "{count} texts or photos are not counted: they have no outline to follow. Turn them into paths if they are to be cut."
    ),
    N_(
        "{count} texts are not counted: a machine has no fonts. Turn them into outlines if they are to be cut."
    ),
    N_(
        "The table has no header with a name and a quantity, so it is kept but not read as a bill of materials."
    ),
    N_(
        "{count} lines have no quantity that is a number, the first is line {number}. One piece is assumed."
    ),
    N_(
        "Line {number}: {quantity} of {name} can't be. Write a number above 0, at most {most}, or take the line out."
    ),
    N_(
        "The file says {told} triangles and holds {there}: it was cut short. Upload it again."
    ),
    N_("It has {size} MB, at most {most} are looked into. Make it simpler."),
    N_(
        "This node does not read STEP. The file is kept: export the part as STL or 3MF and add it, or ask who runs the node for pip install 'fabcommons[step]'."
    ),
    N_(
        "It could not be read as {format}. Export it again, or upload it in another format."
    ),
    N_("Reading it took longer than one file may take here. Make it simpler."),
    N_(
        "It was not looked into: the other files took too long. Publish fewer files at "
        "once, or make them simpler."
    ),
    N_("The file was not read: {why}."),
    N_(
        "It was not saved as UTF-8, and is kept so now: look whether its letters are right."
    ),
)

type Told = Callable[[str], str]


def in_words(text: str, told: Told) -> str:
    """The text in the reader's language; `told` translates its sentence (gettext).

    A figure that was corrected has two sources, told one after the other.
    """
    if (known := _known(text)) is not None:
        sentence, gaps = known
        if "sheet" in gaps:
            gaps["sheet"] = in_words(gaps["sheet"], told)
        return told(sentence).format(**gaps)
    halves = text.split("; ")
    if len(halves) == 2 and any(_known(half) for half in halves):
        return "; ".join(in_words(half, told) for half in halves)
    return text


def _known(text: str) -> tuple[str, dict[str, str]] | None:
    """The sentence that it is, and what stands in its gaps."""
    for sentence, pattern in _patterns():
        if (found := pattern.fullmatch(text)) is not None:
            return sentence, found.groupdict()
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (
            sentence,
            re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(sentence))),
        )
        for sentence in (*STEPS, *SHEET_WORDS.values(), *SOURCES, *NOTES)
    )
