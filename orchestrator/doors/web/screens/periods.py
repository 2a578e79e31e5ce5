"""Periods: what is shared by which rules, tried out by anyone, closed by two stewards."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import VERSION, rule_at, rules_known
from orchestrator.doors.web.access import Asker, AskerDep, SignedInDep, StewardDep
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.period_view import (
    COMMUNITY_WORDS,
    COMPONENT_WORDS,
    HIGH,
    WIDE,
    community_rows,
    curve_rows,
    drawn,
    side_by_side,
    spans,
)
from orchestrator.foundation import canonical
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.money import cents_of
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.api import LedgerSettings
from orchestrator.members.agents import names_of
from orchestrator.members.shown import names_shown
from orchestrator.periods.book import (
    PERIOD_RULES,
    newest_period,
    period_of,
    periods_known,
    publish,
    rules_of,
)
from orchestrator.periods.close import Close
from orchestrator.periods.closing import (
    Draft,
    confirm,
    drafted,
    propose,
    recomputed,
    standing,
    supposed_of,
)
from orchestrator.periods.exports import points_text
from orchestrator.periods.own_table import TABLE_MAX, own_rules
from orchestrator.periods.rows import PeriodRow
from orchestrator.periods.rules import InvalidPeriodRulesError
from orchestrator.periods.seals import sealed
from orchestrator.periods.simulate import Uncertain, curve, play, variants

router = APIRouter()

DRAWS: Final = 400
SEED: Final = 1
SHARES_SHOWN: Final = 50
AMOUNT_MAX: Final = 16  # letters
OWN: Final = "Yours"
Amount = Annotated[str, Query(max_length=AMOUNT_MAX)]
TypedAmount = Annotated[str, Form(max_length=AMOUNT_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody tries out: incomes, and rules of their own, or "" for none."""

    low: str = ""
    likely: str = ""
    high: str = ""
    table: str = ""


@router.get("/periods")
def periods_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """Every period, and for a steward the opening of the next."""
    newest = newest_period(session)
    return render(
        request,
        "periods.html",
        page=Page(title="Periods"),
        periods=periods_known(session),
        rules=rule_at(session, PERIOD_RULES, clock.now()),
        can_open=asker.is_steward and (newest is None or bool(newest.closed_at)),
        community_words=COMMUNITY_WORDS,
        component_words=COMPONENT_WORDS,
    )


