"""Archives: what is taken, what is not, and that no entry leads out of its folder."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from orchestrator.catalogue.files import archive
from orchestrator.catalogue.files.apart import unpack
from orchestrator.catalogue.files.reading import Source, UnreadableError
from orchestrator.catalogue.found import Archive


def zipped(**content_of: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in content_of.items():
            packed.writestr(name, content)
    return stream.getvalue()


def listed(folder: Path, content: bytes, into: Path | None = None) -> Archive:
    path = folder / "upload"
    path.write_bytes(content)
    what = archive.read(Source(name="x.zip", path=path, into=into)).what
    assert isinstance(what, Archive)
    return what


def test_entries_lie_unpacked_under_numbers(tmp_path: Path) -> None:
    path, into = tmp_path / "design.zip", tmp_path / "into"
    into.mkdir()
    path.write_bytes(zipped(**{"okh.toml": b"a", "parts/bracket.stl": b"bb"}))
    found = unpack(path, path.name, into)
    assert found.what == Archive(names=("okh.toml", "parts/bracket.stl"), refused=())
    assert {each.name: each.read_bytes() for each in into.iterdir()} == {
        "0": b"a",
        "1": b"bb",
    }


def test_the_good_is_kept_and_the_bad_named(tmp_path: Path) -> None:
    content = zipped(
        **{
            "good.stl": b"x",
            "../../etc/passwd": b"x",
            "/etc/passwd": b"x",
            "..\\windows": b"x",
            "C:/windows": b"x",
            "__MACOSX/._good.stl": b"x",
            "inner.zip": b"x",
            "a\x07b": b"x",
            "a\u202elts.b": b"x",
            ".": b"x",
            "also good.dxf": b"x",
        }
    )
    into = tmp_path / "into"
    into.mkdir()
    found = listed(tmp_path, content, into)
    assert found.names == ("good.stl", "also good.dxf")
    assert [refused.words.split(":")[0] for refused in found.refused] == [
        *["its name leads out of the folder"] * 4,
        "it is a leftover of a computer, not of the design",
        "it is an archive inside an archive",
        *["its name is longer than 200 characters or can't be shown"] * 2,
        "its name leads out of the folder",
    ]
    assert sorted(each.name for each in into.iterdir()) == ["0", "1"]


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, kind in (("link", tarfile.SYMTYPE), ("disk", tarfile.BLKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            packed.addfile(entry)
        entry = tarfile.TarInfo("good.txt")
        entry.size = 2
        packed.addfile(entry, io.BytesIO(b"ok"))
    found = listed(tmp_path, stream.getvalue())
    assert found.names == ("good.txt",)
    assert len(found.refused) == 2

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        link = zipfile.ZipInfo("link")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert listed(tmp_path, stream.getvalue()).names == ()


def test_a_bomb_is_let_down(tmp_path: Path) -> None:
    """100 MB of zeros in 100 kB; and one that lies about its size."""
    honest = zipped(bomb=bytes(100 << 20), good=b"x")
    assert len(honest) < 1 << 20
    into = tmp_path / "into"
    into.mkdir()
    assert listed(tmp_path, honest, into).names == ("good",)

    lying = bytearray(zipped(bomb=bytes(70 << 20)))
    for sign, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.index(sign) + offset
        lying[at : at + 4] = (10).to_bytes(4, "little")
    for each in into.iterdir():
        each.unlink()
    found = listed(tmp_path, bytes(lying), into)
    assert sum(os.stat(each).st_size for each in into.iterdir()) <= 10  # noqa: PTH116
    assert len(found.names) + len(found.refused) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8bxx", b"\x00" * 99])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableError, match="Pack it again"):
        listed(tmp_path, content)
