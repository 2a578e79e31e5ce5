"""Proposals: opened by a member, talked over, amended, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import (
    VERSION,
    kind_named,
    kinds,
    newest_rule,
    rule_at,
    rule_named,
    spelled,
)
from orchestrator.foundation import canonical
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.ledger.events import spell_moment
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.roll import holders
from orchestrator.votes.rows import ProposalRow, RemarkRow
from orchestrator.votes.sealed import new_key
from orchestrator.votes.voting_rules import (
    RESOLUTION,
    VOTING_RULES,
    Procedure,
    VotingRules,
)

CHOICE: Final = "choice"  # a matter with options of its own, by score
OPEN: Final = "open"
TITLE_MAX: Final = 120
TEXT_MAX: Final = 5_000
OPTIONS_MAX: Final = 10
OPTION_MAX: Final = 80
KEEP, ADOPT = "Keep the rule in force", "Adopt the proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a member wants decided. `table`: the rule that it would make."""

    matter: str
    title: str
    text: str
    table: bytes | None = None
    options: tuple[str, ...] = ()
    is_secret: bool = False


def open_proposal(
    session: Session, draft: Draft, *, agent_id: str, clerk: Clerk, now: datetime
) -> ProposalRow:
    """Open a poll by the voting rules in force; its roll is fixed now.

    Errors: NotAllowedError for who has no voice; NotFoundError for an unknown matter;
    what the rule's own reader refuses (weights that don't add up, a kind left out), so
    that nothing that could not be a rule is ever voted on.
    """
    rules = rule_at(session, VOTING_RULES, now).value
    roll = holders(session, rules)
    if agent_id not in roll:
        raise NotAllowedError("only members with a voice can propose")
    procedure = rules.procedure(draft.matter)
    row = ProposalRow(
        id=new_id("proposal"),
        matter=draft.matter,
        title=one_line(draft.title, "title", TITLE_MAX),
        text=some_text(draft.text, "text"),
        options=_options(draft, procedure),
        is_secret=_is_secret(draft, procedure),
        revision=1,
        rules_version=rules.rule_version,
        roll=roll,
        opened_by=agent_id,
        opened_at=now,
        closes_at=now + timedelta(seconds=procedure.open_s),
        state=OPEN,
    )
    if draft.matter not in {RESOLUTION, CHOICE}:
        kind = kind_named(draft.matter)
        row.instead_of = newest_rule(session, kind).version
        row.table = _table(session, draft.matter, draft.table, row.instead_of)
    session.add(row)
    session.flush()
    if row.is_secret:
        new_key(session, row)
    _note(session, row, "proposal-opened", agent_id=agent_id, clerk=clerk, now=now)
    return row


def say(
    session: Session, proposal_id: str, *, agent_id: str, text: str, now: datetime
) -> RemarkRow:
    """A word in the discussion. Errors: NotAllowedError, ConflictError when closed."""
    row = open_one(session, proposal_id, now)
    _check_voice(row, agent_id)
    remark = RemarkRow(
        id=new_id("remark"),
        proposal_id=row.id,
        revision=row.revision,
        agent_id=agent_id,
        text=some_text(text, "text"),
        said_at=now,
    )
    session.add(remark)
    session.flush()
    announce(session, "votes")
    return remark


def amend(
    session: Session,
    proposal_id: str,
    *,
    agent_id: str,
    why: str,
    text: str,
    table: bytes | None = None,
    now: datetime,
) -> RemarkRow:
    """Propose another text (and table); it is the proposer's to adopt."""
    remark = say(session, proposal_id, agent_id=agent_id, text=why, now=now)
    row = proposal_of(session, proposal_id)
    remark.text_wanted = some_text(text, "text")
    if row.table is not None:
        wanted = table if table is not None else row.table.encode()
        remark.table_wanted = _table(session, row.matter, wanted, row.instead_of or "")
    session.flush()
    return remark


def adopt(
    session: Session, remark_id: str, *, agent_id: str, clerk: Clerk, now: datetime
) -> ProposalRow:
    """Make an amendment the proposal's text.

    Ballots cast so far were for another text and count no more; everybody has the full
    time again. Errors: NotFoundError, NotAllowedError for any but the proposer,
    ConflictError when closed or adopted already.
    """
    remark = session.get(RemarkRow, remark_id)
    if remark is None or remark.text_wanted is None:
        raise NotFoundError(f"there is no amendment {remark_id[:64]}")
    row = open_one(session, remark.proposal_id, now)
    if agent_id != row.opened_by:
        raise NotAllowedError("only who opened the proposal can adopt an amendment")
    if remark.adopted_at is not None:
        raise ConflictError("this amendment is adopted already")
    row.text = remark.text_wanted
    if row.table is not None:
        row.table = remark.table_wanted
    row.revision += 1
    remark.adopted_at = now
    again = now + timedelta(seconds=procedure_of(session, row).open_s)
    row.closes_at = max(row.closes_at, again)
    session.flush()
    if row.is_secret:  # a ballot signed for the text of before is none for this one
        new_key(session, row)
    _note(session, row, "proposal-amended", agent_id=agent_id, clerk=clerk, now=now)
    return row


def withdraw(
    session: Session, proposal_id: str, *, agent_id: str, clerk: Clerk, now: datetime
) -> None:
    """Close without a result. Errors: NotAllowedError for any but the proposer."""
    row = open_one(session, proposal_id, now)
    if agent_id != row.opened_by:
        raise NotAllowedError("only who opened the proposal can withdraw it")
    row.state, row.closed_at = "withdrawn", now
    session.flush()
    _note(session, row, "proposal-withdrawn", agent_id=agent_id, clerk=clerk, now=now)


