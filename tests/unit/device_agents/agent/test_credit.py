"""Contributions say what was seen, exactly, and the same however often they are told."""

import base64
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from device_agents.agent.credit import Run, contributions
from device_agents.agent.identity import Signer
from device_agents.contract.contribution import Contribution
from tests.unit.device_agents.agent.conftest import NOON, a_job

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer(KEY, "key-1")


def flows(run: Run) -> dict[str, Contribution]:
    found: dict[str, Contribution] = {}
    for signed in contributions(a_job(), run, SIGNER):
        KEY.public_key().verify(
            base64.b64decode(signed.signature), signed.body.encode()
        )
        flow = Contribution.model_validate_json(signed.body)
        assert flow.canonical() == signed.body.encode()
        found[flow.action] = flow
    return found


def a_run(run_s: float = 2200.0, *, completed: bool = True) -> Run:
    return Run(run_s=run_s, completed=completed, pieces_good=2, ended_at=NOON)


def test_completed_run_credits_use_work_material_and_pieces() -> None:
    found = flows(a_run())
    told = {
        action: (flow.provider, flow.receiver, flow.resource, flow.quantity, flow.unit)
        for action, flow in found.items()
    }
    assert told == {
        "use": ("lab-1", "shop-1", "mill-1", "0.611111", "h"),
        "work": ("member-1", "shop-1", "labour", "0.083333", "h"),
        "consume": ("lab-1", "shop-1", "PLA", "12.5", "g"),
        "produce": ("member-1", "shop-1", "design-1", "2", "{piece}"),
    }


def test_run_without_a_seen_end_credits_the_machine_only() -> None:
    assert set(flows(a_run(completed=False))) == {"use"}
    assert flows(a_run(0.0, completed=False)) == {}


def test_events_have_the_same_ids_each_time() -> None:
    first, again = flows(a_run()), flows(a_run(2300.0))
    assert [flow.id for flow in first.values()] == [flow.id for flow in again.values()]
    assert len({flow.id for flow in first.values()}) == 4


@given(st.floats(0, 3.2e7, allow_nan=False))
def test_hours_are_digits_within_half_a_millionth(run_s: float) -> None:
    found = flows(a_run(run_s))
    told = Decimal(found["use"].quantity) if "use" in found else Decimal(0)
    assert abs(told - Decimal(str(run_s)) / 3600) <= Decimal("0.0000005")
