"""A poll as pages show it: turnout, what it changes, who trusts whom, the result."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import kind_named, rule_named
from orchestrator.doors.web.access import Asker
from orchestrator.doors.web.rule_fields import changed_fields
from orchestrator.doors.web.rule_words import (
    CHOICES,
    STATES,
    ChangedField,
    matter_words,
)
from orchestrator.members.shown import names_shown
from orchestrator.votes import delegation
from orchestrator.votes.polls import (
    own_ballot,
    result_of,
    spoke_on_earlier_text,
    voices,
)
from orchestrator.votes.proposals import OPEN, procedure_of
from orchestrator.votes.rows import ProposalRow, RemarkRow
from orchestrator.votes.sealed import signed_for
from orchestrator.votes.tally import CONSENT, MAJORITY, Result
from orchestrator.votes.voting_rules import Procedure


def card_of(
    session: Session, row: ProposalRow, agent: str | None, now: datetime
) -> dict[str, Any]:
    """Where a poll stands, for the one who looks."""
    ballot = own_ballot(session, row, agent) if agent else None
    has_spoken = ballot is not None or (
        agent is not None and signed_for(session, row, agent) is not None
    )
    result = result_of(row)
    spoken = voices(session, row, now) if result is None else result.voices
    quorum = procedure_of(session, row).quorum_permille
    return {
        "row": row,
        "state": STATES[row.state],
        "matter": matter_words(row.matter),
        "ballot": ballot,
        "voices": spoken,
        "needed": max(1, math.ceil(quorum * len(row.roll) / 1_000)),
        "turnout": spoken / len(row.roll),
        "has_spoken": has_spoken,
        "spoke_before": agent is not None
        and row.state == OPEN
        and not has_spoken
        and spoke_on_earlier_text(session, row, agent),
        "waits_for_me": row.state == OPEN and agent in row.roll and not has_spoken,
    }


def changed_by(
    session: Session, row: ProposalRow, table: str | None
) -> list[ChangedField]:
    """What a table would change of the rule that the proposal was made against."""
    if table is None or row.instead_of is None:
        return []
    before = rule_named(session, kind_named(row.matter), row.instead_of)
    return changed_fields(row.matter, before.table, table.encode())


def choices_of(procedure: Procedure) -> list[dict[str, str]]:
    """What a ballot may say; nothing where it gives points."""
    names = {"consent": CONSENT, "majority": MAJORITY}.get(procedure.method, ())
    return [{"value": name, "label": CHOICES[name]} for name in names]


def bars_of(result: Result | None, procedure: Procedure) -> list[dict[str, Any]]:
    """Each choice with its voices (or points), and which part of all it is."""
    if result is None:
        return []
    every = max(1, sum(result.counts.values()))
    return [
        {
            "id": f"bar-{number}",
            "words": name if procedure.method == "score" else CHOICES[name],
            "count": count,
            "ratio": count / every,
        }
        for number, (name, count) in enumerate(result.counts.items())
    ]


def names_in(
    session: Session, asker: Asker, row: ProposalRow, remarks: Sequence[RemarkRow]
) -> dict[str, str]:
    """Names are for members, if their owners agree; a guest reads none."""
    if asker.principal is None:
        return {}
    people = {row.opened_by, *(one.agent_id for one in remarks)}
    return names_shown(session, people, reader=asker.principal.agent_id)


def trusting(
    session: Session, row: ProposalRow, agent: str | None, now: datetime
) -> list[str]:
    """Who lets me speak in this matter; in a secret poll nobody speaks for another."""
    if agent is None or row.is_secret:
        return []
    trusted = delegation.delegations(session, row.matter, now)
    mine = {who for who in row.roll if trusted.get(who) == agent}
    return sorted(names_shown(session, mine, reader=agent).values())


def trust_of(session: Session, agent: str, roll: list[str]) -> dict[str, Any]:
    """Whom a member trusts, who trusts her, and whom she could."""
    given = delegation.given_by(session, agent)
    to_me = delegation.given_to(session, agent)
    everyone = names_shown(session, roll, reader=agent)
    return {
        "given": [
            {
                "name": everyone.get(row.delegate_id, ""),
                "matter": row.matter,
                "words": matter_words(row.matter) if row.matter else "",
            }
            for row in given
        ],
        "to_me": sorted({everyone.get(row.agent_id, "") for row in to_me}),
        "members": sorted(
            ((one, name) for one, name in everyone.items() if one != agent),
            key=lambda pair: pair[1],
        ),
    }
