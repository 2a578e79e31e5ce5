"""`fabcommons period` and `fabcommons explain`: open, try, close, and say why."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.entry.node import Store, open_store
from orchestrator.entry.settings import load
from orchestrator.foundation.errors import FabcommonsError, InvalidInputError
from orchestrator.foundation.money import cents_of
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.sequencer import sequence
from orchestrator.members.logins import AttemptLimits, check_login
from orchestrator.periods.book import newest_period, period_of, publish, rules_of
from orchestrator.periods.closing import (
    confirm,
    drafted,
    propose,
    recomputed,
    supposed_of,
)
from orchestrator.periods.exports import cents_text, csv_of, points_text
from orchestrator.periods.rules import period_rules_of
from orchestrator.periods.seals import sealed
from orchestrator.periods.simulate import Uncertain, play, variants
from orchestrator.periods.statements import (
    Explained,
    Statement,
    explain_event,
    statement_of,
    statements_of,
)

period_app = typer.Typer(
    no_args_is_help=True, help="Accounting periods: open, try, close, share."
)
Number = Annotated[int, typer.Argument(help="The period's number.", min=1)]
Email = Annotated[str, typer.Option(help="A steward's mail address.")]
Password = Annotated[
    str, typer.Option(prompt=True, hide_input=True, help="That steward's password.")
]


@period_app.command("open")
def open_command(
    email: Email,
    password: Password,
    on: Annotated[
        datetime | None, typer.Option(help="When it opens, UTC; tomorrow by default.")
    ] = None,
) -> None:
    """Publish and freeze the rules of the next period, which opens on a later day."""
    with _store() as store:
        now = store.clock.now()
        opens_at = (now + timedelta(days=1)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        if on is not None:
            opens_at = on.replace(tzinfo=UTC)
        by = _steward(store, email, password)
        with store.sessions.begin() as session:
            row = publish(
                session, by=by, opens_at=opens_at, key=store.network_key, now=now
            )
            typer.echo(f"period {row.number} opens {row.opens_at:%Y-%m-%d %H:%M} UTC")
            typer.echo(f"rules {row.rules_sha256}")


@period_app.command("close")
def close_command(
    number: Number,
    email: Email,
    password: Password,
    confirming: Annotated[
        str | None,
        typer.Option("--confirm", help="SHA-256 of the proposed close that you saw."),
    ] = None,
) -> None:
    """Propose a close as the first steward; with --confirm end it as the second."""
    with _store() as store:
        by = _steward(store, email, password)
        key, now = store.network_key, store.clock.now()
        if confirming is None:
            _sequence_all(store)
            with store.readers() as reader:
                draft = drafted(reader, period_of(reader, number))
                seal = sealed(reader, now=now)
            with store.sessions.begin() as session:
                row = propose(session, draft, seal, by=by, key=key, now=now)
            word = "proposed; a second steward confirms it by --confirm"
        else:
            with store.readers() as reader:
                again = recomputed(reader, period_of(reader, number))
            with store.sessions.begin() as session:
                row = confirm(session, again, by=by, sha=confirming, key=key, now=now)
            word = "closed"
        typer.echo(f"period {number} {word}\nclose {row.sha256}")


@period_app.command("simulate")
def simulate_command(  # noqa: PLR0917 - options by name
    low: Annotated[str, typer.Option(help="Income at least, as 1200.00.")],
    likely: Annotated[str, typer.Option(help="Income most likely.")],
    high: Annotated[str, typer.Option(help="Income at most.")],
    rules: Annotated[
        list[Path] | None, typer.Option(help="A table of rules to compare, as JSON.")
    ] = None,
    draws: Annotated[int, typer.Option(help="How often chance is played.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed, the same answer.")] = 1,
) -> None:
    """Try up to ten rule sets side by side on the open period; nothing is written."""
    with _store() as store, store.readers() as session:
        row = newest_period(session)
        if row is None:
            raise InvalidInputError("no period was opened yet: `period open`")
        frozen = rules_of(row)
        rules_by_name = variants(frozen, [])
        if rules:
            told = [period_rules_of(path.read_bytes()) for path in rules]
            rules_by_name = {"frozen": frozen} | {
                path.stem: one for path, one in zip(rules, told, strict=True)
            }
        draft = drafted(session, row)
        income = Uncertain(
            low_cents=cents_of(low, "low"),
            likely_cents=cents_of(likely, "likely"),
            high_cents=cents_of(high, "high"),
        )
        supposed = supposed_of(draft)
        for one in play(supposed, rules_by_name, income, draws=draws, seed=seed):
            spread = one.paid
            typer.echo(
                f"{one.name:24} paid {cents_text(one.likely.paid_cents)} "
                f"reserve {cents_text(one.likely.reserve_cents)} "
                f"(9 of 10: {cents_text(spread.low_cents)} or more, half: "
                f"{cents_text(spread.middle_cents)}; pays in {one.pays_in} of {draws})"
            )


@period_app.command("statement")
def statement_command(
    agent_id: Annotated[str, typer.Argument(help="The member's id.")],
    number: Annotated[
        int | None, typer.Option("--period", help="One period only.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> None:
    """What a member did and got, period by period."""
    with _store() as store, store.readers() as session:
        if number is None:
            found = statements_of(session, agent_id)
        else:
            found = [statement_of(session, number, agent_id)]
        if as_csv:
            typer.echo(csv_of(found), nl=False)
        for one in [] if as_csv else found:
            _tell(one)


def explain_command(
    what: Annotated[
        str, typer.Argument(help="An event, a member, or PERIOD/MEMBER (a statement).")
    ],
) -> None:
    """Each point back to its event, each share forward to its cent."""
    with _store() as store, store.readers() as session:
        number, slash, agent_id = what.partition("/")
        if slash:
            if not number.isdecimal():
                raise InvalidInputError(f"a statement is PERIOD/MEMBER, got {what!r}")
            _tell(statement_of(session, int(number), agent_id))
        elif session.get(EntryRow, what) is not None:
            _tell_event(explain_event(session, what))
        else:
            for one in statements_of(session, what):
                _tell(one)


def _tell(one: Statement) -> None:
    state = "closed" if one.period.closed_at else "open"
    typer.echo(f"period {one.period.number} ({state}), {one.agent_id}")
    for kept in one.kept:
        points = points_text(kept.milli_points)
        typer.echo(f"  {points:>12} points kept: {kept.community}, {kept.kind}")
    for line in one.lines:
        points, told = points_text(line.milli_points), line.told
        upstream = f", upstream by {line.depth}" if line.depth else ""
        typer.echo(
            f"  {points:>12} points by {told.id}: {told.action} {told.quantity} "
            f"{told.unit}, {line.community}{upstream}"
        )
    for paid in one.paid:
        typer.echo(
            f"  {paid.community}: {points_text(paid.milli_points)} of "
            f"{points_text(paid.whole_milli_points)} points of "
            f"{cents_text(paid.part_cents)} are {float(paid.exact_cents) / 100:.4f}, "
            f"paid {cents_text(paid.cents)} {one.currency}"
        )


def _tell_event(one: Explained) -> None:
    where = f"period {one.period.number}" if one.period else "the next period"
    typer.echo(f"{one.told.id}: {one.told.kind} {one.told.quantity}, in {where}")
    for forward in one.forward:
        part = forward.part
        typer.echo(
            f"  {points_text(part.milli_points):>12} points to {part.agent_id} "
            f"({part.community}, depth {part.depth}): "
            + (
                f"{float(forward.exact_cents) / 100:.4f} of "
                f"{cents_text(forward.paid.cents)} paid"
                if forward.paid
                else "not shared yet"
            )
        )


def _steward(store: Store, email: str, password: str) -> str:
    """Who signs: proven by the password, for a shell on the node is no signature."""
    with store.readers() as session:
        return check_login(
            session,
            email=email,
            password=password,
            address="console",
            limits=AttemptLimits(),
        )


def _sequence_all(store: Store) -> None:
    while True:
        with store.sessions.begin() as session:
            if not sequence(session):
                return


@contextmanager
def _store() -> Iterator[Store]:
    try:
        store = open_store(load())
        try:
            yield store
        finally:
            store.engine.dispose()
    except (FabcommonsError, OSError) as error:
        typer.echo(f"not done: {error}", err=True)
        raise typer.Exit(2) from error
