"""What a run was worth, as this device saw it: signed economic events."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from device_agents.agent.identity import Signer
from device_agents.contract.contribution import Contribution
from device_agents.contract.messages import JobCommand, SignedContribution

SIX_PLACES = Decimal("0.000001")
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What really happened: seconds on the agent's clock, pieces that were seen made."""

    run_s: float
    completed: bool
    pieces_good: int
    ended_at: datetime
    part: int = 1  # of a job that was interrupted and went on


type Action = Literal["use", "work", "consume", "produce"]
type Unit = Literal["h", "g", "{piece}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    action: Action
    provider: str
    resource: str
    amount: Decimal
    unit: Unit


def contributions(
    command: JobCommand, run: Run, signer: Signer
) -> tuple[SignedContribution, ...]:
    """The events of one run, each with an id that is the same however often it is told.

    A machine's hours count whenever it ran. Labour, material and pieces count only
    where the end was seen: nothing is credited that nobody saw.
    """
    signed = []
    for flow in _flows(command, run):
        amount = flow.amount.quantize(SIX_PLACES, ROUND_HALF_EVEN)
        if amount <= 0:
            continue
        signed.append(signer.sign(_event(command, run, flow, amount)))
    return tuple(signed)


def _event(command: JobCommand, run: Run, flow: _Flow, amount: Decimal) -> Contribution:
    again = f" {run.part}" if flow.action == "use" and run.part > 1 else ""
    name = f"{command.job_id} {flow.action}{again}".encode()
    return Contribution(
        id=f"ev-{hashlib.sha256(name).hexdigest()[:40]}",
        action=flow.action,
        provider=flow.provider,
        receiver=command.credit.receiver_id,
        resource=flow.resource,
        quantity=format(amount.normalize(), "f"),
        unit=flow.unit,
        occurred_at=run.ended_at,
        order_id=command.credit.order_id,
        job_id=command.job_id,
    )


def _flows(command: JobCommand, run: Run) -> Iterator[_Flow]:
    credit = command.credit
    yield _Flow(
        action="use",
        provider=credit.owner_id,
        resource=command.machine_id,
        amount=Decimal(str(run.run_s)) / SECONDS_PER_HOUR,
        unit="h",
    )
    if not run.completed:
        return
    yield _Flow(
        action="work",
        provider=credit.maker_id,
        resource="labour",
        amount=Decimal(str(credit.labour_s)) / SECONDS_PER_HOUR,
        unit="h",
    )
    yield _Flow(
        action="consume",
        provider=credit.owner_id,
        resource=command.material or "material",
        amount=Decimal(str(credit.material_g)),
        unit="g",
    )
    yield _Flow(
        action="produce",
        provider=credit.maker_id,
        resource=credit.design_version_id,
        amount=Decimal(run.pieces_good),
        unit="{piece}",
    )
