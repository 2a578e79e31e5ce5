"""What helps a machine in alarm, or one that waits: what to try, by its own words."""

import re
from typing import Final

from orchestrator.doors.web.words import N_

_LOST_PLACE: Final = (
    N_("Look whether something blocks the tool, and take it away."),
    N_("Find zero on the lab's own page; the machine has lost its place."),
    N_("Measure the piece before you start again: it may have moved."),
)
# (what the machine's words hold, what to try); the first that fits counts
REMEDIES: Final[tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = (
    (
        re.compile(r"filament", re.IGNORECASE),
        (
            N_("Put a new spool of the same material in; do not move the tool."),
            N_(
                "Go on at the printer's own display or button; behind OctoPrint or "
                "Klipper, on that program's page."
            ),
            N_(
                "Look at the first layer of the new spool. Count the stock of the old one."
            ),
        ),
    ),
    (
        re.compile(r"waits for a person", re.IGNORECASE),
        (
            N_("Go to the machine and read its own display: it says what it wants."),
            N_("Do that, and go on there."),
            N_("If the piece is lost, end the job on the page at the machine."),
        ),
    ),
    (
        re.compile(r"thermal|maxtemp|mintemp|heat|temperature", re.IGNORECASE),
        (
            N_("Switch the machine off and let it cool."),
            N_(
                "Look at the wires of heater and sensor; a loose one is the usual cause."
            ),
            N_("Do not print again before somebody has measured both."),
        ),
    ),
    (
        re.compile(r"ALARM:[89]|homing|limit switch", re.IGNORECASE),
        (
            N_("Push each axis by hand, power off: it must move freely."),
            N_("Press each limit switch; it must click and let go."),
            N_("Switch on and find zero on the lab's own page."),
        ),
    ),
    (
        re.compile(r"ALARM:[1-3]|hard limit|soft limit|reset", re.IGNORECASE),
        _LOST_PLACE,
    ),
    (
        re.compile(r"ALARM:[45]|probe", re.IGNORECASE),
        (
            N_("Clean the probe and the plate that it touches."),
            N_("Look at the probe's cable."),
            N_("Find zero on the lab's own page and probe again."),
        ),
    ),
    (
        re.compile(r"halt|kill", re.IGNORECASE),
        (
            N_("Look at the machine: somebody or the board stopped it."),
            N_("Switch it off, wait ten seconds, switch it on."),
            N_("Unlock it on the lab's own page once nothing blocks it."),
        ),
    ),
)
ELSE: Final = (
    N_("Go and look at the machine, and read its own display."),
    N_("Switch it off, wait ten seconds, switch it on."),
    N_("Unlock it on the lab's own page once nothing blocks it."),
)


def remedies_of(text: str | None) -> tuple[str, ...]:
    """Three things to try, the safest first."""
    for words, remedies in REMEDIES:
        if text and words.search(text):
            return remedies
    return ELSE
