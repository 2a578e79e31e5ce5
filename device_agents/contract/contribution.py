"""An economic event as its contributor writes and signs it: RFC 8785 JSON, exact bytes.

The signature is Ed25519 (RFC 8032) over exactly these bytes, with nothing before them.
The ledger stores these bytes as they came and hashes them; nobody re-encodes them.
"""

from datetime import UTC
from typing import Annotated, Final, Literal

import rfc8785
from pydantic import AwareDatetime, Field

from device_agents.contract.messages import Id, Part

EVENT_SCHEMA: Final = "fabcommons-event-1"
# Digits, so that no float ever decides what somebody contributed.
Quantity = Annotated[str, Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]


class Contribution(Part):
    """One flow of value between two agents (ValueFlows), not yet signed.

    `unit` is a UCUM code: "h", "g", "{piece}", "km". `resource` names what was used,
    consumed or produced: a machine, a material, a design version.
    """

    event_schema: Literal["fabcommons-event-1"] = EVENT_SCHEMA
    id: Id
    action: Literal["use", "work", "consume", "produce"]
    provider: Id
    receiver: Id
    resource: Annotated[str, Field(min_length=1, max_length=80)]
    quantity: Quantity
    unit: Literal["h", "g", "{piece}", "km"]
    occurred_at: AwareDatetime
    order_id: Id
    job_id: Id

    def canonical(self) -> bytes:
        """The bytes that are signed and stored; times in UTC, spelled with Z."""
        in_utc = {"occurred_at": self.occurred_at.astimezone(UTC)}
        return rfc8785.dumps(self.model_copy(update=in_utc).model_dump(mode="json"))
