"""A reader asked here, without its process."""

from collections.abc import Callable
from pathlib import Path

from orchestrator.catalogue.files.reading import Read, Source
from orchestrator.catalogue.found import Found


def read(
    reader: Callable[[Source], Read], folder: Path, name: str, content: bytes
) -> Found:
    """What `reader` finds in a file of this name and content."""
    path = folder / "upload"
    path.write_bytes(content)
    answer = reader(Source(name=name, path=path))
    return Found(name=name, format=answer.format, what=answer.what, notes=answer.notes)
