"""From a shop's wish to a quote: the gate first, then the plan in force, then a price."""

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.orders.clear import ask
from orchestrator.orders.gate import Refusal
from orchestrator.orders.quotes import (
    NoOffer,
    Offer,
    quote_input,
    record_quote,
    record_refused,
)
from orchestrator.orders.rows import QuoteRow
from orchestrator.orders.table import Use
from orchestrator.orders.tariff import tariff_at
from orchestrator.planning.frames import Wanted
from orchestrator.planning.instead import made_instead
from orchestrator.planning.nearness import cells_near
from orchestrator.planning.picture import Picture, look
from orchestrator.planning.quote import quote
from orchestrator.planning.travel import RegionMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """So many of this design version, there, wished by and at the latest by then."""

    shop_id: str
    design_version_id: str
    place_id: str
    quantity: int
    wished_at: datetime
    latest_at: datetime
    use: Use = Use.MAKE_AND_SELL


def ask_for_quote(
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    clock: Clock,
    asked: Asked,
) -> QuoteRow:
    """A quote that is kept, be it an offer or a refusal that says what would help.

    The plan is asked outside of any transaction. Errors: those of `quote_input`;
    PlanRefusedError.
    """
    now = clock.now()
    with sessions.begin() as session:
        wish = quote_input(
            session,
            shop_id=asked.shop_id,
            version_id=asked.design_version_id,
            place_id=asked.place_id,
            quantity=asked.quantity,
            wished_at=asked.wished_at,
            latest_at=asked.latest_at,
            now=now,
            use=asked.use,
        )
        answer = ask(
            session,
            version_id=wish.version_id,
            agent_id=wish.shop_id,
            use=wish.use,
            now=now,
        )
        if isinstance(answer, Refusal):
            return record_refused(session, wish, answer, tariff=tariff_at(session, now))
    offer = _offer(
        reading,
        ground,
        Wanted(
            design_version_id=wish.version_id,
            quantity=wish.quantity,
            place_id=wish.place_id,
            wished_at=wish.wished_at,
            latest_at=wish.latest_at,
        ),
        now,
    )
    with sessions.begin() as session:
        tariff = tariff_at(session, now)
        return record_quote(session, wish, answer, offer, tariff=tariff)


def _offer(
    reading: Sessions, ground: RegionMap, wanted: Wanted, now: datetime
) -> Offer | NoOffer:
    """Of the nearest cell that can, else why the nearest of all can't.

    A substitute is offered only where no cell can with what the design says first.
    """
    with reading() as session:
        near = cells_near(session, wanted.design_version_id, wanted.place_id)
    answers: list[NoOffer] = []
    pictures: list[Picture] = []
    cells: list[str | None] = [*near] or [None]
    for cell in cells:
        with reading() as session:
            picture = look(
                session,
                now=now,
                cell=cell,
                version_id=wanted.design_version_id,
                place_id=wanted.place_id,
                new=True,
            )
        answer = quote(picture, ground, wanted)
        if isinstance(answer, Offer):
            return answer
        answers.append(answer)
        pictures.append(picture)
    for picture in pictures:
        if made_of := made_instead(wanted, picture):
            answer = quote(picture, ground, replace(wanted, made_of=made_of))
            if isinstance(answer, Offer):
                return answer
    return answers[0]
