"""Between the wire's words and the network's own: facts up, commands down."""

import base64
from typing import assert_never

from device_agents.contract.messages import (
    Acknowledgement,
    Birth,
    Capability,
    Credit,
    Death,
    DownEnvelope,
    JobCommand,
    JobControl,
    JobEvent,
    MachineState,
    Program,
    UpEnvelope,
)
from device_agents.contract.messages import Rest as WireRest
from orchestrator.dispatch.commands import Command, StartJob
from orchestrator.dispatch.facts import (
    Acknowledged,
    Born,
    CapabilityTold,
    Died,
    Fact,
    JobHappened,
    Rest,
    StateTold,
)
from orchestrator.ledger.append import Signed


def fact_of(envelope: UpEnvelope) -> Fact:
    """What a device told, free of the wire."""
    device_id, body = envelope.device_id, envelope.body
    match body:
        case Birth():
            return Born(
                device_id=device_id,
                agent_version=body.agent_version,
                machine_ids=body.machines,
                observed_at=body.observed_at,
                local_page=body.local_page,
            )
        case Death():
            return Died(
                device_id=device_id, reason=body.reason, observed_at=body.observed_at
            )
        case Capability():
            return CapabilityTold(
                device_id=device_id,
                machine_id=body.machine_id,
                name=body.name,
                machine_kind=body.machine_kind,
                dialect=body.dialect,
                capability=body.model_dump(mode="json"),
                observed_at=body.observed_at,
            )
        case MachineState():
            return _state(device_id, body)
        case Acknowledgement():
            return Acknowledged(
                device_id=device_id,
                command_id=body.command_id,
                job_id=body.job_id,
                verdict=body.verdict,
                code=body.code,
                text=_storable(body.text),
                observed_at=body.observed_at,
            )
        case JobEvent():
            return _job_event(device_id, body)
        case _:
            assert_never(body)


def envelope_of(command: Command) -> DownEnvelope:
    """A command in the wire's words."""
    if isinstance(command, StartJob):
        return DownEnvelope(device_id=command.device_id, body=_start(command))
    body = JobControl(
        command_id=command.command_id,
        job_id=command.job_id,
        fence=command.fence,
        not_after=command.not_after,
        machine_id=command.machine_id,
        action=command.action,
    )
    return DownEnvelope(device_id=command.device_id, body=body)


def _state(device_id: str, body: MachineState) -> StateTold:
    return StateTold(
        device_id=device_id,
        machine_id=body.machine_id,
        state=body.state,
        job_id=body.job_id,
        done_ratio=body.done,
        remaining_s=body.remaining_s,
        nozzle_c=body.nozzle_c,
        bed_c=body.bed_c,
        text=body.text,
        observed_at=body.observed_at,
    )


def _job_event(device_id: str, body: JobEvent) -> JobHappened:
    contributions = tuple(
        Signed(
            body=signed.body.encode(),
            key_id=signed.key_id,
            signature=base64.b64decode(signed.signature),
        )
        for signed in body.contributions
    )
    return JobHappened(
        device_id=device_id,
        machine_id=body.machine_id,
        job_id=body.job_id,
        fence=body.fence,
        event=body.event,
        done_ratio=body.done,
        pieces_good=body.pieces_good,
        code=body.code,
        text=_storable(body.text),
        evidence=body.evidence.model_dump(mode="json") if body.evidence else None,
        contributions=contributions,
        observed_at=body.observed_at,
        rest=_rest(body.rest) if body.rest else None,
        by=_storable(body.by),
    )


def _rest(told: WireRest) -> Rest:
    return Rest(layer=told.layer, done_ratio=told.done, remaining_s=told.remaining_s)


def _storable(text: str | None) -> str | None:
    """A machine's own words: PostgreSQL takes no NUL, and that must not cost the fact."""
    return None if text is None else text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _start(command: StartJob) -> JobCommand:
    program = command.program
    credit = command.credit
    return JobCommand(
        command_id=command.command_id,
        job_id=command.job_id,
        fence=command.fence,
        not_after=command.not_after,
        machine_id=command.machine_id,
        label=command.label,
        material=command.material or None,
        program=None
        if program is None
        else Program(
            path=program.path, sha256=program.sha256, size_bytes=program.size_bytes
        ),
        pieces=command.pieces,
        expected_s=command.expected_s,
        credit=Credit(
            order_id=credit.order_id,
            owner_id=credit.owner_id,
            maker_id=credit.maker_id,
            receiver_id=credit.receiver_id,
            design_version_id=credit.design_version_id,
            material_g=credit.material_g,
            labour_s=credit.labour_s,
        ),
    )
