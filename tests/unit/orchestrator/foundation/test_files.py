"""A file is what its hash says, or it is not there."""

import hashlib
import io
from pathlib import Path

import pytest

from orchestrator.foundation import files
from orchestrator.foundation.errors import InvalidInputError, NotFoundError


def test_content_is_stored_once_under_its_hash(tmp_path: Path) -> None:
    content = b"solid part" * 20_000
    first = files.put(tmp_path, files.chunks_of(io.BytesIO(content)))
    again = files.put(tmp_path, [content])
    assert first == again
    assert first.sha256 == hashlib.sha256(content).hexdigest()
    assert first.size_bytes == len(content)
    with files.open_file(tmp_path, first.sha256) as stream:
        assert stream.read() == content
    assert files.exists(tmp_path, first.sha256)
    assert list((tmp_path / "drafts").iterdir()) == []


def test_too_much_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(files.FileTooLargeError):
        files.put(tmp_path, (b"x" * 100 for _ in range(11)), size_max_bytes=1000)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"half"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        files.put(tmp_path, broken())  # type: ignore[arg-type]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a/b"])
def test_no_name_but_a_hash_reaches_the_disk(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError):
        files.open_file(tmp_path, name)


def test_what_is_not_stored_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        files.read_file(tmp_path, "0" * 64)


def test_a_flipped_bit_on_disk_is_found(tmp_path: Path) -> None:
    stored = files.put(tmp_path, [b"G1 X10\n"])
    assert files.read_file(tmp_path, stored.sha256) == b"G1 X10\n"
    files.path_of(tmp_path, stored.sha256).write_bytes(b"G1 X11\n")
    with pytest.raises(OSError, match="damaged"):
        files.read_file(tmp_path, stored.sha256)
