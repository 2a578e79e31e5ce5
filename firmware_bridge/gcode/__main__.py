"""`python -m firmware_bridge.gcode`: judge one program for the process that started us.

It is no command for people: stdin holds that process's pickled question, stdout a JSON
object a line. When nobody reads them any more, it ends.
"""

import os
import pickle
import signal
import sys

from firmware_bridge.gcode.apart import answer


def main() -> None:
    """Read the question, answer it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    question = pickle.load(sys.stdin.buffer)  # noqa: S301  # of our own parent
    try:
        answer(question, lambda line: print(line, flush=True))  # noqa: T201
    except BrokenPipeError:
        os._exit(1)  # nothing is left to flush to


if __name__ == "__main__":
    main()
