"""Rules of the house that no linter knows: sizes, names, where time and chance come from."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("orchestrator", "device_agents", "firmware_bridge", "routing")
LINES_MAX = 400
FUNCTION_LINES_MAX = 60
# What numba compiles as one loop keeps its state in local variables: cutting it hands
# a dozen of them over at every step of the loop.
KERNEL_LINES_MAX = 200
# What strangers check the ledger with is one file, so that one file is all they need.
ALONE = {"orchestrator/ledger/verify.py": 500}
KERNELS = "routing/couriers/kernels/"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "managers", "misc"}
MAY_ASK_THE_TIME = {
    "orchestrator/foundation/clock.py",
    "orchestrator/foundation/ids.py",
    "firmware_bridge/clock.py",
}
FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations/versions" not in path.as_posix()
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_file_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    faults = []
    lines_max = ALONE.get(name_of(path), LINES_MAX)
    if text.count("\n") > lines_max:
        faults.append(f"{text.count(chr(10))} lines, at most {lines_max}")
    if not ast.get_docstring(tree):
        faults.append("no module docstring")
    if FORBIDDEN_NAMES & set(path.with_suffix("").parts):
        faults.append("its name says nothing")
    for function in functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1
        is_kernel = name_of(path).startswith(KERNELS)
        if length > (KERNEL_LINES_MAX if is_kernel else FUNCTION_LINES_MAX):
            faults.append(f"{function.name} has {length} lines")
        if any(
            isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)
        ):
            faults.append(f"{function.name} imports inside")
    if name_of(path) not in MAY_ASK_THE_TIME:
        faults += re.findall(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(", text)
    faults += re.findall(r"/work/|/tmp/fab|TODO|FIXME", text)
    assert not faults, f"{name_of(path)}: " + "; ".join(faults)


@pytest.mark.parametrize("planted", ["sqlalchemy", "fastapi", "orchestrator.orders"])
def test_a_planted_import_in_routing_is_found(tmp_path: Path, planted: str) -> None:
    """The contracts must be able to fail: `make check` refuses this import."""
    for package in PACKAGES:
        (tmp_path / package).symlink_to(ROOT / package)
    (tmp_path / "routing").unlink()
    subprocess.run(["cp", "-r", str(ROOT / "routing"), str(tmp_path)], check=True)
    (tmp_path / "routing" / "planted.py").write_text(f"import {planted}\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert "routing.planted" in checked.stdout


def test_only_the_outcome_of_a_vote_makes_a_mandate() -> None:
    """Nothing else can change a rule: `enact` asks for a mandate."""
    makers = {
        name_of(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Mandate", "RuleRow"}
    }
    assert makers == {"orchestrator/commons/rulebook.py", "orchestrator/votes/polls.py"}
