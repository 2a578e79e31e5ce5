"""What a new version's files are beside those of the version before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from orchestrator.catalogue.bill import BILL_NAME
from orchestrator.catalogue.publish import KeptFile
from orchestrator.catalogue.rows import DesignFileRow

DRAWN_ENDS: Final = (".png", ".svg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Names of files, in order; `same`: how many stay as they are."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    same: int


def differences(
    before: Sequence[DesignFileRow], now: Sequence[KeptFile]
) -> Differences:
    """By name and content; what was made here of the files before does not count."""
    was = {row.name: row.sha256 for row in before}
    for name in list(_made_here(before)):
        del was[name]
    new = {file.name: file.sha256 for file in now}
    both = was.keys() & new.keys()
    changed = sorted(name for name in both if was[name] != new[name])
    return Differences(
        added=tuple(sorted(new.keys() - was.keys())),
        changed=tuple(changed),
        gone=tuple(sorted(was.keys() - new.keys())),
        same=len(both) - len(changed),
    )


def _made_here(rows: Sequence[DesignFileRow]) -> Iterator[str]:
    """The bill, pictures drawn of a file, programs sliced of one."""
    names = {row.name for row in rows}
    stems = {
        str(PurePosixPath(name).with_suffix(""))
        for name in names
        if name.lower().endswith((".stl", ".3mf"))
    }
    for row in rows:
        path = PurePosixPath(row.name)
        stem = str(path.with_suffix(""))
        if (
            row.name == BILL_NAME
            or (path.suffix in DRAWN_ENDS and stem in names)
            or (row.role == "program" and stem in stems)
        ):
            yield row.name
