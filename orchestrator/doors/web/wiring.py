"""How a machine without an interface gets its ears: parts and words for each kind."""

from dataclasses import dataclass
from typing import Final

from orchestrator.doors.web.words import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """One kind of machine. All words are for the translator; names of parts are not."""

    kind: str
    title: str
    clamp: str
    clamp_why: str
    piece: str
    piece_short: str  # empty: pieces are not counted
    has_heat: bool
    here: tuple[str, ...]  # what is dangerous at this machine, and who may


KINDS: Final = (
    Wiring(
        kind="laser",
        title=N_("Laser cutter"),
        clamp="SCT-013-010",
        clamp_why=N_("1 V at 10 A: it tells the tube from the fans"),
        piece=N_("For pieces: nothing; a sheet ends when you hold the green button"),
        piece_short="",
        has_heat=False,
        here=(
            N_(
                "High voltage stays in the tube's supply after the plug is out: "
                "nothing inside the laser is opened or touched."
            ),
            N_(
                "Lid switch, water and extraction stay as they are. The node knows "
                "nothing of them: a laser is never left alone because of it."
            ),
        ),
    ),
    Wiring(
        kind="sewing",
        title=N_("Sewing machine"),
        clamp="SCT-013-005",
        clamp_why=N_("1 V at 5 A: a small motor draws little"),
        piece=N_("For pieces: a push button beside the presser foot, or a foot switch"),
        piece_short=N_("button"),
        has_heat=False,
        here=(
            N_(
                "Wires run behind the machine, away from belt, hand wheel and needle, "
                "and are tied down."
            ),
        ),
    ),
    Wiring(
        kind="drill",
        title=N_("Drill press"),
        clamp="SCT-013-010",
        clamp_why=N_("1 V at 10 A: enough for the start of a strong motor"),
        piece=N_("For pieces: a limit switch at the end of the stroke"),
        piece_short=N_("limit switch"),
        has_heat=False,
        here=(
            N_(
                "Wires and switch sit where neither chuck nor belt nor chips reach; "
                "they are mounted with the plug out."
            ),
        ),
    ),
    Wiring(
        kind="kiln",
        title=N_("Kiln"),
        clamp="SCT-013-030",
        clamp_why=N_("1 V at 30 A: heating elements draw much"),
        piece=N_("For pieces: nothing; a firing ends when you hold the green button"),
        piece_short="",
        has_heat=True,
        here=(
            N_(
                "Most kilns have no plug: then only an electrician puts the clamp on, "
                "where the kiln's cable is connected."
            ),
            N_(
                "The thermocouple goes into the port that the maker made for one, kiln "
                "off and cold. Nobody drills a kiln."
            ),
            N_(
                "The node shows a temperature, it holds none: the kiln's own controller "
                "and its cut-out stay in charge."
            ),
        ),
    ),
)

BUTTONS: Final = (  # pin, colour's class, what it says
    ("D2", "green", N_("done")),
    ("D3", "red", N_("fault")),
    ("D4", "plain", N_("one more")),
    ("D5", "yellow", N_("pause")),
    ("D6", "black", N_("one less")),
    ("D7", "blue", N_("call")),
    ("D8", "white", N_("ready")),
)
