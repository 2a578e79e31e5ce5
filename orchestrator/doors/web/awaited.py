"""What of the commons waits for one person: ballots, and the second of two keys."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts.rows import PayoutRow
from orchestrator.commons import two_keys
from orchestrator.doors.web.vote_view import card_of
from orchestrator.members.principals import Principal
from orchestrator.network.handing_over import offers_to_confirm
from orchestrator.network.rows import FacilityRow
from orchestrator.periods.rows import PeriodRow
from orchestrator.votes.proposals import OPEN
from orchestrator.votes.rows import ProposalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """Polls without one's ballot; of what one steward proposed, what another confirms."""

    polls: int = 0
    names: int = 0  # who becomes or stops being a steward or an observer
    periods: tuple[int, ...] = ()
    payouts: tuple[str, ...] = ()
    labs: tuple[FacilityRow, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether something waits."""
        return bool(
            self.polls or self.names or self.periods or self.payouts or self.labs
        )


def awaited_of(session: Session, principal: Principal, now: datetime) -> Awaited:
    """What waits for this person now."""
    me = principal.agent_id
    polls = session.scalars(
        select(ProposalRow).where(
            ProposalRow.state == OPEN, ProposalRow.closes_at > now
        )
    )
    own = sum(bool(card_of(session, row, me, now)["waits_for_me"]) for row in polls)
    if not principal.is_steward or "observer" in principal.roles:
        return Awaited(polls=own)
    closes = select(PeriodRow.number).where(
        PeriodRow.closed_at.is_(None), PeriodRow.proposed_by != me
    )
    payouts = select(PayoutRow.id).where(
        PayoutRow.paid_at.is_(None),
        PayoutRow.withdrawn_at.is_(None),
        PayoutRow.proposed_by != me,
    )
    return Awaited(
        polls=own,
        names=sum(row.proposed_by != me for row in two_keys.waiting(session)),
        periods=tuple(session.scalars(closes)),
        payouts=tuple(session.scalars(payouts.order_by(PayoutRow.proposed_at))),
        labs=tuple(
            lab for row, lab in offers_to_confirm(session) if row.offered_by != me
        ),
    )
