"""`fabcommons steward`: the first person of a node, who lets in the others."""

from datetime import timedelta
from typing import Annotated

import typer

from orchestrator.commons.two_keys import begin_stewards
from orchestrator.entry.node import Store, open_store
from orchestrator.entry.settings import load
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.ledger.acts import NETWORK
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.devices import issue_code
from orchestrator.members.logins import add_login
from orchestrator.network.facilities import add_facility, facility_of
from orchestrator.network.joining import invite_by_node

steward_app = typer.Typer(no_args_is_help=True, help="Set up people, labs and devices.")
Name = Annotated[str, typer.Option(help="As others shall read it.")]


@steward_app.command()
def create(
    name: Name,
    email: Annotated[str, typer.Option(help="To sign in with.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Add a steward who can sign in; once there are two, they name each further one."""
    store = _store()
    now = store.clock.now()
    try:
        with store.sessions.begin() as session:
            agent = add_agent(
                session, kind="person", name=name, legal_form="individual", now=now
            )
            add_login(session, agent.id, email=email, password=password, now=now)
            is_steward = begin_stewards(session, store.network_key, agent.id, now=now)
            agent_id = agent.id
    except FabcommonsError as error:
        raise _refused(error) from error
    typer.echo(f"{name} may sign in as {email} ({agent_id})")
    if not is_steward:
        typer.echo("Two stewards name a third: on the page Stewards, by this address.")


@steward_app.command("add-lab")
def add_lab(  # noqa: PLR0917 - options by name
    name: Name,
    address: Annotated[str, typer.Option(help="Street and number.")],
    lat: Annotated[float, typer.Option(help="Degrees north.")],
    lon: Annotated[float, typer.Option(help="Degrees east.")],
    operator_email: Annotated[str, typer.Option(help="The operator signs in with it.")],
    operator_password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Add a lab with its operator, and print the code for its device agent."""
    store = _store()
    now = store.clock.now()
    try:
        with store.sessions.begin() as session:
            owner = add_agent(
                session,
                kind="organisation",
                name=name,
                legal_form="non-profit",
                now=now,
                attested_until=now + timedelta(days=365),
            )
            lab = add_facility(
                session,
                name=name,
                owner_id=owner.id,
                address=address,
                lat=lat,
                lon=lon,
                now=now,
                zone=store.settings.zone,
            )
            operator = add_agent(
                session,
                kind="person",
                name=f"Operator of {name}",
                legal_form="individual",
                now=now,
            )
            grant_role(session, operator.id, "operator", now=now, facility_id=lab.id)
            add_login(
                session,
                operator.id,
                email=operator_email,
                password=operator_password,
                now=now,
            )
            code = issue_code(
                session,
                facility_id=lab.id,
                owner_id=owner.id,
                issued_by=operator.id,
                now=now,
            )
            lab_id = lab.id
    except FabcommonsError as error:
        raise _refused(error) from error
    typer.echo(f"{name} is {lab_id}")
    typer.echo(f"Code for its device agent, good for an hour: {code}")


@steward_app.command("enrolment-code")
def enrolment_code(
    lab_id: Annotated[str, typer.Argument(help="The lab's id.")],
) -> None:
    """Print a one-time code with which a lab's device agent enrols within an hour."""
    store = _store()
    try:
        with store.sessions.begin() as session:
            lab = facility_of(session, lab_id)
            code = issue_code(
                session,
                facility_id=lab.id,
                owner_id=lab.owner_id,
                issued_by=lab.owner_id,
                now=store.clock.now(),
            )
    except FabcommonsError as error:
        raise _refused(error) from error
    typer.echo(code)


@steward_app.command("code")
def code_for(
    email: Annotated[str, typer.Argument(help="With which they sign in.")],
) -> None:
    """Print a code with which somebody who forgot the password sets a new one."""
    store = _store()
    desk = Desk(agent_id=NETWORK, key=store.network_key, now=store.clock.now())
    try:
        with store.sessions.begin() as session:
            told = invite_by_node(session, desk, email)
    except FabcommonsError as error:
        raise _refused(error) from error
    typer.echo(f"{told.name}: {told.code}, to be typed on the page /welcome")


def _store() -> Store:
    try:
        return open_store(load())
    except (FabcommonsError, OSError) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> typer.Exit:
    typer.echo(f"not done: {error}", err=True)
    return typer.Exit(2)
