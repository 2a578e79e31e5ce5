"""`python -m firmware_bridge.simulators FILE.json`: boards until SIGTERM."""

import signal
import sys
from pathlib import Path

from firmware_bridge.errors import BoardFileError
from firmware_bridge.simulators.boards_file import BoardsPlan, read_boards
from firmware_bridge.simulators.control import Control
from firmware_bridge.simulators.host import Host


def serve(plan: BoardsPlan) -> None:
    """Seat the boards, say that they are there, serve until SIGTERM or SIGINT."""
    host = Host()
    for board in plan.boards:
        host.add(
            board.name,
            board.board,
            board.link,
            scale=board.scale,
            seed=board.seed,
            reset_on_open=board.reset_on_open,
        )
    control = Control(host, plan.socket) if plan.socket is not None else None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    sys.stdout.write(f"{len(plan.boards)} boards\n")
    sys.stdout.flush()
    try:
        host.serve()
    finally:
        if control is not None:
            control.close()
        host.close()


def main(arguments: list[str]) -> int:
    """0: ended by a signal; 2: the description is wrong."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m firmware_bridge.simulators FILE.json\n")
        return 2
    try:
        plan = read_boards(Path(arguments[0]))
    except BoardFileError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    serve(plan)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
