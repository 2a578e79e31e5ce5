"""How a command of the agent refuses: one line on stderr, and the exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from pydantic import ValidationError

from device_agents.errors import DeviceAgentError, StorageError
from firmware_bridge.errors import BridgeError

STORAGE_EXIT = 70


@contextmanager
def told() -> Iterator[None]:
    """Say a refusal in one line, and let the exit code be the answer."""
    try:
        yield
    except StorageError as error:
        typer.echo(f"stopped: {error}", err=True)
        raise typer.Exit(STORAGE_EXIT) from error
    except (DeviceAgentError, BridgeError) as error:
        leave(f"{error.code}: {error}")
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        leave(f"{where}: {fault['msg']}")


def leave(words: str) -> NoReturn:
    """Exit 1 with these words."""
    typer.echo(words, err=True)
    raise typer.Exit(1)
