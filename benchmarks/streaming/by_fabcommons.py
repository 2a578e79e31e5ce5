"""Our own streaming, to one or several ports from one process, as an agent does it.

python -m benchmarks.streaming.by_fabcommons ORDER: JSON in, one line of JSON out.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from firmware_bridge.facts import Outcome, Patience, Progress
from firmware_bridge.gcode import Program
from firmware_bridge.machine import Machine, connect

_LOOK_S = 0.01
_PATIENCE = Patience(boot_s=0.5)


class Runs:
    """All machines' jobs, each in a thread of its own."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.program = Program(source=Path(order["program"]))
        self.machines: list[Machine] = [
            connect(
                port, dialect=order["dialect"], baud=order["baud"], patience=_PATIENCE
            )
            for port in order["ports"]
        ]
        self.told: dict[int, Progress] = {}
        self.outcomes: dict[int, Outcome] = {}

    def run(self, place: int) -> None:
        def take(progress: Progress) -> None:
            self.told[place] = progress

        self.outcomes[place] = self.machines[place].run(self.program, take)


def peak_mb() -> float:
    """Most memory that was resident, without what the starting process had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def measured(order: dict[str, Any]) -> dict[str, Any]:
    """Run all; CPU is counted while all of them stream.

    `stop_after_s`: seconds of streaming, after which each is told to stop at once.
    """
    runs = Runs(order)
    numbers = range(len(runs.machines))
    threads = [threading.Thread(target=runs.run, args=(place,)) for place in numbers]
    for thread in threads:
        thread.start()
    while len(runs.told) < len(threads) and not runs.outcomes:
        time.sleep(_LOOK_S)
    start_s, start_cpu_s = time.monotonic(), time.process_time()
    called_s = []
    if after_s := order.get("stop_after_s"):
        time.sleep(after_s)
        for machine in runs.machines:
            called_s.append(time.monotonic())
            machine.stop()
    while not runs.outcomes:
        time.sleep(_LOOK_S)
    took_s, cpu_s = time.monotonic() - start_s, time.process_time() - start_cpu_s
    for thread in threads:
        thread.join()
    return {
        "cpu": cpu_s / took_s,
        "rss_mb": peak_mb(),
        "ended": sorted({str(outcome.kind) for outcome in runs.outcomes.values()}),
        "acknowledged": sum(one.lines_acknowledged for one in runs.outcomes.values()),
        "called_s": called_s,
    }


if __name__ == "__main__":
    print(json.dumps(measured(json.loads(sys.argv[1]))))
