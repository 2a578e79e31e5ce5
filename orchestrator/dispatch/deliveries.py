"""What couriers did: each act counts once by its id, at the time it was done."""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from orchestrator.dispatch import carrying
from orchestrator.dispatch.errors import (
    NotYourStopError,
    OutOfTurnError,
    WrongCodeError,
)
from orchestrator.dispatch.hand_over import Proof, check_code
from orchestrator.dispatch.rows import ActRow
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.changes import announce
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.ids import checked_id
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.rows import CourierRow
from orchestrator.orders import life
from orchestrator.orders.clear import ask_at_hand_over
from orchestrator.orders.codes import Entropy, hand_over_code
from orchestrator.orders.gate import Clearance
from orchestrator.orders.parts import hold_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.turn import take_turn

Kind = Literal["picked-up", "delivered", "problem", "out", "back"]
Reason = Literal[
    "nobody-there",
    "cannot-find",
    "not-ready",
    "does-not-fit",
    "damaged",
    "lost",
    "other",
]
Load = Literal["keep", "back"]
NOTE_MAX: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a courier, as the phone kept it.

    `code`: for picked-up and back the lab's, for delivered that of who gets it. `reason`: of a
    problem. `load`: what an `out` courier does with what is aboard: 'keep' brings it
    to its end, 'back' returns it to the lab.
    """

    id: str
    agent_id: str
    kind: Kind
    acted_at: datetime
    order_id: str | None = None
    code: str | None = None
    reason: Reason | None = None
    note: str = ""
    load: Load | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every act needs: who witnesses it, on which ground, by which rules."""

    witness: Witness
    ground: RegionMap
    tempo: Tempo = TEMPO
    entropy: Entropy = os.urandom  # for the codes of the next hand-over


def perform(sessions: Sessions, act: Act, scene: Scene) -> ActRow:
    """Take the act in, in a transaction of its own; the same id again changes nothing.

    Errors: NotYourStopError, OutOfTurnError (the phone may try again later),
    WrongCodeError, CodesLockedError, ConflictError (the id was used for another act).
    """
    with sessions() as session:
        take_turn(session)
        try:
            row = take_in(session, act, scene)
        except WrongCodeError:
            session.commit()  # that it was wrong is counted
            raise
        session.commit()
        return row


def take_in(session: Session, act: Act, scene: Scene) -> ActRow:
    """As `perform`, in the caller's transaction; the caller has the turn."""
    witness = scene.witness
    known = session.get(ActRow, checked_id(act.id))
    if known is not None:
        return _same(known, act)
    if session.get(CourierRow, act.agent_id) is None:
        raise NotYourStopError("only couriers act on stops")
    acted_at = min(act.acted_at, witness.now)
    order = None if act.kind == "out" else _order(session, act)
    row = ActRow(
        id=act.id,
        agent_id=act.agent_id,
        kind=act.kind,
        order_id=order.id if order else None,
        acted_at=acted_at,
        recorded_at=witness.now,
        detail=_detail(act),
    )
    if order is None:
        carrying.go_out(session, witness, act.agent_id, load=act.load)
    else:
        _on_order(session, act, order, scene)
    session.add(row)
    session.flush()
    announce(session, f"ride/{act.agent_id}", "plan")
    return row


def _on_order(session: Session, act: Act, order: OrderRow, scene: Scene) -> None:
    witness = scene.witness
    _check(act, order)
    before_at = order.picked_up_at or order.made_at or order.placed_at
    acted_at = min(max(act.acted_at, before_at), witness.now)
    if act.kind != "problem":
        code = order.delivery_code if act.kind == "delivered" else order.pickup_code
        proof = Proof(
            kind=act.kind,  # type: ignore[arg-type] # 'out' and 'problem' have no code
            order_id=order.id,
            typed=act.code or "",
            code=code,
        )
        check_code(session, proof, now=witness.now, tempo=scene.tempo)
    match act.kind:
        case "picked-up":
            carrying.pick_up(session, witness, order, act.agent_id, at=acted_at)
            order.pickup_code = hand_over_code(scene.entropy)  # that one is known now
        case "delivered":
            carrying.deliver(session, witness, order, scene.ground, at=acted_at)
            if order.part_of is None:
                _ask_the_gate(session, order, scene)
        case "back":
            carrying.bring_back(session, witness, order, at=acted_at)
            order.pickup_code = hand_over_code(scene.entropy)
        case "problem":
            reason = act.reason or "other"
            carrying.meet_problem(
                session, witness, order, reason=reason, note=act.note[:NOTE_MAX]
            )


def _ask_the_gate(session: Session, order: OrderRow, scene: Scene) -> None:
    """Once more, and kept; a no stops nobody in the street: a steward looks at it."""
    now = scene.witness.now
    answer = ask_at_hand_over(session, order, now=now, key=scene.witness.key)
    if isinstance(answer, Clearance):
        return
    text = f"order {order.number}: {' '.join(answer.reasons)} {answer.remedy}"
    raise_alarm(session, code="licence-lapsed", subject=order.id, text=text, now=now)
    life.tell(session, order, "licence", " ".join(answer.reasons), now=now)


def _check(act: Act, order: OrderRow) -> None:
    """Whether the act can follow what is known. Errors: OutOfTurn, NotYourStop."""
    if act.kind == "picked-up":
        if order.state != "made":
            raise OutOfTurnError(f"order {order.number} does not wait at a lab")
        return
    if order.state in {"delivered", "refused", "cancelled"}:
        raise OutOfTurnError(f"order {order.number} is over")
    if order.courier_id != act.agent_id:
        raise NotYourStopError(f"order {order.number} is not among your stops")
    if act.kind != "problem" and order.state != "on-the-way":
        raise OutOfTurnError(f"order {order.number} is not on the way")


def _order(session: Session, act: Act) -> OrderRow:
    if act.order_id is None:
        raise InvalidInputError(f"{act.kind} needs an order", field="order_id")
    order = hold_order(session, act.order_id)
    if order is None:
        raise NotFoundError(
            f"there is no order {act.order_id[:64]!r}", field="order_id"
        )
    return order


def _same(known: ActRow, act: Act) -> ActRow:
    asked = (act.agent_id, act.kind, act.order_id)
    if (known.agent_id, known.kind, known.order_id) != asked:
        raise ConflictError(f"act {act.id} was another one: draw a new id", field="id")
    return known


def _detail(act: Act) -> dict[str, Any]:
    told = {
        "reason": act.reason,
        "note": act.note[:NOTE_MAX] or None,
        "load": act.load,
    }
    return {name: value for name, value in told.items() if value is not None}
