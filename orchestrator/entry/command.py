"""`fabcommons`: every command is one call into one room."""

import logging
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.entry.demo.play import demo_command
from orchestrator.entry.design_command import design_app
from orchestrator.entry.ledger_command import ledger_app
from orchestrator.entry.match_command import match_command
from orchestrator.entry.node import open_store, start
from orchestrator.entry.period_command import explain_command, period_app
from orchestrator.entry.planners import plan_until_told
from orchestrator.entry.region import region_app
from orchestrator.entry.settings import load
from orchestrator.entry.steward import steward_app
from orchestrator.entry.web import server_of
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.observability import configure_logging

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Make things to order, near where they are needed, and share the value.",
    epilog="Beside the machines: fabcommons agent --help, fabcommons stream --help",
)
app.add_typer(design_app, name="design")
app.add_typer(ledger_app, name="ledger")
app.add_typer(region_app, name="region")
app.add_typer(steward_app, name="steward")
app.add_typer(period_app, name="period")
app.command("explain")(explain_command)
app.command("match")(match_command)
app.command("demo")(demo_command)

SETTINGS_EXIT = 2


@app.command()
def serve(
    quiet: Annotated[bool, typer.Option(help="Only warnings in the log.")] = False,
) -> None:
    """Run this node: broker, planner, dispatch, API and pages, until it is told to end."""
    configure_logging(level=logging.WARNING if quiet else logging.INFO)
    try:
        store = open_store(load())
        running = start(store)
    except (FabcommonsError, OSError, SQLAlchemyError) as error:
        typer.echo(f"not started: {error}", err=True)
        raise typer.Exit(SETTINGS_EXIT) from error
    server, forget = server_of(store, running)
    try:
        server.run()
    finally:
        forget()
        running.stop()
        store.engine.dispose()


@app.command()
def work(
    quiet: Annotated[bool, typer.Option(help="Only warnings in the log.")] = False,
) -> None:
    """Only plan, beside the node and others like this on one database."""
    configure_logging(level=logging.WARNING if quiet else logging.INFO)
    try:
        plan_until_told(load())
    except (FabcommonsError, OSError, SQLAlchemyError) as error:
        typer.echo(f"not started: {error}", err=True)
        raise typer.Exit(SETTINGS_EXIT) from error
