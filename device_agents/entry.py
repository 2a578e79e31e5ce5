"""`fabcommons agent …`: set a lab's folder up, enrol it, run it, arm at the machine."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import structlog
import typer
from rich.console import Console
from rich.table import Table

from device_agents.agent.agent import Agent, Folder
from device_agents.agent.identity import enrol as enrol_device
from device_agents.agent.local import LocalServer
from device_agents.agent.supervisor import Supervisor
from device_agents.bridges.install import bridges_of
from device_agents.errors import SettingsError
from device_agents.exits import leave, told
from device_agents.flash import Wish, flash_board
from device_agents.settings import load_secrets, load_settings, store_key
from device_agents.setup.commands import (
    bridge,
    check,
    init,
    install_service,
    rollback,
    update,
)
from device_agents.setup.releases import Releases
from firmware_bridge.clock import WallClock
from firmware_bridge.facts import Patience
from firmware_bridge.hosts.address import host_address
from firmware_bridge.hosts.machine import connect_host

agent_app = typer.Typer(no_args_is_help=True, help="The program beside the machines.")

FolderArgument = Annotated[Path, typer.Argument(help="The agent's folder.")]
PinOption = Annotated[
    str, typer.Option(envvar="FABCOMMONS_AGENT_PIN", prompt=True, hide_input=True)
]

agent_app.command()(init)
agent_app.command("install-service")(install_service)
agent_app.command()(bridge)
agent_app.command()(update)
agent_app.command()(rollback)
agent_app.command(hidden=True)(check)


@agent_app.command()
def key(
    folder: FolderArgument,
    machine_id: str,
    key: Annotated[str, typer.Option(prompt=True, hide_input=True)],
) -> None:
    """Try the API key of a machine behind OctoPrint or Moonraker, and store it."""
    with told():
        machines = load_settings(folder).machines
        port = {one.machine_id: one.port for one in machines}.get(machine_id, "")
        address = host_address(port)
        if address is None:
            raise SettingsError(f"agent.toml has no server for a {machine_id!r}")
        machine = connect_host(address, key=key, patience=Patience())
        found = machine.identify()
        machine.close()
        store_key(folder, machine_id, key)
    typer.echo(f"stored; {machine_id} is {found.firmware} {found.version}")


@agent_app.command()
def flash(
    port: Annotated[
        str | None, typer.Option(help="Such as /dev/ttyACM0; found if not told.")
    ] = None,
    kind: Annotated[
        Literal["laser", "sewing", "drill", "kiln", "other"] | None,
        typer.Option(help="What it stands beside."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="For its display, at most 16 letters.")
    ] = None,
    over: Annotated[
        Literal["grbl", "marlin"] | None,
        typer.Option(help="This firmware, which drives a machine, may be lost."),
    ] = None,
) -> None:
    """Make an Arduino Uno or Nano the ears of a machine that has no interface."""
    with told():
        flash_board(Wish(port=port, kind=kind, name=name, over=over), _Terminal())


class _Terminal:
    """A person, over the terminal: see `flash.Person`."""

    def tell(self, words: str) -> None:
        typer.echo(words)

    def agrees(self, question: str) -> bool:
        return typer.confirm(question)

    def chooses(self, question: str, answers: Sequence[str]) -> int:
        typer.echo(question)
        for number, answer in enumerate(answers, start=1):
            typer.echo(f"  {number}  {answer}")
        while (
            not 1 <= (chosen := int(typer.prompt("Number", type=int))) <= len(answers)
        ):
            typer.echo(f"a number from 1 to {len(answers)}, please")
        return chosen - 1


@agent_app.command()
def enrol(
    folder: FolderArgument,
    code: Annotated[str, typer.Option(help="The one-time code from your lab's page.")],
    name: Annotated[str, typer.Option(help="What people call this device.")],
    server: Annotated[
        str | None, typer.Option(help="The network's address, if not agent.toml's.")
    ] = None,
) -> None:
    """Turn a one-time code into this device's identity."""
    with told():
        url = server or load_settings(folder).server_url
        identity = enrol_device(folder, server_url=url, code=code, name=name)
    typer.echo(f"enrolled: {identity.device_id} of {identity.facility_id}")


@agent_app.command()
def run(
    folder: FolderArgument,
    verbose: Annotated[bool, typer.Option(help="Tell more.")] = False,
) -> None:
    """Run until SIGTERM or Ctrl-C; exit 0 clean, 70 if the disk failed."""
    _configure_log(verbose=verbose)
    with told():
        settings, own = load_settings(folder), load_secrets(folder)
        agent = Agent(Folder.take(folder), settings, keys=own.keys)
        pin = own.arming_pin.get_secret_value()
        local = LocalServer(agent, settings.local, pin, WallClock())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: agent.stop())
        typer.echo(f"local page: http://{settings.local.host}:{local.port}/", err=True)
        if (failure := Releases(folder).failure()) is not None:
            agent.bulletin.alarm("update-failed", failure)
        bridges = bridges_of(agent, own, folder)
        agent.run(local, Supervisor(agent, os.environ), *bridges)


@agent_app.command()
def status(folder: FolderArgument) -> None:
    """Show the machines of a running agent."""
    state = _ask(folder, "GET", "state")
    table = Table("machine", "state", "job", "done")
    for machine in state["machines"]:
        job, done = machine["job"] or {}, machine.get("done")
        shown = "" if done is None else f"{100 * done:.0f} %"
        table.add_row(
            machine["machine_id"], machine["state"], job.get("job_id", ""), shown
        )
    touch = state["fenced"] or ("in touch" if state["connected"] else "network away")
    Console().print(table)
    typer.echo(f"{state['device_id']}: {touch}; {state['untold']} messages wait")


@agent_app.command()
def arm(
    folder: FolderArgument,
    machine_id: str,
    job_id: str,
    pin: PinOption,
    by: Annotated[
        str | None, typer.Option(help="Your name or initials, for the job's history.")
    ] = None,
) -> None:
    """Say that the bed is clear and that this one job may start."""
    act = {"machine_id": machine_id, "job_id": job_id, "pin": pin, "by": by}
    _ask(folder, "POST", "arm", act)
    typer.echo(f"armed: {job_id} at {machine_id}")


def _ask(
    folder: Path, method: str, what: str, act: dict[str, str | None] | None = None
) -> dict[str, Any]:
    with told():
        local = load_settings(folder).local
    url = f"http://127.0.0.1:{local.port}/{what}"
    try:
        answer = httpx.request(method, url, json=act, timeout=10.0, trust_env=False)
    except httpx.HTTPError as error:
        leave(f"no agent answers at {url}: {error}")
    document: dict[str, Any] = answer.json()
    if answer.is_error:
        leave(f"{document['code']}: {document['detail']}")
    return document


def _configure_log(*, verbose: bool) -> None:
    """JSON lines on stderr; no secret is ever an argument of a log line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if verbose else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    agent_app()
