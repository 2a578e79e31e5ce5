"""`fabcommons design`: what a designer asks before publishing."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestrator.catalogue.okh_check import Finding, findings
from orchestrator.catalogue.okh_document import read_document, same
from orchestrator.catalogue.okh_text import SIZE_MAX_BYTES, InvalidManifestError
from orchestrator.catalogue.okh_toml import written

design_app = typer.Typer(
    no_args_is_help=True, help="Look at designs before they are published."
)
MANIFESTS: Final = frozenset({".toml", ".yaml", ".yml", ".json"})
MEND_EXIT, NOTHING_EXIT = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One manifest's verdict. `kept_whole`: written as OKH 2.4 and read, it is equal."""

    path: str
    read: bool
    dialect: str | None
    kept_whole: bool
    findings: tuple[Finding, ...]

    @property
    def routable(self) -> bool:
        """Nothing is wrong or missing; notes do not count."""
        return self.read and all(each.kind == "note" for each in self.findings)


@design_app.command("check")
def check_command(
    path: Annotated[Path, typer.Argument(help="A manifest, or a folder of them.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: one JSON object.")
    ] = False,
) -> None:
    """Say what is wrong in each OKH manifest, and what it lacks to be made.

    Exit 0: all can be made; 1: something is to mend; 2: there was nothing to read.
    """
    began_s = time.monotonic()
    paths = list(_manifests(path))
    if not paths:
        typer.echo(f"no manifest (*.toml, *.yaml, *.json) in {path}", err=True)
        raise typer.Exit(NOTHING_EXIT)
    checked = [check(each) for each in paths]
    took_s = time.monotonic() - began_s
    _tell_json(checked, took_s) if as_json else _tell(checked, took_s)
    if not all(each.routable for each in checked):
        raise typer.Exit(MEND_EXIT)


def check(path: Path) -> Checked:
    """Read one file, judge it, and see whether writing it loses anything."""
    try:
        document = read_document(_bytes(path), name=path.name)
    except (InvalidManifestError, OSError) as error:
        return Checked(
            path=str(path),
            read=False,
            dialect=None,
            kept_whole=False,
            findings=(_unread(error),),
        )
    whole = written(document)
    again = read_document(whole, name="okh.toml", size_max_bytes=len(whole))
    return Checked(
        path=str(path),
        read=True,
        dialect=document.dialect,
        kept_whole=same(document.fields, again.fields),
        findings=tuple(findings(document)),
    )


def _bytes(path: Path) -> bytes:
    """At most one byte more than a manifest may have, however large the file is."""
    with path.open("rb") as file:
        return file.read(SIZE_MAX_BYTES + 1)


def _unread(error: InvalidManifestError | OSError) -> Finding:
    line = error.line if isinstance(error, InvalidManifestError) else None
    return Finding(
        kind="wrong",
        field="manifest",
        line=line or 1,
        what=str(error),
        remedy="mend this line first; what else there is to say comes after it",
    )


def _manifests(path: Path) -> Iterator[Path]:
    """`path`, or the manifests below it; links are not followed."""
    if path.is_file():
        yield path
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        if (
            each.suffix.lower() in MANIFESTS
            and each.is_file()
            and not each.is_symlink()
        ):
            yield each


def _summary(checked: list[Checked], took_s: float) -> dict[str, int | float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "manifests": len(checked),
        "read": sum(each.read for each in checked),
        "kept_whole": sum(each.kept_whole for each in checked),
        "routable": sum(each.routable for each in checked),
        "took_s": round(took_s, 2),
        "peak_mb": round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1),
    }


def _tell_json(checked: list[Checked], took_s: float) -> None:
    told = {
        "summary": _summary(checked, took_s),
        "manifests": [asdict(each) | {"routable": each.routable} for each in checked],
    }
    typer.echo(json.dumps(told, indent=1))


def _tell(checked: list[Checked], took_s: float) -> None:
    for each in checked:
        for finding in each.findings:
            typer.echo(f"{each.path}:{finding.line}: {finding.kind}: {finding.what}")
            typer.echo(f"    {finding.remedy}")
        if not each.findings:
            typer.echo(f"{each.path}: can be made")
    told = _summary(checked, took_s)
    typer.echo(
        f"{told['manifests']} manifests, {told['read']} read, {told['kept_whole']} kept "
        f"whole as OKH 2.4, {told['routable']} can be made; "
        f"{told['took_s']} s, {told['peak_mb']} MB"
    )
