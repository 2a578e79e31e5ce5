"""What a steward or operator changes is an entry, in the very transaction that changes it.

Every request that may change something ends here before its commit, so no door can
forget to say so.
"""

from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from orchestrator.foundation.ids import new_id
from orchestrator.ledger.acts import TEXT_MAX, Act
from orchestrator.ledger.append import append_act
from orchestrator.members.principal_api import SAFE_METHODS

RECORDED: Final = frozenset({"steward", "operator"})
SUBJECT_MAX: Final = 80
ACT_MAX: Final = 32


def record(request: Request, session: Session) -> None:
    """Enter what the one who asks did: the door's name, and the ids in its address.

    What was typed is not told, for it may be personal; the fact itself says it.
    """
    principal = getattr(request.state, "principal", None)
    if request.method in SAFE_METHODS or principal is None:
        return
    if not principal.roles & RECORDED:
        return
    now = request.app.state.clock.now()
    told = {name: str(part)[:TEXT_MAX] for name, part in request.path_params.items()}
    path: str = request.scope["route"].path
    act = Act(
        id=new_id("act"),
        actor=principal.agent_id,
        act=act_named(request.scope["endpoint"].__name__),
        subject=path[:SUBJECT_MAX],
        told={name: part for name, part in told.items() if part.isprintable()} or None,
        occurred_at=now,
    )
    append_act(session, act, key=request.app.state.ledger.key, recorded_at=now)


def act_named(door: str) -> str:
    """A door's name as an act: `add_machine` is `add-machine`."""
    return f"did-{door.replace('_', '-')}"[:ACT_MAX].strip("-")
