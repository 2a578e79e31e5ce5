"""What a published file tells, over HTTP: found, picture, body, kept for the next one."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue import looks
from orchestrator.foundation import files
from tests.unit.orchestrator.catalogue.files import made

Keys = Callable[..., dict[str, str]]


def test_a_published_body_is_told_drawn_and_turned(
    *,
    trade_door: Any,
    key_of: Keys,
    designer_id: str,
    manifest: bytes,
    process: bytes,
    program: bytes,
) -> None:
    answer = trade_door.client.post(
        "/api/v1/designs",
        headers=key_of(designer_id, "designer"),
        data={"process": process.decode()},
        files=[
            ("manifest", ("okh.toml", manifest)),
            ("files", ("hook.gcode", program)),
            ("files", ("hook.stl", made.stl(made.block(20, 30, 10)))),
            ("files", ("readme.md", b"# Hook")),
        ],
    )
    assert answer.status_code == 201, answer.text
    address_of = {
        file["name"]: f"/api/v1/files/{file['sha256']}"
        for file in answer.json()["files"]
    }
    body = address_of["hook.stl"]

    found = trade_door.client.get(f"{body}/found").json()
    assert found.get("format") == "STL", found
    assert found["what"]["volume_mm3"] == pytest.approx(6000)
    picture = trade_door.client.get(f"{body}/picture")
    assert picture.headers["content-type"] == "image/png"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert len(trade_door.client.get(f"{body}/view").content) == 12 * 18

    readme = address_of["readme.md"]
    assert trade_door.client.get(f"{readme}/found").json()["what"] == {"kind": "other"}
    assert trade_door.client.get(f"{readme}/picture").status_code == 404
    assert trade_door.client.get(f"/api/v1/files/{'0' * 64}/found").status_code == 404


def test_a_look_is_kept_and_too_many_at_once_are_sent_away(
    tmp_path: Any, monkeypatch: Any
) -> None:
    stored = files.put(tmp_path, [made.stl(made.block(20, 30, 10))])
    first = looks.of_stored(tmp_path, stored.sha256, "hook.stl")
    kept = [each for each in (tmp_path / "looks").rglob("*") if each.is_file()]
    assert len(kept) == 1

    taken = [looks._WAITING.acquire(blocking=False) for _ in range(looks.WAITING_MAX)]
    try:
        assert looks.of_stored(tmp_path, stored.sha256, "hook.stl") == first
        kept[0].write_bytes(b"damaged")
        with pytest.raises(looks.BusyError):
            looks.of_stored(tmp_path, stored.sha256, "hook.stl")
    finally:
        for _ in taken:
            looks._WAITING.release()
    assert looks.of_stored(tmp_path, stored.sha256, "hook.stl") == first


@pytest.mark.skipif(find_spec("OCP") is not None, reason="this Python reads STEP")
def test_what_the_next_start_may_know_is_not_kept(tmp_path: Path) -> None:
    stored = files.put(tmp_path, [b"ISO-10303-21;\n"])
    looked = looks.of_stored(tmp_path, stored.sha256, "lamp.step")
    assert [note.code for note in looked.found.notes] == ["lacks-extra"]
    assert not (tmp_path / "looks").exists()
