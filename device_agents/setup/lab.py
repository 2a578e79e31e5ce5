"""The conversation of `fabcommons agent init`: from an invitation to settings.

Nothing is written while it lasts: whoever breaks it off finds the folder as it was.
"""

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from device_agents.agent.identity import IDENTITY, Identity, load_identity
from device_agents.errors import EnrolmentError, SettingsError
from device_agents.settings import (
    SECRETS,
    SETTINGS,
    AgentSettings,
    LocalPage,
    Machine,
    Secrets,
    load_secrets,
    load_settings,
)
from device_agents.setup.catalogue import Proposal, propose
from device_agents.setup.invitation import (
    Invitation,
    Lab,
    look,
    may_be_overheard,
    read_code,
    read_invitation,
)
from device_agents.setup.machines import ask_machine, machine_from, read_name
from device_agents.setup.questions import Questions
from device_agents.setup.survey import ports_here, survey, told
from firmware_bridge.hosts.address import EXAMPLE, host_address

PORT = 8735


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was answered by flags; None and empty: ask."""

    invitation: str | None = None
    code: str | None = None
    server: str | None = None
    region: str | None = None
    device_name: str | None = None
    machines: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    look: bool = True
    pin: str | None = None
    local_port: int | None = None
    plain_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the folder holds already."""

    settings: AgentSettings | None
    identity: Identity | None
    secrets: Secrets | None

    @classmethod
    def of(cls, folder: Path) -> "Before":
        """Read it. Errors: SettingsError for what is there and damaged."""
        has = {name: (folder / name).exists() for name in (SETTINGS, SECRETS, IDENTITY)}
        return cls(
            settings=load_settings(folder) if has[SETTINGS] else None,
            identity=load_identity(folder) if has[IDENTITY] else None,
            secrets=load_secrets(folder) if has[SECRETS] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that is to be written. `code` None: no enrolment is due."""

    settings: AgentSettings
    secrets: Secrets
    code: str | None
    device_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Network:
    server_url: str
    region: str
    code: str | None
    device_name: str


def converse(before: Before, given: Given, questions: Questions) -> Answers:
    """Ask what flags, folder and ports do not tell. SettingsError, EnrolmentError."""
    network = _network(before, given, questions)
    machines = _machines(before, given, questions)
    local = before.settings.local if before.settings else LocalPage(port=PORT)
    if given.local_port is not None:
        local = local.model_copy(update={"port": given.local_port})
    fresh = {
        "server_url": network.server_url,
        "region": network.region,
        "machines": machines,
        "local": local,
    }
    kept = dict(before.settings) if before.settings else {}
    return Answers(
        settings=AgentSettings.model_validate(kept | fresh),
        secrets=_secrets(before, given, questions),
        code=network.code,
        device_name=network.device_name,
    )


def _network(before: Before, given: Given, questions: Questions) -> _Network:
    """Where the network is; with a code, which lab this is as well."""
    if before.identity is not None:
        identity = before.identity
        questions.say(
            f"This computer is {identity.device_id} of the lab {identity.facility_id} "
            f"in {identity.region}; that stays so."
        )
        url = before.settings.server_url if before.settings else None
        if given.server or url is None:
            url = _invited(given, questions).server_url
        return _Network(
            server_url=url, region=identity.region, code=None, device_name=""
        )
    if given.server and given.region and not (given.invitation or given.code):
        server_url = read_invitation(given.server).server_url
        return _Network(
            server_url=server_url, region=given.region, code=None, device_name=""
        )
    invited = _invited(given, questions)
    _refuse_overheard(invited.server_url, given, questions)
    code = invited.code or _code(given, questions)
    lab = look(invited.server_url, code)
    _confirm(lab, questions)
    name = given.device_name or questions.text(
        "What shall people call this computer?",
        flag="--name",
        read=read_name,
        proposed=socket.gethostname()[:80] or "Computer beside the machines",
    )
    return _Network(
        server_url=invited.server_url, region=lab.region, code=code, device_name=name
    )


def _invited(given: Given, questions: Questions) -> Invitation:
    text = given.invitation or given.server
    if text is None:
        questions.say(
            "Your lab's board in the network has a page “Computers”. “Invite a "
            "computer” there gives you a link that is good for an hour."
        )
        return questions.text(
            "The link, or the network's address",
            flag="--invitation",
            read=read_invitation,
        )
    try:
        return read_invitation(text)
    except ValueError as error:
        raise SettingsError(f"invitation: {error}") from error


def _code(given: Given, questions: Questions) -> str:
    if given.code:
        return given.code
    return questions.text("The code beside the link", flag="--code", read=read_code)


def _refuse_overheard(url: str, given: Given, questions: Questions) -> None:
    if not may_be_overheard(url) or given.plain_http:
        return
    words = (
        f"{url} is not HTTPS: others on the way could read the code and act as this "
        "computer. Go on only if the network's computer is in this building. Go on?"
    )
    if not questions.agreed(words, flag="--plain-http", proposed=False):
        raise SettingsError(f"{url} is not HTTPS: ask for the address that is")


def _confirm(lab: Lab, questions: Questions) -> None:
    words = f"The invitation is for {lab.name}, {lab.address} ({lab.region}). Right?"
    if not questions.agreed(words, flag="--yes", proposed=True):
        raise EnrolmentError(
            "then ask your own lab for an invitation; nothing was done"
        )


def _machines(
    before: Before, given: Given, questions: Questions
) -> tuple[Machine, ...]:
    kept = before.settings.machines if before.settings else ()
    named = tuple(machine_from(text) for text in given.machines)
    taken = {machine.port for machine in named}
    kept = tuple(machine for machine in kept if machine.port not in taken)
    if kept and not named:
        questions.say("Known: " + ", ".join(f"{one.name} ({one.port})" for one in kept))
        kept = tuple(_kept(kept, questions))
    found = [] if named or not given.look else _found(kept, given, questions)
    machines = (*kept, *named, *found)
    if not machines:
        raise SettingsError(
            "no machine: plug one in, switch it on, and run this again; nothing was "
            "written"
        )
    return machines


def _kept(machines: tuple[Machine, ...], questions: Questions) -> list[Machine]:
    if not questions.agreed("Keep them as they are?", flag="--yes", proposed=True):
        return [
            changed
            for one in machines
            if (changed := _changed(one, questions)) is not None
        ]
    return list(machines)


def _changed(machine: Machine, questions: Questions) -> Machine | None:
    options = (
        ("keep", "keep it"),
        ("change", "change what was said of it"),
        ("remove", "take it away"),
    )
    act = questions.chosen(machine.name, options, flag="--yes", proposed="keep")
    if act == "remove":
        return None
    if act == "keep":
        return machine
    limits, sizes = machine.limits, machine.envelope
    proposal = Proposal(
        kind=machine.machine_kind,
        name=machine.name,
        envelope_mm=(sizes.x_mm, sizes.y_mm, sizes.z_mm) if sizes else None,
        nozzle_max_c=limits.nozzle_max_c,
        bed_max_c=limits.bed_max_c,
        spindle_max=limits.spindle_max,
        material=machine.materials[0].code if machine.materials else "",
        unattended=machine.unattended,
    )
    settled = {"dialect": machine.dialect, "baud": machine.baud}
    asked = ask_machine(questions, machine.port, proposal, settled=settled)
    corner = (
        sizes.model_dump(include={"x_min_mm", "y_min_mm", "z_min_mm"}) if sizes else {}
    )
    return machine.model_copy(
        update={
            "name": asked.name,
            "machine_kind": asked.machine_kind,
            "envelope": asked.envelope and asked.envelope.model_copy(update=corner),
            "materials": asked.materials,
            "unattended": asked.unattended,
            "limits": limits.model_copy(
                update=asked.limits.model_dump(exclude_defaults=True)
            ),
        }
    )


def _found(
    kept: tuple[Machine, ...], given: Given, questions: Questions
) -> list[Machine]:
    ports = ports_here(given.ports, known=[machine.port for machine in kept])
    found = []
    if ports and questions.agreed(
        "I look which machines are plugged in. That restarts most of them: is none at "
        "work now?",
        flag="--yes or --no-look",
        proposed=True,
    ):
        questions.say(f"Looking at {len(ports)} ports; this takes up to a minute ...")
        for seen in survey(ports):
            questions.say(f"- {told(seen)}")
            if seen.identity is not None and questions.agreed(
                "  Add it?", flag="--yes", proposed=True
            ):
                settled = {"dialect": seen.identity.dialect}
                proposal = propose(seen.identity)
                found.append(
                    ask_machine(questions, seen.port, proposal, settled=settled)
                )
    elif not ports:
        questions.say("No further serial port is here.")
    return [*found, *_behind_servers(questions)]


def _behind_servers(questions: Questions) -> list[Machine]:
    def read(text: str) -> str:
        if text == "-":
            return ""
        if host_address(text) is None:
            raise ValueError(f"expected an address like {EXAMPLE}")
        return text

    found: list[Machine] = []
    while port := questions.text(
        f"Is there a printer behind OctoPrint or Klipper? Its address ({EXAMPLE}), or “-”",
        flag="--machine",
        read=read,
        proposed="-",
    ):
        proposal = Proposal(
            kind="fdm-printer",
            name="3D printer",
            nozzle_max_c=240,
            bed_max_c=80,
            material="PLA",
        )
        found.append(ask_machine(questions, port, proposal, settled={}))
    return found


def _secrets(before: Before, given: Given, questions: Questions) -> Secrets:
    def read(text: str) -> str:
        if not 4 <= len(text) <= 64 or not text.isprintable():
            raise ValueError("a PIN has 4 signs or more")
        return text

    known, pin = before.secrets, given.pin
    if pin is None and known is not None:
        return known
    made_up = f"{secrets.randbelow(10**6):06d}"
    if pin is None and given.machines:  # a script that named all else
        pin = made_up
    if pin is None:
        pin = questions.text(
            "The PIN with which people at the machines start a job",
            flag="--pin",
            read=read,
            proposed=made_up,
        )
    if known is None:
        return Secrets(arming_pin=SecretStr(pin))
    return known.model_copy(update={"arming_pin": SecretStr(pin)})
