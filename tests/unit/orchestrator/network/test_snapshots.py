"""Camera pictures are kept in memory for two minutes, and only pictures are."""

import pytest

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.snapshots import NEW_FOR_S, Snapshot, Snapshots
from tests.unit.orchestrator.region import TurnedClock

JPEG = b"\xff\xd8\xff\xe0 and so on"


def shot(content: bytes, media_type: str = "image/jpeg") -> Snapshot:
    return Snapshot(content=content, media_type=media_type)


def test_the_newest_is_given_until_it_is_old() -> None:
    wall = TurnedClock()
    known = Snapshots(wall)
    assert known.newest("m") is None
    known.take("m", shot(JPEG))
    known.take("m", shot(JPEG + b"!"))
    wall.turn(NEW_FOR_S)
    newest = known.newest("m")
    assert newest is not None
    assert newest.content == JPEG + b"!"
    wall.turn(1)
    assert known.newest("m") is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>", "image/jpeg"),
        (JPEG, "image/png"),
        (JPEG, "text/html"),
        (b"", "image/jpeg"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, kind: str) -> None:
    with pytest.raises(InvalidInputError, match="JPEG or a PNG"):
        Snapshots().take("m", shot(content, kind))
