"""The log as C2SP tiles: whoever mirrors them has the very tree that is signed."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger import merkle
from orchestrator.ledger.checkpoint import open_note, sign_checkpoint
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.tiles import path_of, tile_at, tiles_of, write_tiles

type Add = Callable[[Session, int, int], None]


def entries_in(tile: bytes) -> list[bytes]:
    leaves = []
    while tile:
        end = 2 + int.from_bytes(tile[:2])
        leaves.append(tile[2:end])
        tile = tile[end:]
    return leaves


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mirror_has_the_signed_tree(
    session: Session, add: Add, key: SigningKey, now: datetime, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError):
        write_tiles(session, tmp_path)
    add(session, 1, 259)
    sequence(session)
    sign_checkpoint(session, origin="fabcommons/helsinki", key=key, now=now)
    assert write_tiles(session, tmp_path) == write_tiles(session, tmp_path) == 259
    stated = open_note(
        (tmp_path / "checkpoint").read_text(encoding="utf-8"), public_key=key.public
    )
    tiles = tmp_path / "tile"
    told = [tiles / "entries/000", tiles / "entries/001.p/3"]
    leaves = [leaf for path in told for leaf in entries_in(path.read_bytes())]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    low = (tiles / "0/000").read_bytes() + (tiles / "0/001.p/3").read_bytes()
    assert low == b"".join(hashes)
    nodes: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(hashes):
        for level, place, digest in merkle.completed_nodes(
            lambda level, place: nodes[level, place], index, leaf
        ):
            nodes[level, place] = digest
    assert merkle.root(lambda level, place: nodes[level, place], 259) == stated.root
    assert (tiles / "1/000.p/1").read_bytes() == nodes[8, 0]
    assert tile_at(session, "0", "000.p/7") == low[: 7 * 32]
    for level, path in (
        ("0", "001"),
        ("0", "002"),
        ("2", "000.p/1"),
        ("9", "000.p/1"),
        ("0", "000.p/0"),
        ("0", "x000/001.p/3"),
        ("entries", "001.p/4"),
        ("entries", "../000"),
    ):
        with pytest.raises(NotFoundError):
            tile_at(session, level, path)


def test_paths_are_spelled_as_published() -> None:
    assert path_of(1234067) == "x001/x234/067"
    assert path_of(5) == "005"
    assert list(tiles_of(70_000))[-4:] == [
        ("0", 273, 112),
        ("1", 0, 256),
        ("1", 1, 17),
        ("2", 0, 1),
    ]
