"""Where each message goes: `fabcommons/v1/{region}/{device}/up|down/…`.

A device writes below its own `up/`, reads below its own `down/`, and nothing else;
two `pattern` lines in the broker's access list say so for all devices.
"""

import re
from dataclasses import dataclass

from device_agents.contract.version import WIRE_VERSION

ROOT = f"fabcommons/v{WIRE_VERSION}"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpTopic:
    """An upward topic taken apart; `machine_id` and `job_id` where it has them."""

    region: str
    device_id: str
    channel: str  # life | ack | capability | state | job
    machine_id: str | None = None
    job_id: str | None = None


def life(region: str, device_id: str) -> str:
    """Births (retained) and the last will: the newest says whether the device lives."""
    return f"{_device(region, device_id)}/up/life"


def acknowledgement(region: str, device_id: str) -> str:
    """The device's answers to commands."""
    return f"{_device(region, device_id)}/up/ack"


def capability(region: str, device_id: str, machine_id: str) -> str:
    """What a machine can make (retained)."""
    return f"{_device(region, device_id)}/up/{_checked(machine_id)}/capability"


def state(region: str, device_id: str, machine_id: str) -> str:
    """How a machine is now (retained)."""
    return f"{_device(region, device_id)}/up/{_checked(machine_id)}/state"


def job(region: str, device_id: str, machine_id: str, job_id: str) -> str:
    """What happened to one job."""
    return (
        f"{_device(region, device_id)}/up/{_checked(machine_id)}/job/{_checked(job_id)}"
    )


def command(region: str, device_id: str) -> str:
    """Commands to a device; never retained."""
    return f"{_device(region, device_id)}/down/command"


def receipt(region: str, device_id: str) -> str:
    """The network's word on what it has stored, and notices such as a fence."""
    return f"{_device(region, device_id)}/down/receipt"


def every_up(region: str) -> str:
    """The filter under which the network hears all devices of a region."""
    return f"{ROOT}/{_checked(region)}/+/up/#"


def every_down(region: str, device_id: str) -> str:
    """The filter under which one device hears the network."""
    return f"{_device(region, device_id)}/down/#"


def parse_up(topic: str) -> UpTopic:
    """Take an upward topic apart. Errors: ValueError for any other topic."""
    parts = topic.split("/")
    if len(parts) < 6 or "/".join(parts[:2]) != ROOT or parts[4] != "up":
        raise ValueError(f"not an upward topic of {ROOT}: {topic[:120]!r}")
    region, device_id, rest = _checked(parts[2]), _checked(parts[3]), parts[5:]
    match rest:
        case ["life" | "ack" as channel]:
            return UpTopic(region=region, device_id=device_id, channel=channel)
        case [machine_id, "capability" | "state" as channel]:
            return UpTopic(
                region=region,
                device_id=device_id,
                channel=channel,
                machine_id=_checked(machine_id),
            )
        case [machine_id, "job", job_id]:
            return UpTopic(
                region=region,
                device_id=device_id,
                channel="job",
                machine_id=_checked(machine_id),
                job_id=_checked(job_id),
            )
    raise ValueError(f"no such upward topic: {topic[:120]!r}")


def _device(region: str, device_id: str) -> str:
    return f"{ROOT}/{_checked(region)}/{_checked(device_id)}"


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"not a name of 3 to 64 of a-z, 0-9, '-': {name[:80]!r}")
    return name
