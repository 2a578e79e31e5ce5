"""`python -m device_agents.simulators.prepare FOLDER PLAN.json`: make a lab's folder."""

from pathlib import Path
from typing import Annotated

import typer

from device_agents.simulators.labs import LabPlan, prepare


def main(
    folder: Annotated[Path, typer.Argument(help="To be the agent's folder.")],
    plan: Annotated[Path, typer.Argument(help="The lab as JSON.")],
) -> None:
    """Write the folder of a simulated lab's agent; enrol it afterwards."""
    prepare(folder, LabPlan.model_validate_json(plan.read_bytes()))


if __name__ == "__main__":
    typer.run(main)
