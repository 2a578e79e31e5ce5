"""Which bridges an agent's settings switch on."""

from collections.abc import Iterator
from pathlib import Path

from device_agents.agent.agent import VERSION, Agent
from device_agents.agent.identity import Broker
from device_agents.bridges.bridge import Bridge
from device_agents.bridges.home_assistant import HomeAssistant
from device_agents.bridges.sparkplug import Sparkplug
from device_agents.bridges.voice import Voice
from device_agents.settings import BridgeName, BridgeSettings, Secrets, write_private
from firmware_bridge.clock import WallClock

CONNECTS = "sparkplug.connects"


def bridges_of(agent: Agent, secrets: Secrets, folder: Path) -> Iterator[Bridge]:
    """The services to run beside the machines; none unless the lab wrote so."""
    device_id, machines = agent.identity.device_id, tuple(agent.runners)
    home, plant = agent.settings.home_assistant, agent.settings.sparkplug
    if home is not None:
        voice = HomeAssistant(
            device_id, machines, version=VERSION, prefix=home.prefix, speaks=home.on
        )
        yield _bridge("home-assistant", voice, home, agent, secrets)
    if plant is not None and plant.on:
        node = Sparkplug(
            group=plant.group,
            node=plant.node or device_id,
            version=VERSION,
            connects=lambda: _count(folder / CONNECTS),
            now=agent.clock.now,
            primary_host=plant.primary_host,
        )
        yield _bridge("sparkplug", node, plant, agent, secrets)


def _bridge(
    name: BridgeName,
    voice: Voice,
    settings: BridgeSettings,
    agent: Agent,
    secrets: Secrets,
) -> Bridge:
    password = secrets.bridges.get(name)
    return Bridge(
        voice,
        name=name,
        broker=Broker(host=settings.host, port=settings.port, tls=settings.tls),
        user=settings.user,
        password=password.get_secret_value() if password else "",
        bulletin=agent.bulletin,
        listen=agent.store.listen,
        wall=WallClock(),
    )


def _count(path: Path) -> int:
    """The number of this connection, one more than the last one's, over restarts."""
    text = path.read_text() if path.exists() else ""
    number = int(text) + 1 if text.strip().isdecimal() else 0
    write_private(path, f"{number}\n")
    return number