def proposal_of(session: Session, proposal_id: str) -> ProposalRow:
    """The proposal. Errors: NotFoundError."""
    row = session.get(ProposalRow, proposal_id)
    if row is None:
        raise NotFoundError(f"there is no proposal {proposal_id[:64]}")
    return row


def open_one(session: Session, proposal_id: str, now: datetime) -> ProposalRow:
    """The proposal, locked, while it takes ballots. Errors: ConflictError, NotFound."""
    row = session.scalar(
        select(ProposalRow).where(ProposalRow.id == proposal_id).with_for_update()
    )
    if row is None:
        raise NotFoundError(f"there is no proposal {proposal_id[:64]}")
    if row.state != OPEN or now >= row.closes_at:
        raise ConflictError("this poll is closed: nothing can be added to it")
    return row


def proposals(session: Session, *, limit: int = 100) -> Sequence[ProposalRow]:
    """Open ones first, closing first; then the closed ones, the last first."""
    rows = session.scalars(
        select(ProposalRow).order_by(ProposalRow.opened_at.desc()).limit(limit)
    ).all()
    opened = [row for row in rows if row.state == OPEN]
    closed = [row for row in rows if row.state != OPEN]
    closed.sort(key=lambda row: row.closed_at or row.opened_at, reverse=True)
    return [*sorted(opened, key=lambda row: row.closes_at), *closed]


def remarks_of(session: Session, proposal_id: str) -> Sequence[RemarkRow]:
    """The discussion, as it went."""
    return session.scalars(
        select(RemarkRow)
        .where(RemarkRow.proposal_id == proposal_id)
        .order_by(RemarkRow.said_at, RemarkRow.id)
    ).all()


def procedure_of(session: Session, row: ProposalRow) -> Procedure:
    """How it is decided: by the voting rules in force when it was opened."""
    rules = rule_named(session, VOTING_RULES, row.rules_version).value
    return rules.procedure(row.matter)


def matters() -> tuple[str, ...]:
    """What can be decided: every rule, and what changes none."""
    return (RESOLUTION, CHOICE, *(kind.name for kind in kinds()))


def _table(session: Session, matter: str, table: bytes | None, instead_of: str) -> str:
    if table is None:
        raise InvalidInputError("say what the rule would be", field="table")
    kind = kind_named(matter)
    text = spelled(kind, table, f"{matter}-next")
    now = newest_rule(session, kind)
    wanted = canonical.object_of(text) | {VERSION: now.version}
    if canonical.dumps(wanted) == canonical.dumps(canonical.object_of(now.table)):
        raise InvalidInputError("this is the rule in force already", field="table")
    if now.version != instead_of:
        raise ConflictError(f"{now.version} came meanwhile: propose against it")
    rule = kind.read(text)
    if isinstance(rule, VotingRules) and not holders(session, rule):
        raise InvalidInputError(
            "by these rules nobody could vote: there would be no way back",
            field="voters",
        )
    told = canonical.object_of(text)
    del told[VERSION]
    return canonical.dumps(told).decode()


def _options(draft: Draft, procedure: Procedure) -> list[str]:
    if procedure.method != "score":
        return []
    if draft.matter not in {RESOLUTION, CHOICE}:
        return [KEEP, ADOPT]
    told = [
        one_line(one, "options", OPTION_MAX) for one in draft.options if one.strip()
    ]
    if not 2 <= len(told) <= OPTIONS_MAX or len(set(told)) != len(told):
        raise InvalidInputError(
            f"2 to {OPTIONS_MAX} different options, the first is how things are",
            field="options",
        )
    return told


def _is_secret(draft: Draft, procedure: Procedure) -> bool:
    if draft.is_secret and procedure.ballots == "open":
        raise InvalidInputError(
            "by the voting rules ballots of this matter are open", field="is_secret"
        )
    return draft.is_secret or procedure.ballots == "secret"


def _check_voice(row: ProposalRow, agent_id: str) -> None:
    if agent_id not in row.roll:
        raise NotAllowedError("you had no voice when this poll was opened")


def one_line(text: str, name: str, most: int) -> str:
    """`text` as a title. Errors: InvalidInputError that names the field."""
    line = text.strip()
    if not 1 <= len(line) <= most or not line.isprintable():
        raise InvalidInputError(f"{name}: one line of 1 to {most} letters", field=name)
    return line


def some_text(text: str, name: str) -> str:
    """`text` as people write it. Errors: InvalidInputError that names the field."""
    told = text.replace("\r\n", "\n").strip()
    if not 1 <= len(told) <= TEXT_MAX or "\x00" in told:
        raise InvalidInputError(f"{name}: 1 to {TEXT_MAX} letters", field=name)
    return told


def _note(
    session: Session,
    row: ProposalRow,
    act: str,
    *,
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> None:
    """What is asked stands in the log by its hash: its words can be erased."""
    asked = canonical.dumps(
        {
            "title": row.title,
            "text": row.text,
            "table": row.table,
            "options": row.options,
        }
    )
    clerk.note(
        session,
        act,
        row.id,
        str(row.revision),
        actor=agent_id,
        now=now,
        told={
            "matter": row.matter,
            "revision": row.revision,
            "asked_sha256": sha256(asked).hexdigest(),
            "roll_sha256": sha256(canonical.dumps(row.roll)).hexdigest(),
            "rules": row.rules_version,
            "closes_at": spell_moment(row.closes_at),
        },
    )
    announce(session, "votes")