@router.post("/periods")
def open_period(
    opens_on: Annotated[date, Form()],
    steward: StewardDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Publish the rules of the next period, which opens on that day."""
    row = publish(
        session,
        by=steward.agent_id,
        opens_at=datetime.combine(opens_on, time(), zone_of(request)),
        key=_key(request),
        now=clock.now(),
    )
    return RedirectResponse(f"/periods/{row.number}", status_code=303)


@router.get("/periods/{number}")
def period_page(
    *,
    number: int,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
    low: Amount = "",
    likely: Amount = "",
    high: Amount = "",
) -> Response:
    """The period as it stands, what would be if, and its close."""
    typed = Typed(low=low, likely=likely, high=high)
    return _page(request, asker, session, clock, number, typed)


@router.post("/periods/{number}/try")
def try_own_rules(
    *,
    number: int,
    low: TypedAmount = "",
    likely: TypedAmount = "",
    high: TypedAmount = "",
    table: Annotated[str, Form(max_length=2 * TABLE_MAX)] = "",
    file: UploadFile | None = None,
    request: Request,
    _me: SignedInDep,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """A member compares rules of their own with those in force; nothing is written."""
    if file is not None and file.filename:
        table = file.file.read(2 * TABLE_MAX).decode("utf-8", "replace")
    table = table.replace("\r\n", "\n").strip()
    typed = Typed(low=low, likely=likely, high=high, table=table)
    return _page(request, asker, session, clock, number, typed)


def _page(  # noqa: PLR0917 - as they are injected
    request: Request,
    asker: Asker,
    session: Session,
    clock: Clock,
    number: int,
    typed: Typed,
) -> Response:
    row = period_of(session, number)
    closed, draft = _closed(request, session, row)
    tried, wrong = _tried(session, row, draft, typed)
    signers = {who for who in (row.published_by, row.proposed_by, row.closed_by) if who}
    shown = sorted(closed.shares, key=lambda one: -one.cents)[:SHARES_SHOWN]
    names: dict[str, str] = {}
    if asker.principal is not None:
        people = {one.agent_id for one in shown}
        names = names_shown(session, people, reader=asker.principal.agent_id)
        names |= names_of(session, signers)
    return render(
        request,
        "period.html",
        page=Page(title=f"Period {number}"),
        row=row,
        closed=closed,
        is_draft=draft is not None,
        is_open=clock.now() >= row.opens_at,
        communities=community_rows(closed),
        shares=shown,
        share_count=len(closed.shares),
        names=names,
        is_steward=asker.is_steward,
        is_first=asker.principal is not None
        and asker.principal.agent_id == row.proposed_by,
        tried=tried,
        wrong=wrong,
        typed=typed,
        in_force=_in_force(row),
        may_try=asker.principal is not None,
        wide=WIDE,
        tall=HIGH,
        draws=DRAWS,
        points_text=points_text,
        community_words=COMMUNITY_WORDS,
        component_words=COMPONENT_WORDS,
    )


@router.post("/periods/{number}/propose")
def propose_close(
    *,
    number: int,
    steward: StewardDep,
    request: Request,
    reader: ReaderDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """The first steward: what stands in the ledger now is what counts."""
    draft = drafted(reader, period_of(reader, number))
    now = clock.now()
    seal = sealed(reader, now=now)
    propose(session, draft, seal, by=steward.agent_id, key=_key(request), now=now)
    return RedirectResponse(f"/periods/{number}#close", status_code=303)


@router.post("/periods/{number}/confirm")
def confirm_close(
    *,
    number: int,
    sha: Annotated[str, Form(max_length=64)],
    steward: StewardDep,
    request: Request,
    reader: ReaderDep,
    session: SessionDep,
    clock: ClockDep,
    name: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """The second steward: computed once more, then closed for good."""
    if name.strip().lower() != f"period {number}":
        raise InvalidInputError(
            f"to close it, type its name: period {number}", field="name"
        )
    again = recomputed(reader, period_of(reader, number))
    confirm(
        session,
        again,
        by=steward.agent_id,
        sha=sha,
        key=_key(request),
        now=clock.now(),
    )
    return RedirectResponse(f"/periods/{number}", status_code=303)


def _closed(
    request: Request, session: Session, row: PeriodRow
) -> tuple[Close, Draft | None]:
    """The proposed or final close, else a draft; computed for the first who looks."""
    if row.cut is None:
        key: tuple[object, ...] = (row.number, *standing(session, row))
    else:
        key = (row.sha256,)
    kept: dict[tuple[object, ...], tuple[Close, Draft | None]]
    kept = getattr(request.app.state, "closes", {})
    if key not in kept:
        draft = drafted(session, row) if row.cut is None else None
        closed = draft.closed if draft else recomputed(session, row)
        kept = {key: (closed, draft)}
        request.app.state.closes = kept
    return kept[key]


def _tried(
    session: Session,
    row: PeriodRow,
    draft: Draft | None,
    typed: Typed,
) -> tuple[dict[str, object] | None, dict[str, str]]:
    """What was tried out, or what was wrong with what was typed, by its field."""
    amounts = (typed.low, typed.likely, typed.high)
    if draft is None or not any((*amounts, typed.table)):
        return None, {}
    rules, own = rules_of(row), None
    try:
        low, likely, high = (cents_of(text, "likely") for text in amounts)
        income = Uncertain(low_cents=low, likely_cents=likely, high_cents=high)
        if typed.table and typed.table != _in_force(row):
            own = own_rules(typed.table, name=OWN, like=rules)
    except InvalidPeriodRulesError as refusal:
        return None, {"table": str(refusal)}
    except InvalidInputError as refusal:
        return None, {"likely": str(refusal)}
    supposed = supposed_of(draft)
    known = [one.value for one in rules_known(session, PERIOD_RULES)]
    compared = variants(rules, known)
    if own is not None:
        compared = {rules.rule_version: rules, OWN: own}
    line = curve(supposed, rules, income)
    played = play(supposed, compared, income, draws=DRAWS, seed=SEED)
    return {
        "played": played,
        "spans": spans(played),
        "side_by_side": side_by_side(*(one.likely for one in played))
        if own is not None
        else (),
        "curves": drawn(line),
        "rows": curve_rows(line),
        "income": income,
    }, {}


def _in_force(row: PeriodRow) -> str:
    """Its rules as one begins to change them."""
    told = canonical.object_of(row.rules.encode())
    del told[VERSION]
    return json.dumps(told, indent=2, ensure_ascii=False)


def _key(request: Request) -> SigningKey:
    settings: LedgerSettings = request.app.state.ledger
    return settings.key
