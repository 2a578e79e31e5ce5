"""`python -m device_agents.simulators.prepare FOLDER …`: make labs from their plan.json."""

from pathlib import Path
from typing import Annotated

import typer

from device_agents.simulators.labs import LabPlan, prepare

PLAN = "plan.json"


def main(
    folders: Annotated[list[Path], typer.Argument(help="Each holds a plan.json.")],
) -> None:
    """Make each the folder of a simulated lab's agent; enrol it afterwards."""
    for folder in folders:
        prepare(folder, LabPlan.model_validate_json((folder / PLAN).read_bytes()))


if __name__ == "__main__":
    typer.run(main)
