"""`fabcommons ledger`: take the log along, and check a copy of it."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.entry.settings import load
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions, engine_of, writers
from orchestrator.foundation.errors import FabcommonsError, NotFoundError
from orchestrator.foundation.signing import SigningKey, key_from_file
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.export import export
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import BrokenError, verify

ledger_app = typer.Typer(
    no_args_is_help=True, help="Take the ledger along, and check a copy of it."
)
NETWORK_KEY = "network.key"  # in the node's home


def origin_of(region: str) -> str:
    """The log's name, the same in every checkpoint and export of this region."""
    return f"fabcommons/{region}"


@ledger_app.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(help="Where to write the copy.")],
) -> None:
    """Write the whole ledger to FILE, under the Peer Production License."""
    try:
        settings = load()
        if not (settings.home / NETWORK_KEY).exists():
            raise NotFoundError(
                f"there is no node in {settings.home}: set FABCOMMONS_HOME as for "
                "`fabcommons serve`"
            )
        key = key_from_file(settings.home / NETWORK_KEY)
        engine = engine_of(settings.database)
        count = export_all(
            writers(engine),
            file,
            origin=origin_of(settings.region),
            key=key,
            clock=settings.clock,
        )
        engine.dispose()
    except (FabcommonsError, OSError) as error:
        typer.echo(f"not exported: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{count} entries written to {file} (LicenseRef-PPL)")


@ledger_app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(help="An exported ledger.")],
) -> None:
    """Check FILE without any network. Exit 0: whole; exit 1: broken, and where."""
    try:
        whole = verify(file)
    except (BrokenError, OSError) as error:
        typer.echo(f"BROKEN: {error}")
        raise typer.Exit(1) from error
    typer.echo(f"whole: {whole.entry_count} entries, root {whole.root.hex()}")


def export_all(
    sessions: Sessions, file: Path, *, origin: str, key: SigningKey, clock: Clock
) -> int:
    """Give every waiting entry its position, sign the tree, and write the export."""
    with sessions.begin() as session:
        while sequence(session):
            pass
        sign_checkpoint(session, origin=origin, key=key, now=clock.now())
    with sessions() as session:
        return export(session, file, origin=origin, key=key)
