"""What the stored files tell, looked into once and kept beside them.

A kept look follows from the file alone, so the folder `looks` may be deleted any time.
`of_stored` is what the publishing flow asks after it has kept an upload's files; the
design's page shows the part `parts/look.html`, which asks over HTTP (`looks_api.py`).
"""

import json
import os
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Final

from orchestrator.catalogue.files.apart import LACKS_EXTRA, Looked, look, looked_of
from orchestrator.foundation import files as store
from orchestrator.foundation.errors import FabcommonsError, NotFoundError

READERS: Final = "6"  # raise it when a reader finds more or other things than before
# A busy computer's word on time, and what the next start of the node may know.
NOT_KEPT: Final = frozenset({"too-long", LACKS_EXTRA})
# Who asks holds one of the server's few readers of the database meanwhile.
WAITING_MAX: Final = 3
_WAITING: Final = threading.BoundedSemaphore(WAITING_MAX)


class BusyError(FabcommonsError):
    """Files of others are being looked into; nothing was begun for this one."""

    code = "busy"
    status = 503


def of_stored(
    folder: Path, sha256: str, name: str, *, patience_s: float = 0.0
) -> Looked:
    """What the stored file tells, which its designer calls `name`.

    Takes seconds when it is asked for the first time; `patience_s`: how long it may
    stand behind others before that. Errors: NotFoundError, BusyError.
    """
    path = store.path_of(folder, sha256)
    if not path.is_file():
        raise NotFoundError(f"file {sha256} is not stored here", field="sha256")
    kept = _place(folder, sha256, name)
    with suppress(OSError, ValueError, KeyError, TypeError):
        return looked_of(name, kept.read_bytes())
    if not _WAITING.acquire(timeout=patience_s):
        raise BusyError("other files are looked into just now: ask again in a minute")
    try:
        looked = look(path, name)
    finally:
        _WAITING.release()
    if NOT_KEPT.isdisjoint(note.code for note in looked.found.notes):
        _keep(kept, looked)
    return looked


def _place(folder: Path, sha256: str, name: str) -> Path:
    """A name tells layers and formats, so each is a look of its own."""
    called = hash_of(name.encode("utf-8", "replace")).hexdigest()[:16]
    return folder / "looks" / READERS / sha256[:2] / f"{sha256}-{called}"


def _keep(place: Path, looked: Looked) -> None:
    found = asdict(looked.found)
    told = found | {"picture": len(looked.picture), "view": len(looked.view)}
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(json.dumps(told).encode() + b"\n")
        stream.write(looked.picture + looked.view)
    os.replace(draft, place)  # noqa: PTH105 - one rename, atomic
