"""Who is owed what of an order's price: taxes first, then its parts, to the cent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.chart import NETWORK, Share, taken
from orchestrator.catalogue.designs import citations_of
from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.commons.shares import apportion
from orchestrator.ledger.rows import EntryRow
from orchestrator.network.handing_over import owner_at
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.clear import duties_of
from orchestrator.orders.parts import family
from orchestrator.orders.pricing import MILLION
from orchestrator.orders.rows import ClearanceRow, OrderEventRow, OrderRow
from orchestrator.orders.terms import Tax

type Weights = Mapping[str, Fraction]  # by agent

ACTION_OF: Mapping[str, tuple[str, str]] = {
    "machine": ("use", "h"),
    "labour": ("work", "h"),
    "material": ("consume", "g"),
    "transport": ("deliverService", "km"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """Shares that sum to the price, and the tax lines among them as an invoice has them."""

    shares: tuple[Share, ...]
    taxes: tuple[dict[str, str | int], ...]


def owed_of(session: Session, order: OrderRow, taxes: Sequence[Tax]) -> Owed:
    """Everybody's part of what the order costs, by what the log says they did.

    What no event tells of (a part fetched by hand, a device that was never heard) goes
    to the lab's owner and the courier of the order.
    """
    return shared(order.price_parts, taxes, _weights(session, order))


def shared(
    price_parts: Mapping[str, int],
    taxes: Sequence[Tax],
    weights_of: Mapping[str, Weights],
) -> Owed:
    """Part each component among agents by weight, what it holds of taxes taken out.

    Exact: the shares sum to the price. A tax is rounded to the nearest minor unit once;
    a component without anybody's weight is the network's.
    """
    net_of = dict(price_parts)
    lines: list[dict[str, str | int]] = []
    found: list[Share] = []
    for tax in taxes:
        gross = [net_of.get(part, 0) for part in tax.parts]
        rate = MILLION + tax.rate_ppm
        cents = (2 * sum(gross) * tax.rate_ppm + rate) // (2 * rate)
        for part, held in zip(tax.parts, taken(cents, gross), strict=True):
            net_of[part] = net_of.get(part, 0) - held
        found.append(Share(component="tax", agent_id=tax.name, cents=cents))
        lines.append(
            {
                "name": tax.name,
                "title": tax.title,
                "rate_ppm": tax.rate_ppm,
                "net_cents": sum(gross) - cents,
                "cents": cents,
            }
        )
    for part, cents in net_of.items():
        weights = {
            agent_id: weight
            for agent_id, weight in weights_of.get(part, {}).items()
            if weight > 0
        }
        shares = apportion(cents, weights or {NETWORK: Fraction(1)})
        found += [
            Share(component=part, agent_id=agent_id, cents=share)
            for agent_id, share in sorted(shares.items())
            if share
        ]
    return Owed(shares=tuple(found), taxes=tuple(lines))


def _weights(session: Session, order: OrderRow) -> dict[str, Weights]:
    orders = [order, *family(session, order)]
    events = session.scalars(
        select(EntryRow).where(
            EntryRow.order_id.in_([one.id for one in orders]),
            EntryRow.action.in_([action for action, _ in ACTION_OF.values()]),
        )
    ).all()
    rate_of = _hourly_cents(session, events)
    weights_of: dict[str, Weights] = {}
    for part, told in ACTION_OF.items():
        weights: dict[str, Fraction] = {}
        for event in events:
            if (event.action, event.unit) == told:
                worth = Fraction(event.quantity) * rate_of.get(event.resource, 1)
                weights[event.provider] = weights.get(event.provider, 0) + worth
        weights_of[part] = weights
    for part, agent_ids in _who_else(session, orders).items():
        if not any(weight > 0 for weight in weights_of[part].values()):
            weights_of[part] = dict.fromkeys(agent_ids, Fraction(1))
    weights_of["design"] = {_designer(session, order.design_version_id): Fraction(1)}
    weights_of["upstream"] = _upstream(session, order.design_version_id)
    weights_of["reciprocity"] = _reciprocity(session, order)
    return weights_of


def _hourly_cents(session: Session, events: Sequence[EntryRow]) -> dict[str, int]:
    """What an hour of each machine costs: a laser's is worth more than a printer's."""
    ids = {event.resource for event in events if event.action == "use"}
    asked = select(MachineRow.id, MachineRow.hourly_cents).where(MachineRow.id.in_(ids))
    return {row_id: cents for row_id, cents in session.execute(asked) if cents}


def _who_else(session: Session, orders: Sequence[OrderRow]) -> dict[str, list[str]]:
    owners = sorted({_owner(session, one) for one in orders if one.facility_id})
    couriers = sorted({one.courier_id for one in orders if one.courier_id})
    return {
        "machine": owners,
        "labour": owners,
        "material": owners,
        "transport": couriers,
    }


def _owner(session: Session, order: OrderRow) -> str:
    """Whose its lab was when it was begun: it may be in other hands by now."""
    lab = session.get_one(FacilityRow, order.facility_id)
    begun_at = session.scalar(
        select(func.max(OrderEventRow.at)).where(
            OrderEventRow.order_id == order.id,
            OrderEventRow.code.in_(("making", "remaking")),
        )
    )
    return lab.owner_id if begun_at is None else owner_at(session, lab, begun_at)


def _upstream(session: Session, version_id: str) -> Weights:
    """Whose designs it builds on."""
    cited = citations_of(session, version_id)
    return _sum(
        _contributors(session, one.upstream_id, Fraction(one.weight_ppm))
        for one in cited
    )


def _reciprocity(session: Session, order: OrderRow) -> Weights:
    """Who made what was agreed to be paid for, each agreement by its fee."""
    duties = duties_of(session.get_one(ClearanceRow, order.clearance_id))
    return _sum(
        _contributors(session, duty.version_id, Fraction(duty.fee_permille))
        for duty in duties
        if duty.fee_permille
    )


def _contributors(session: Session, version_id: str, part: Fraction) -> Weights:
    """Its designer and whose designs it builds on: each keeps what it does not pass on."""
    cited = citations_of(session, version_id)
    passed_on = Fraction(sum(one.weight_ppm for one in cited), MILLION)
    return _sum(
        [
            {_designer(session, version_id): part * (1 - passed_on)},
            *(
                _contributors(session, one.upstream_id, part * one.weight_ppm / MILLION)
                for one in cited
            ),
        ]
    )


def _sum(weights: Iterable[Weights]) -> dict[str, Fraction]:
    whole: dict[str, Fraction] = {}
    for each in weights:
        for agent_id, weight in each.items():
            whole[agent_id] = whole.get(agent_id, Fraction(0)) + weight
    return whole


def _designer(session: Session, version_id: str) -> str:
    return session.scalars(
        select(DesignRow.designer_id)
        .join(DesignVersionRow, DesignVersionRow.design_id == DesignRow.id)
        .where(DesignVersionRow.id == version_id)
    ).one()
