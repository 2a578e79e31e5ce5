"""`fabcommons ledger`: take the log along, and check a copy of it."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.entry.settings import load
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions, engine_of, readers, writers
from orchestrator.foundation.errors import FabcommonsError, NotFoundError
from orchestrator.foundation.signing import SigningKey, key_from_file
from orchestrator.ledger.audit import audit
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.export import export
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.tiles import write_tiles
from orchestrator.ledger.verify import BrokenError, check
from orchestrator.periods.seals import check_book

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


@ledger_app.command("tiles")
def tiles_command(
    folder: Annotated[Path, typer.Argument(help="Where a web server serves files.")],
) -> None:
    """Write the log as C2SP tlog-tiles below FOLDER; again only adds what is new."""
    try:
        settings = load()
        engine = engine_of(settings.database)
        with readers(engine)() as session:
            size = write_tiles(session, folder)
        engine.dispose()
    except (FabcommonsError, OSError) as error:
        typer.echo(f"not written: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{size} entries below {folder} (LicenseRef-PPL)")


@ledger_app.command("verify")
def verify_command(
    file: Annotated[
        Path | None,
        typer.Argument(help="An export or a receipt; none: this node's own database."),
    ] = None,
) -> None:
    """Check FILE without any network. Exit 0: whole; exit 1: broken, and where."""
    try:
        told = _own_ledger() if file is None else check(file)
    except (BrokenError, FabcommonsError, OSError) as error:
        typer.echo(f"BROKEN: {error}")
        raise typer.Exit(1) from error
    except (TypeError, ValueError) as error:  # of the book: rows of no kind
        typer.echo(f"BROKEN: a row of the database cannot be read: {error}")
        raise typer.Exit(1) from error
    typer.echo(told)


def _own_ledger() -> str:
    settings = load()
    engine = engine_of(settings.database)
    with readers(engine)() as session:
        count = audit(session)
        check_book(session, settings.clock.now())
    engine.dispose()
    return f"whole: {count} entries in the database, and the money book"


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
