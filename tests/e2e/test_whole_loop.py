"""The whole loop as a newcomer runs it: broker, boards, PostgreSQL, and a real browser."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.ledger.verify import verify
from tests.e2e.region import Browse, WellMade

ORDERS = 5
FABCOMMONS = str(Path(sys.executable).parent / "fabcommons")
LIMIT_S = 420
PASSWORD = "open-region-demo"
DRAWN = '[data-map][data-drawn="yes"]'


class Demo:
    """`fabcommons demo --once` under way, and what it has printed so far."""

    def __init__(self, home: Path, database: str) -> None:
        self.home = home
        self.copy = home / "ledger.jsonl"
        self.lines: list[str] = []
        options = ["--once", "--orders", str(ORDERS), "--home", str(home)]
        options += ["--export", str(self.copy)]
        self.process = subprocess.Popen(
            [FABCOMMONS, "demo", *options, "--database", database],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def url(self) -> str:
        give_up_at = time.monotonic() + LIMIT_S
        while time.monotonic() < give_up_at and self.process.poll() is None:
            if found := re.search(r"region is at (http\S+)", "".join(self.lines)):
                return found[1]
            time.sleep(0.2)
        raise AssertionError("no address was printed:\n" + "".join(self.lines))

    def end(self) -> int:
        code = self.process.wait(timeout=LIMIT_S)
        self.reader.join(timeout=10)
        return code


@pytest.fixture
def demo(passable_path: Path, cluster: Any) -> Iterator[Demo]:
    cluster.run("CREATE DATABASE whole_loop")
    running = Demo(passable_path, cluster.url("whole_loop"))
    yield running
    running.process.terminate()
    running.process.wait(timeout=30)
    sys.stdout.write("".join(running.lines))  # shown where the test failed
    cluster.run("DROP DATABASE whole_loop WITH (FORCE)")


def test_orders_are_made_and_delivered_and_the_ledger_is_whole(
    demo: Demo,
    browse: Browse,
    well_made: WellMade,
) -> None:
    login = {
        "url": "/sign-in",
        "fields": {
            "form.form input[name=email]": "steward@demo.example",
            "form.form input[name=password]": PASSWORD,
        },
        "submit": "form.form .btn.main",
    }
    seen = browse(
        demo.url(),
        [
            {"name": "loop-map", "url": "/map", "wait": DRAWN},
            {"name": "loop-plan", "url": "/plan"},
        ],
        login=login,
        widths=[1400],
        schemes=["light"],
        webgl=True,
    )
    well_made(seen)

    assert demo.end() == 0, "".join(demo.lines)[-3000:]

    told = "".join(demo.lines)
    rows = re.findall(r"^│ +(\d+) │", told, re.MULTILINE)
    assert rows == [str(number + 1) for number in range(ORDERS)]
    delivered = len(re.findall(r"\d+\.\d EUR|\d+\.\d\d EUR", told))
    assert delivered >= 3, told[-3000:]
    whole = verify(demo.copy)
    assert whole.entry_count > delivered
    checked = subprocess.run(
        [FABCOMMONS, "ledger", "verify", str(demo.copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout.split(",")[0]) == (
        0,
        f"whole: {whole.entry_count} entries",
    )
