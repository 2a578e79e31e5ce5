"""`fabcommons agent init`, `install-service`, `update`, `rollback`: the lab's own hands."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from device_agents.agent.agent import VERSION
from device_agents.agent.broker_link import BrokerAwayError, try_broker
from device_agents.agent.identity import enrol, load_identity, load_signer
from device_agents.errors import SettingsError
from device_agents.exits import told
from device_agents.settings import (
    SETTINGS,
    AgentSettings,
    BridgeName,
    load_secrets,
    load_settings,
    toml_of,
    write_private,
    write_secrets,
)
from device_agents.setup.lab import Answers, Before, Given, converse
from device_agents.setup.machines import FORM
from device_agents.setup.questions import Questions
from device_agents.setup.releases import Releases, program_here
from device_agents.setup.service import SYSTEM_UNITS, SYSTEMD_RUNS, install
from device_agents.setup.update import Change
from firmware_bridge.hosts.address import host_address

FolderArgument = Annotated[Path, typer.Argument(help="The agent's folder.")]
LinkOption = Annotated[
    str | None, typer.Option(help="The link from the page “Computers” of your lab.")
]
CodeOption = Annotated[
    str | None,
    typer.Option(envvar="FABCOMMONS_AGENT_CODE", help="The invitation's code."),
]
MachineOption = Annotated[
    list[str] | None, typer.Option(help=f"{FORM}; once for each machine.")
]
PinOption = Annotated[
    str | None,
    typer.Option(envvar="FABCOMMONS_AGENT_PIN", help="The lab's arming PIN."),
]


def init(  # noqa: PLR0917  # options by name
    folder: FolderArgument,
    invitation: LinkOption = None,
    server: Annotated[str | None, typer.Option(help="The network's address.")] = None,
    code: CodeOption = None,
    region: Annotated[
        str | None, typer.Option(help="The region's name, to enrol later.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What people call this computer.")
    ] = None,
    machine: MachineOption = None,
    port: Annotated[
        list[str] | None, typer.Option(help="Look at this port and at no other.")
    ] = None,
    look: Annotated[bool, typer.Option(help="Look for machines at the ports.")] = True,
    pin: PinOption = None,
    local_port: Annotated[
        int | None, typer.Option(help="The local page's port.")
    ] = None,
    plain_http: Annotated[
        bool, typer.Option(help="The network is in this building and without HTTPS.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take all that is proposed; ask nothing.")
    ] = False,
) -> None:
    """Set this computer up, or change how it is; asks for what is not given.

    Breaking it off with Ctrl-C leaves everything as it was.
    """
    given = Given(
        invitation=invitation,
        code=code,
        server=server,
        region=region,
        device_name=name,
        machines=tuple(machine or ()),
        ports=tuple(port or ()),
        look=look,
        pin=pin,
        local_port=local_port,
        plain_http=plain_http,
    )
    questions = Questions(take_proposed=yes)
    with told():
        answers = converse(Before.of(folder), given, questions)
        _write(folder, answers)
        if answers.code is not None:
            enrol(
                folder,
                server_url=answers.settings.server_url,
                code=answers.code,
                name=answers.device_name,
            )
            questions.say(f"Enrolled: {load_identity(folder).device_id}")
        _say_what_is_next(folder, answers, questions)


def install_service(
    folder: FolderArgument,
    user: Annotated[
        str | None, typer.Option(help="Who it runs as; else the folder's owner.")
    ] = None,
    units: Annotated[
        Path, typer.Option(help="Where systemd's units are.")
    ] = SYSTEM_UNITS,
) -> None:
    """Let systemd start the agent with this computer, and again if it falls."""
    with told():
        path = install(folder, program=program_here(folder), user=user, units=units)
    typer.echo(f"written: {path}")
    if units == SYSTEM_UNITS and SYSTEMD_RUNS.is_dir():
        typer.echo("It runs. How it is: systemctl status fabcommons-agent")


def bridge(  # noqa: PLR0917  # options by name
    folder: FolderArgument,
    to: Annotated[BridgeName, typer.Argument(help="Who shall hear of the machines.")],
    host: Annotated[str | None, typer.Option(help="Where its broker is.")] = None,
    port: Annotated[int, typer.Option(help="The broker's port.")] = 1883,
    user: Annotated[str, typer.Option(help="Who it lets in; else anybody.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Tell it no more.")] = False,
) -> None:
    """Tell Home Assistant or a Sparkplug host how the machines are; they start nothing."""
    with told():
        field = to.replace("-", "_")
        settings = load_settings(folder)
        known = getattr(settings, field)
        wanted: dict[str, object] = dict(known or {}) | {"on": not off}
        if host is not None:
            wanted |= {"host": host, "port": port, "user": user}
        if "host" not in wanted:
            raise SettingsError(f"where is the broker of {to}? Give --host")
        document = dict(settings) | {field: wanted}
        if user:
            password = typer.prompt(f"Password of {user}", hide_input=True)
            secrets = load_secrets(folder)
            bridges = secrets.bridges | {to: SecretStr(password)}
            write_secrets(folder, secrets.model_copy(update={"bridges": bridges}))
        fresh = AgentSettings.model_validate(document)
        write_private(folder / SETTINGS, toml_of(fresh))
    typer.echo("Written; it holds from the agent's next start.")


def check(folder: FolderArgument) -> None:
    """Whether this version can run with the folder; nothing is started."""
    with told():
        settings, _ = load_settings(folder), load_secrets(folder)
        load_signer(folder, load_identity(folder))
    typer.echo(f"{VERSION}: {len(settings.machines)} machines")


def update(
    folder: FolderArgument,
    source: Annotated[
        Path, typer.Argument(help="A folder with the release's requirements.txt.")
    ],
    wait: Annotated[
        float, typer.Option(help="Minutes to wait for machines to end their jobs.")
    ] = 0.0,
) -> None:
    """Put another release in force between two jobs; back by itself if it fails."""
    with told():
        was_managed = Releases(folder).current is not None
        change = Change(lab=folder, say=typer.echo, wait_s=60 * wait)
        typer.echo(f"in force: {change.update(source)}")
        if not was_managed:
            typer.echo(_so_that_it_starts(folder))


def rollback(
    folder: FolderArgument,
    wait: Annotated[
        float, typer.Option(help="Minutes to wait for machines to end their jobs.")
    ] = 0.0,
) -> None:
    """Go back to the release before this one, between two jobs."""
    with told():
        change = Change(lab=folder, say=typer.echo, wait_s=60 * wait)
        typer.echo(f"in force: {change.rollback()}")


def _write(folder: Path, answers: Answers) -> None:
    """Each file is whole at any moment; a new run goes on from either."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secrets(folder, answers.secrets)
    write_private(folder / SETTINGS, toml_of(answers.settings))


