"""A simulated lab: boards on ports, hands at the hand-run machines, an agent's folder.

`prepare` writes the folder; `python -m device_agents.simulators.labs FOLDER` is the
lab's physical world until SIGTERM. The agent itself is the real one, started apart:
`fabcommons agent run FOLDER`.
"""

import signal
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import structlog
import typer
from pydantic import BaseModel, ConfigDict, Field

from device_agents.contract.messages import (
    Dialect,
    Id,
    MachineKind,
    Material,
    Word,
)
from device_agents.settings import (
    SECRETS,
    SETTINGS,
    AgentSettings,
    ClockSettings,
    Envelope,
    Limits,
    LocalPage,
    Machine,
    clock_of,
    load_settings,
    toml_of,
    write_private,
)
from device_agents.simulators.hands import Hands, work
from firmware_bridge.commission import Commission, commission
from firmware_bridge.simulators.avr_node import AvrNode
from firmware_bridge.simulators.boards_file import boards_of
from firmware_bridge.simulators.host import Host

log = structlog.get_logger()

LAB = "lab.json"
PORTS = "ports"
BAUD: dict[str, int] = {"grbl": 115_200, "marlin": 250_000, "fabnode": 115_200}

type Millimetres3 = tuple[float, float, float]


class SimulatedMachine(BaseModel):
    """One machine of a simulated lab; `envelope_mm` is its size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine_id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    machine_kind: MachineKind
    dialect: Dialect
    processes: tuple[Word, ...]
    envelope_mm: Millimetres3
    materials: tuple[str, ...] = ()
    unattended: bool = False


class LabPlan(BaseModel):
    """All that makes one lab; `seed` decides every chance in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Id
    server_url: str
    local_port: int
    pin: str
    machines: tuple[SimulatedMachine, ...]
    clock: ClockSettings = ClockSettings()
    seed: int = 1


def prepare(folder: Path, plan: LabPlan) -> None:
    """Write an agent's folder for a simulated lab; enrol it afterwards."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = AgentSettings(
        server_url=plan.server_url,
        region=plan.region,
        machines=tuple(_settings_of(folder, machine) for machine in plan.machines),
        local=LocalPage(port=plan.local_port),
        clock=plan.clock,
    )
    write_private(folder / LAB, plan.model_dump_json(indent=1))
    write_private(folder / SETTINGS, toml_of(settings))
    write_private(folder / SECRETS, f'arming_pin = "{plan.pin}"\n')


def start_world(folder: Path) -> subprocess.Popen[bytes]:
    """The lab's physical world as a process of its own, which ends with its parent."""
    return _started("device_agents.simulators.labs", str(folder))


def start_agent(folder: Path, log_file: Path) -> subprocess.Popen[bytes]:
    """The lab's agent as a process of its own, which ends with its parent."""
    return _started("device_agents.entry", "run", str(folder), log_file=log_file)


def start_operators(
    folders: list[Path], *, seed: int, typical_s: float = 60.0, away_s: float = 900.0
) -> subprocess.Popen[bytes]:
    """The people of these labs as one process, which ends with its parent.

    Delays as in `operators.Habits`, in seconds of the labs' clock.
    """
    names = [str(folder) for folder in folders]
    options = [
        *("--seed", str(seed), "--typical-s", str(typical_s)),
        *("--away-s", str(away_s)),
    ]
    return _started("device_agents.simulators.operators", *names, *options)


def serve(folder: Path, ended: threading.Event) -> None:
    """Be the lab's boards and the hands at its hand-run machines until `ended`."""
    plan = LabPlan.model_validate_json((folder / LAB).read_bytes())
    with ExitStack() as closing:
        threads = _boards(folder, plan, closing)
        threads += _by_hand(folder, plan, closing, ended)
        for thread in threads:
            thread.start()
        ended.wait()
        closing.close()
        for thread in threads:
            thread.join(10)


def _boards(folder: Path, plan: LabPlan, closing: ExitStack) -> list[threading.Thread]:
    wanted = [
        _board_of(folder, plan, machine)
        for machine in plan.machines
        if machine.dialect != "fabnode"
    ]
    if not wanted:
        return []
    host = Host()
    for board in boards_of({"boards": wanted}).boards:
        host.add(
            board.name, board.board, board.link, scale=board.scale, seed=board.seed
        )
    closing.callback(host.stop)
    return [threading.Thread(target=host.serve, name="boards", daemon=True)]


def _by_hand(
    folder: Path, plan: LabPlan, closing: ExitStack, ended: threading.Event
) -> list[threading.Thread]:
    settings = load_settings(folder)
    threads = []
    for machine in plan.machines:
        if machine.dialect != "fabnode":
            continue
        node = closing.enter_context(
            AvrNode(eeprom=folder / f"{machine.machine_id}.eeprom")
        )
        name = uuid.uuid5(uuid.NAMESPACE_DNS, f"{folder.name}.{machine.machine_id}")
        commission(node.port, Commission(uuid=name))
        _lead_to(folder / PORTS / machine.machine_id, node.port)
        hands = Hands(
            url=f"http://127.0.0.1:{settings.local.port}",
            machine_id=machine.machine_id,
            clock=clock_of(settings.clock),
        )
        threads.append(
            threading.Thread(target=work, args=(hands, node, ended), daemon=True)
        )
    return threads


def _board_of(
    folder: Path, plan: LabPlan, machine: SimulatedMachine
) -> dict[str, object]:
    board: dict[str, object] = {
        "name": machine.machine_id,
        "kind": machine.dialect,
        "link": str(folder / PORTS / machine.machine_id),
        "scale": plan.clock.factor,
        "seed": plan.seed,
        "baud": BAUD[machine.dialect],
        "envelope_mm": list(machine.envelope_mm),
    }
    if machine.dialect == "grbl":
        board["laser"] = machine.machine_kind == "laser-cutter"
    return board


def _settings_of(folder: Path, machine: SimulatedMachine) -> Machine:
    x_mm, y_mm, z_mm = machine.envelope_mm
    told_by_firmware = machine.dialect == "grbl"
    return Machine(
        machine_id=machine.machine_id,
        name=machine.name,
        machine_kind=machine.machine_kind,
        port=str(folder / PORTS / machine.machine_id),
        dialect=machine.dialect,
        baud=BAUD[machine.dialect],
        processes=machine.processes,
        envelope=None
        if told_by_firmware
        else Envelope(x_mm=x_mm, y_mm=y_mm, z_mm=z_mm),
        materials=tuple(Material(code=code) for code in machine.materials),
        unattended=machine.unattended,
        limits=_limits_of(machine),
    )


def _limits_of(machine: SimulatedMachine) -> Limits:
    match machine.machine_kind:
        case "fdm-printer":
            return Limits(nozzle_max_c=260.0, bed_max_c=110.0)
        case "laser-cutter" | "cnc-mill":
            return Limits(spindle_max=1000.0)
        case _:
            return Limits()


def _lead_to(link: Path, port: str) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(port)
    fresh.replace(link)


def _started(
    module: str, *words: str, log_file: Path | None = None
) -> subprocess.Popen[bytes]:
    command = ["setpriv", "--pdeathsig=TERM", sys.executable, "-m", module, *words]
    if log_file is None:
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    with log_file.open("ab") as log_end:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log_end)


def main(folder: Annotated[Path, typer.Argument(help="A prepared folder.")]) -> None:
    """Be the physical world of one lab until SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    serve(folder, ended)


if __name__ == "__main__":
    typer.run(main)
