"""`fabcommons`: commands beside machines run without loading, or having, the server."""

import sys
from importlib import import_module
from importlib.util import find_spec

import typer


def main() -> None:
    """Run the command line. Beside a machine the agent's extra is enough."""
    if sys.argv[1:2] in (["agent"], ["stream"]):
        app = typer.Typer(pretty_exceptions_enable=False)
        app.callback()(_together)
        if sys.argv[1] == "agent":
            app.add_typer(import_module("device_agents.entry").agent_app, name="agent")
        else:
            app.command()(import_module("device_agents.stream").stream)
        app()
    if find_spec("fastapi") is None:
        sys.exit(
            "only `fabcommons agent` and `fabcommons stream` are installed here: "
            "add the extra [server]"
        )
    import_module("orchestrator.entry.command").app()


def _together() -> None:
    """Make things to order, near where they are needed, and share the value."""