def _say_what_is_next(folder: Path, answers: Answers, questions: Questions) -> None:
    settings = answers.settings
    pin = answers.secrets.arming_pin.get_secret_value()
    questions.say(f"Written: {folder / SETTINGS} (arming PIN {pin})")
    for machine in settings.machines:
        if (host := host_address(machine.port)) is not None:
            questions.say(
                f"Give {host.url} its key: fabcommons agent key {folder} "
                f"{machine.machine_id}"
            )
    if not (folder / "identity.json").exists():
        questions.say(
            f"Next: fabcommons agent enrol {folder} --code CODE --name NAME, with a "
            "code from your lab's page “Computers”"
        )
        return
    identity = load_identity(folder)
    try:
        token = identity.token.get_secret_value()
        try_broker(identity.broker, user=identity.device_id, token=token)
        questions.say("The network's broker lets this computer in.")
    except BrokerAwayError as error:
        questions.say(
            f"The network's broker can't be reached: {error}. It is tried again as "
            "long as the agent runs; a firewall may be in the way."
        )
    questions.say(
        "When is somebody there? Jobs are begun only in your lab's opening hours; say "
        f"them at {settings.server_url}/labs/{identity.facility_id}/hours"
    )
    if SYSTEMD_RUNS.is_dir():
        questions.say("Next, so that it runs whenever this computer is on:")
        questions.say(_so_that_it_starts(folder))
        questions.say(f"Or, to see it at work: fabcommons agent run {folder}")
    else:
        questions.say(f"Next: fabcommons agent run {folder}")
    questions.say(f"Then, at the machines: http://127.0.0.1:{settings.local.port}/")


def _so_that_it_starts(folder: Path) -> str:
    """The line that installs the service, with the `fabcommons` that is here."""
    program = Path(sys.prefix) / "bin" / "fabcommons"
    return f"  sudo {program} agent install-service {folder.resolve()}"
