"""Which icons the pages use, and how they become one sprite.

Run `python -m orchestrator.doors.web.build_icons FOLDER`, FOLDER holding the SVG
files of `@phosphor-icons/core` (its `assets/regular`), after a change to NAMES.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

SPRITE = Path(__file__).parent / "static" / "icons.svg"
NAMES = (
    # states
    *("hourglass", "play", "play-circle", "warning", "pause", "warning-octagon"),
    *("wifi-slash", "check", "check-circle"),
    # places on the map and in the navigation
    *("sun", "map-trifold", "map-pin", "factory", "kanban", "books", "bicycle"),
    *("package", "storefront", "truck", "user", "users", "sign-in", "sign-out"),
    *("scales", "receipt", "seal-check", "shield-check", "tree-structure", "coins"),
    # acts
    *("stop-circle", "hand-palm", "arrow-right", "arrow-left", "arrow-u-up-left"),
    *("arrow-clockwise", "arrow-square-out", "caret-right", "caret-double-right"),
    *("caret-up", "caret-down", "caret-up-down", "plus", "minus", "x"),
    *("magnifying-glass", "download-simple", "upload-simple", "printer", "qr-code"),
    *("barcode", "navigation-arrow", "phone", "envelope-simple", "key"),
    # things and facts
    *("note", "info", "question", "clock", "calendar", "cube", "wrench", "hammer"),
    *("gear", "thermometer-simple", "drop", "leaf", "ruler", "gauge", "path"),
    *("flag-checkered", "file", "file-csv", "link", "lock-key", "list-checks"),
    *("cloud-slash", "copyright", "scissors", "lightning", "eye", "camera"),
)
BODY = re.compile(r"<svg[^>]*>(.*)</svg>\s*", re.DOTALL)


def sprite_of(folder: Path, names: Iterable[str]) -> str:
    """One SVG with a `symbol` for each name, read from `folder/NAME.svg`.

    Errors: FileNotFoundError for a name the folder lacks, ValueError for a file
    that is no single SVG.
    """
    symbols = []
    for name in sorted(set(names)):
        body = BODY.fullmatch((folder / f"{name}.svg").read_text(encoding="utf-8"))
        if body is None:
            raise ValueError(f"{name}.svg in {folder} is not one SVG element")
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 256 256">{body.group(1)}</symbol>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    )


if __name__ == "__main__":
    SPRITE.write_text(sprite_of(Path(sys.argv[1]), NAMES), encoding="utf-8")
