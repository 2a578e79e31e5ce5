"""Others' files are as published, and their licences stand beside them."""

import hashlib
import re

from orchestrator.doors.web.assets import STATIC

VENDOR = STATIC / "vendor"
ROW = re.compile(r"^\| `([^`]+)` \|.*\(`([^`]+)`\).* ([0-9a-f]{64}) \|$", re.MULTILINE)


def test_every_vendored_file_is_listed_with_its_sum_and_licence() -> None:
    rows = ROW.findall((VENDOR / "VENDORED.md").read_text())
    for name, licence, digest in rows:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
        assert (VENDOR / licence).is_file()
        assert "SPDX-License-Identifier" in (VENDOR / f"{name}.license").read_text()
    listed = {name for name, _, _ in rows}
    present = {
        path.name
        for path in VENDOR.iterdir()
        if path.suffix in {".js", ".mjs", ".css", ".woff2"}
    }
    assert listed == present
