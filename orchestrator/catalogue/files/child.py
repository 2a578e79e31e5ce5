"""The side where a file is read: limits are set first, then the reader is let loose."""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from orchestrator.catalogue.files.limits import Limits
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import Note, Other


def run(read: Callable[[Source], Read]) -> None:
    """Answer the question on stdin (JSON, from `apart`) on stdout.

    The answer is a line of JSON with the lengths of picture and view, then these two.
    What no reader foresaw ends this process, which `apart` notices.
    """
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    asked = json.load(sys.stdin)
    _confine(Limits(**asked["limits"]))
    into = asked["into"]
    source = Source(
        name=asked["name"], path=Path(asked["path"]), into=Path(into) if into else None
    )
    try:
        answer = read(source)
    except UnreadableError as error:
        answer = _unread("unreadable", str(error))
    except MemoryError:
        answer = _unread(
            "too-much-memory",
            "reading it needs more memory than one file may have here. Make it "
            "simpler: fewer triangles, fewer lines",
        )
    except RecursionError:
        answer = _unread("too-nested", "it is nested too deeply. Export it again")
    told = {
        "format": answer.format,
        "what": asdict(answer.what),
        "notes": [asdict(note) for note in answer.notes],
        "picture": len(answer.picture),
        "view": len(answer.view),
    }
    answer_to.write(json.dumps(told, allow_nan=False).encode() + b"\n")
    answer_to.write(answer.picture)
    answer_to.write(answer.view)
    answer_to.flush()


def _confine(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_max_bytes),
        (resource.RLIMIT_CPU, limits.cpu_max_s),
        (resource.RLIMIT_FSIZE, limits.written_max_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _unread(code: str, words: str) -> Read:
    note = Note(code=code, words=f"The file was not read: {words}.", grave=True)
    return Read(format="", what=Other(), notes=(note,))
