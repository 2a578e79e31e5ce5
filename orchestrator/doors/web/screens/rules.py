"""The rules in force: each in words, with the vote that made it and those before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Rule, kind_named, kinds, rule_at, rules_known
from orchestrator.doors.web.access import AskerDep
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.rule_fields import changed_fields, told_table
from orchestrator.doors.web.rule_words import ChangedField, matter_words
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.shown import names_shown

router = APIRouter()
HOME = "/rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRule:
    """A version as a page shows it; `changed` against the one before it."""

    rule: Rule[Any]
    words: str
    by: str  # a name, for who is signed in; "" where nobody enacted it
    version_count: int = 1
    changed: tuple[ChangedField, ...] = ()


@router.get(HOME)
def rules_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """Every rule in force now. Public; names are for members."""
    shown = []
    for kind in kinds():
        known = rules_known(session, kind)
        if known:
            rule = rule_at(session, kind, clock.now())
            shown.append(
                ShownRule(
                    rule=rule,
                    words=matter_words(kind.name),
                    by=_name(session, rule, is_known=asker.principal is not None),
                    version_count=len(known),
                )
            )
    return render(
        request,
        "rules.html",
        page=Page(title="Rules in force", topics=(VOTES_CHANGED,)),
        rules=shown,
    )


@router.get("/rules/{kind}")
def rule_page(
    kind: Annotated[str, Field(max_length=40)],
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """One rule: what it says, and every version with what it changed and why."""
    known = rules_known(session, kind_named(kind))
    if not known:
        raise NotFoundError(f"no {kind} was ever in force")
    in_force = rule_at(session, kind_named(kind), clock.now())
    older = [*known[1:], None]
    history = [
        ShownRule(
            rule=rule,
            words=matter_words(kind),
            by=_name(session, rule, is_known=asker.principal is not None),
            changed=tuple(changed_fields(kind, before.table, rule.table))
            if before
            else (),
        )
        for rule, before in zip(known, older, strict=True)
    ]
    return render(
        request,
        "rule.html",
        page=Page(title=matter_words(kind), topics=(VOTES_CHANGED,)),
        words=matter_words(kind),
        in_force=in_force,
        fields=told_table(kind, in_force.table),
        history=history,
        is_coming=_is_coming(in_force, known[0], clock.now()),
    )


def _is_coming(in_force: Rule[Any], newest: Rule[Any], now: datetime) -> bool:
    return newest.version != in_force.version and newest.in_force_from > now


def _name(session: Session, rule: Rule[Any], *, is_known: bool) -> str:
    if rule.enacted_by is None or not is_known:
        return ""
    return names_shown(session, {rule.enacted_by}).get(rule.enacted_by, "")
