"""`python -m firmware_bridge.gcode`: read one program for the process that started us.

It is no command for people: stdin holds that process's pickled question, stdout the
answer. When nobody reads it any more, it ends. Machines at work come before it.
"""

import os
import pickle
import signal
import sys

from firmware_bridge.gcode import apart, measured_apart

_NICE = 10


def main() -> None:
    """Read the question, answer it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    os.nice(_NICE)
    question = pickle.load(sys.stdin.buffer)  # noqa: S301  # of our own parent
    try:
        if isinstance(question, measured_apart.Task):
            measured_apart.answer(question, sys.stdout.buffer)
        else:
            apart.answer(question, lambda line: print(line, flush=True))  # noqa: T201
    except BrokenPipeError:
        os._exit(1)  # nothing is left to flush to


if __name__ == "__main__":
    main()
