"""What numba keeps is not used after a change in anything that was compiled into it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

COMPILED = Path(__file__).parents[3] / "routing" / "compiled.py"
CALLER = """
from routing.compiled import entry
from routing.inside import (
    add,
)


@entry
def total(number):
    return add(number)

"""
INSIDE = """
from routing import columns as c
from routing.compiled import kernel


@kernel
def add(number):
    return number + c.STEP
"""


def a_package(folder: Path) -> Path:
    package = folder / "routing"
    package.mkdir()
    shutil.copy(COMPILED, package)
    (package / "__init__.py").touch()
    (package / "caller.py").write_text(CALLER)
    (package / "inside.py").write_text(INSIDE)
    (package / "columns.py").write_text("STEP = 2\n")
    return package


def answer(folder: Path) -> str:
    asked = subprocess.run(
        [sys.executable, "-c", "from routing.caller import total; print(total(1))"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return asked.stdout.strip()


def kept(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("caller.*.nbc")}


def test_a_change_in_what_a_kernel_calls_or_reads_reaches_its_caller(
    tmp_path: Path,
) -> None:
    package = a_package(tmp_path)
    assert answer(tmp_path) == "3"
    before = kept(package)
    assert answer(tmp_path) == "3"
    assert kept(package) == before  # nothing changed: nothing is compiled again
    (package / "columns.py").write_text("STEP = 40\n")
    assert answer(tmp_path) == "41"
    (package / "inside.py").write_text(INSIDE.replace("+", "*"))
    assert answer(tmp_path) == "40"


def test_what_an_older_source_left_is_not_even_read(tmp_path: Path) -> None:
    package = a_package(tmp_path)
    assert answer(tmp_path) == "3"
    for index in package.rglob("*.nbi"):
        index.write_bytes(b"it names a module that is gone")
        os.utime(index, (0, 0))
    assert answer(tmp_path) == "3"


def test_modules_that_import_each_other_are_read_once(tmp_path: Path) -> None:
    package = a_package(tmp_path)
    (package / "columns.py").write_text("import routing.inside\n\nSTEP = 2\n")
    assert answer(tmp_path) == "3"
    (package / "columns.py").write_text("import routing.inside\n\nSTEP = 40\n")
    assert answer(tmp_path) == "41"
