"""`fabcommons`: the agent's commands run without loading, or having, the server's."""

import sys
from importlib import import_module
from importlib.util import find_spec

import typer


def main() -> None:
    """Run the command line. `fabcommons agent` needs no more than the agent's extra."""
    if sys.argv[1:2] == ["agent"]:
        app = typer.Typer(pretty_exceptions_enable=False)
        app.callback()(_together)
        app.add_typer(import_module("device_agents.entry").agent_app, name="agent")
        app()
    if find_spec("fastapi") is None:
        sys.exit("only `fabcommons agent` is installed here: add the extra [server]")
    import_module("orchestrator.entry.command").app()


def _together() -> None:
    """Make things to order, near where they are needed, and share the value."""
