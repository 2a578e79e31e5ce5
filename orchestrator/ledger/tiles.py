"""The log as files that never change once full (C2SP tlog-tiles): anyone may mirror it.

A tile of level L and index N holds up to 256 hashes of the tree's level 8 * L; a tile
of entries holds up to 256 entries, each after its length in two bytes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.ledger.append import leaf_of
from orchestrator.ledger.checkpoint import latest_checkpoint
from orchestrator.ledger.rows import EntryRow, NodeRow
from orchestrator.ledger.sequencer import tree_size
from orchestrator.ledger.witnesses import cosigned_note

WIDTH: Final = 256
HEIGHT: Final = 8
LEVEL_MAX: Final = 5  # as 2**48 entries have
ENTRIES: Final = "entries"
_PATH = re.compile(r"((?:x[0-9]{3}/){0,4}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile(session: Session, level: int, index: int, width: int) -> bytes:
    """`width` hashes of 32 bytes. Errors: NotFoundError when the tree lacks one."""
    hashes = session.scalars(
        select(NodeRow.hash)
        .where(
            NodeRow.level == level * HEIGHT,
            NodeRow.index >= index * WIDTH,
            NodeRow.index < index * WIDTH + width,
        )
        .order_by(NodeRow.index)
    ).all()
    if level > LEVEL_MAX or len(hashes) < width:
        raise NotFoundError(f"the tree has no tile {level}/{index} of {width} hashes")
    return b"".join(hashes)


def entry_tile(session: Session, index: int, width: int) -> bytes:
    """`width` entries, as the tree hashes them. Errors: NotFoundError."""
    first = index * WIDTH
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.position >= first, EntryRow.position < first + width)
        .order_by(EntryRow.position)
    ).all()
    if len(rows) < width:
        raise NotFoundError(f"the log has no entries {first} to {first + width - 1}")
    leaves = [leaf_of(row) for row in rows]
    return b"".join(len(leaf).to_bytes(2) + leaf for leaf in leaves)


def tile_at(session: Session, level: str, path: str) -> bytes:
    """The tile that an address names, as `0`, `x001/067.p/12`. Errors: NotFoundError."""
    found = _PATH.fullmatch(path)
    is_level = level == ENTRIES or (level.isascii() and level.isdecimal())
    width = int(found[2] or WIDTH) if found else 0
    if found is None or not is_level or len(level) > 7 or width > WIDTH:
        raise NotFoundError(f"no tile is called {level[:10]}/{path[:40]}")
    index = int(found[1].replace("x", "").replace("/", ""))
    if path_of(index) != found[1]:
        raise NotFoundError(f"no tile is called {level[:10]}/{path[:40]}")
    if level == ENTRIES:
        return entry_tile(session, index, width)
    return tile(session, int(level), index, width)


def path_of(index: int) -> str:
    """Three digits a folder, `x` before all but the last: 1234067 is x001/x234/067."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))


def tiles_of(size: int) -> Iterator[tuple[str, int, int]]:
    """Level (or `entries`), index and width of every tile of a tree of `size`."""
    for level in (ENTRIES, *range(LEVEL_MAX + 1)):
        hashes = size if level == ENTRIES else size >> HEIGHT * int(level)
        for index in range(-(-hashes // WIDTH)):
            yield str(level), index, min(WIDTH, hashes - index * WIDTH)


def write_tiles(session: Session, folder: Path) -> int:
    """Write checkpoint and tiles below `folder`; full tiles that are there are left.

    The checkpoint comes last, so that a mirror never promises what it lacks. Returns
    the number of entries. Errors: NotFoundError without a checkpoint, OSError.
    """
    newest = latest_checkpoint(session)
    if newest is None or newest.size > tree_size(session):
        raise NotFoundError("the log has no checkpoint yet")
    for level, index, width in tiles_of(newest.size):
        part = "" if width == WIDTH else f".p/{width}"
        path = folder / "tile" / level / f"{path_of(index)}{part}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if level == ENTRIES:
                _put(path, entry_tile(session, index, width))
            else:
                _put(path, tile(session, int(level), index, width))
    _put(folder / "checkpoint", cosigned_note(session, newest).encode())
    return newest.size


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
