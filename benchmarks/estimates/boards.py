"""Circuit boards: our estimate beside G-code by gerbonara and shapely."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.estimates.timed import row, seconds_of
from benchmarks.peers import PEERS, PeerFailedError, run
from firmware_bridge.errors import ProgramError
from orchestrator.catalogue.estimates import boards as ours
from orchestrator.catalogue.files.apart import look
from orchestrator.catalogue.files.board import board_of
from orchestrator.catalogue.files.formats import HEAD_BYTES, format_of
from orchestrator.catalogue.found import BoardLayer, Drills, Found

BOARDS: Final = (
    PEERS.parent / "boards"
)  # lay folders of Gerber files there, one a board
NOTE: Final = (
    "Boards that others drew: read and estimated by us, and made "
    "G-code from gerbonara's reading and shapely's offsets (`isolate.py`), timed as GRBL plans it on a "
    "usual machine; tools are changed by a person, whose time is another figure. Every "
    "second folder, by name, was held out."
)
_SIDES: Final = ("top", "bottom")

type Chosen = dict[str, tuple[Path, Found]]  # by what it is


def rows(word: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Each board with this word in its name. Errors: PeerFailedError."""
    folders = sorted({path.parent for path in BOARDS.rglob("*") if path.is_file()})
    chosen = ((each, files) for each in folders if (files := _chosen(each)))
    for number, (place, files) in enumerate(chosen):
        board = board_of([found for _, found in files.values()])
        if word not in place.name or board is None:
            continue
        kind = "held out" if number % 2 else "tuned on"
        try:
            theirs_s = _seconds(files, folder)
        except (PeerFailedError, ProgramError) as error:
            yield {"piece": place.name, "set": str(error)[:60]}
            continue
        yield row(kind, place.name, theirs_s, ours.estimate_board(board).run_s.value)


def _chosen(folder: Path) -> Chosen:
    """One file for each side, the outline and the holes; empty without both copper and outline."""
    chosen: Chosen = {}
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        with path.open("rb") as stream:
            if format_of(path.name, stream.read(HEAD_BYTES)) not in {
                "Gerber",
                "Excellon",
            }:
                continue
        found = look(path, path.name).found
        option = None
        if isinstance(found.what, Drills) and found.format == "Excellon":
            option = "drill" if found.what.holes else None
        elif isinstance(found.what, BoardLayer) and found.what.width_mm > 0:
            if found.what.role == "copper":
                option = found.what.side if found.what.side in _SIDES else None
            elif found.what.role == "outline":
                option = "outline"
        if option:
            chosen.setdefault(option, (path, found))
    has_all = "outline" in chosen and chosen.keys() & set(_SIDES)
    return chosen if has_all else {}


def _seconds(files: Chosen, folder: Path) -> float:
    """Of all that is milled and drilled for the board."""
    out = folder / "board.nc"
    asked = {
        "copper": [str(files[name][0].resolve()) for name in _SIDES if name in files],
        "drill": [str(files["drill"][0].resolve())] if "drill" in files else [],
        "outline": [str(files["outline"][0].resolve())] if "outline" in files else [],
        "settings": {
            "bit_mm": ours.BIT_MM,
            "engraved_mm": ours.ENGRAVED_MM,
            "engrave_mm_s": ours.ENGRAVE_MM_S,
            "plunge_mm_s": ours.PLUNGE_MM_S,
            "safe_mm": ours.SAFE_MM,
            "change_mm": ours.CHANGE_MM,
            "through_mm": ours.THROUGH_MM,
            "cutter_mm": ours.CUTTER_MM,
            "infeed_mm": ours.INFEED_MM,
            "outline_mm_s": ours.OUTLINE_MM_S,
        },
    }
    script = str(Path(__file__).with_name("isolate.py"))
    command = [str(PEERS / "python"), "-W", "ignore", script, str(out)]
    run(command, folder=folder, asked=json.dumps(asked))
    return seconds_of(out)
