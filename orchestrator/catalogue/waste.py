"""Contents that no version names: uploads never published, and what was replaced."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from orchestrator.catalogue.rows import DesignFileRow
from orchestrator.foundation import files
from orchestrator.foundation.database import Sessions


def remove_waste(readers: Sessions, folder: Path, *, before: datetime) -> int:
    """Remove what was last stored before then and no version names; how many.

    Stopped anywhere it is simply done again. A content that somebody stores anew
    meanwhile stays.
    """
    removed = 0
    for place in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        old = [path for path in place.iterdir() if _is_before(path, before)]
        named = _named(readers, place.name) if old else frozenset[str]()
        for path in old:
            if path.name not in named:
                removed += _remove(path, before)
    for look in folder.glob("looks/*/*/*"):
        sha256 = look.name.partition("-")[0]
        if len(sha256) == 64 and not files.exists(folder, sha256):
            look.unlink(missing_ok=True)
    return removed


def _named(readers: Sessions, start: str) -> frozenset[str]:
    with readers() as session:
        asked = select(DesignFileRow.sha256).where(
            DesignFileRow.sha256.startswith(start)
        )
        return frozenset(session.scalars(asked.distinct()))


def _is_before(path: Path, moment: datetime) -> bool:
    return path.is_file() and path.stat().st_mtime < moment.timestamp()


def _remove(path: Path, before: datetime) -> bool:
    """Out of the way first: who stores the same content meanwhile finds its place free."""
    aside = path.with_name(f".{path.name}")
    path.replace(aside)
    if _is_before(aside, before):
        aside.unlink()
        return True
    aside.replace(path)  # it was stored anew in the very moment
    return False
