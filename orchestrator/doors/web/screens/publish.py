"""Screen 12, Publish: drop the files, answer what only you know, and it can be ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log10
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import FILE_HEADERS, CatalogueSettings
from orchestrator.catalogue.bill import total_s
from orchestrator.catalogue.designs import files_of
from orchestrator.catalogue.differences import Differences, differences
from orchestrator.catalogue.drafts import Draft, draft_of, keep_draft
from orchestrator.catalogue.files.board import board_of
from orchestrator.catalogue.making import (
    Wording,
    make,
    preview,
)
from orchestrator.catalogue.publish import publish
from orchestrator.catalogue.questions import COUNT_KEYS, size_words
from orchestrator.doors.web.access import DesignerDep
from orchestrator.doors.web.building_on import (
    Basis,
    BuiltDep,
    Named,
    NamedDep,
    as_built,
    basis_of,
    manifest_before,
    with_another,
)
from orchestrator.doors.web.flow import drawn, of_bill
from orchestrator.doors.web.licence_table import whole_table
from orchestrator.doors.web.licence_words import licence_name, sentences_of, way_out
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.doors.web.question_words import (
    Asked,
    Choice,
    Told,
    asked,
    ready_choice,
    why_bought,
)
from orchestrator.doors.web.receiving import AloneDep, ReceivedDep, TurnDep
from orchestrator.doors.web.screens.licences import CHANGES, MADE, SELLERS
from orchestrator.foundation import files as store
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.members.agents import agent_of
from orchestrator.orders.choosing import Changes, Made, Sellers, Wish, licence_for
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.table import Part
from orchestrator.planning.paces import paces

router = APIRouter()

HOME: Final = "/publish"
TEXT_MAX: Final = 2_000
BOUGHT_MAX: Final = 1_000
Name = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Answer = Annotated[str, Form(max_length=80)]
# instead of publishing
PICK, LOOK, RECKON, ADD = "pick-licence", "look-licence", "reckon", "add-design"


def _wish(
    made: Annotated[Made, Form()] = Made.THING,
    sellers: Annotated[Sellers, Form()] = Sellers.SHARERS,
    changes: Annotated[Changes, Form()] = Changes.WHOLE,
) -> Wish:
    return Wish(made=made, sellers=sellers, changes=changes)


WishDep = Annotated[Wish, Depends(_wish)]


def _given(
    *,
    unit: Answer = "",
    body: Answer = "",
    sheet: Answer = "",
    tool: Answer = "",
    licence: Answer = "",
    count_0: Answer = "",
    count_1: Answer = "",
    count_2: Answer = "",
    bought: Annotated[list[str], Form(max_length=BOUGHT_MAX)] = [],  # noqa: B006
) -> dict[str, str]:
    """What was answered. Where the page asked what is bought, `bought` has one "" more."""
    given = {
        "unit": unit,
        "body": body,
        "sheet": sheet,
        "tool": tool,
        "licence": licence,
        **dict(zip(COUNT_KEYS, (count_0, count_1, count_2), strict=True)),
    }
    return given | ({"bought": " ".join(bought)} if bought else {})


GivenDep = Annotated[dict[str, str], Depends(_given)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """A draft, and the address of its page."""

    draft: Draft
    folder: str
    query: str

    @property
    def address(self) -> str:
        return f"{self.folder}{self.query}"


def _at(draft: Name, request: Request, designer: DesignerDep, named: NamedDep) -> _At:
    settings: CatalogueSettings = request.app.state.catalogue
    read = draft_of(settings.files, draft, designer.agent_id)
    return _At(draft=read, folder=f"{HOME}/{draft}", query=named.query)


AtDep = Annotated[_At, Depends(_at)]


@router.get(HOME)
def drop_page(
    request: Request, designer: DesignerDep, named: NamedDep, session: ReaderDep
) -> Response:
    """Where files are dropped: of a new design, or of a new version (`of`), or of one
    that builds on others (`on`).
    """
    return _drop(request, basis_of(session, designer.agent_id, named), named)


@router.post(HOME)
def look_into_files(
    request: Request,
    designer: DesignerDep,
    named: NamedDep,
    _alone: AloneDep,
    received: ReceivedDep,
    _turn: TurnDep,
) -> Response:
    """Keep the files, look into each, and go on to what was found."""
    settings: CatalogueSettings = request.app.state.catalogue
    readers: Sessions = request.app.state.readers
    with readers() as session:
        basis = basis_of(session, designer.agent_id, named)
    try:
        draft = keep_draft(
            settings.files,
            designer.agent_id,
            received.kept,
            received.left_out,
            manifest_before=manifest_before(settings.files, basis),
        )
    except InvalidInputError as refusal:
        return _drop(request, basis, named, fault=sentence(str(refusal)))
    return RedirectResponse(f"{HOME}/{draft}{named.query}", status_code=303)


@router.get(f"{HOME}/{{draft}}")
def draft_page(
    at: AtDep,
    request: Request,
    designer: DesignerDep,
    named: NamedDep,
    session: ReaderDep,
) -> Response:
    """What was found, and what only the designer knows."""
    return _draft(request, session, at, basis_of(session, designer.agent_id, named))


@router.get(f"{HOME}/{{draft}}/pictures/{{sha256}}")
def picture_of_file(at: AtDep, sha256: Name, request: Request) -> FileResponse:
    """The picture of one file of the draft."""
    settings: CatalogueSettings = request.app.state.catalogue
    drawn = [each.picture for each in at.draft.seen if each.picture is not None]
    types = {picture.sha256: picture.media_type for picture in drawn}
    if sha256 not in types:
        raise NotFoundError("this draft has no such picture", field="sha256")
    path = store.path_of(settings.files, sha256)
    return FileResponse(path, media_type=types[sha256], headers=FILE_HEADERS)


@router.post(f"{HOME}/{{draft}}")
def publish_page(
    *,
    at: AtDep,
    title: Annotated[str, Form(max_length=200)] = "",
    function: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    act: Answer = "",
    answered: GivenDep,
    wish: WishDep,
    named: NamedDep,
    built: BuiltDep,
    request: Request,
    designer: DesignerDep,
    _turn: TurnDep,
    reader: ReaderDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Publish it as answered."""
    settings: CatalogueSettings = request.app.state.catalogue
    given = answered | ({"licence": licence_for(wish)} if act == PICK else {})
    typed = {"title": title, "function": function}
    again = partial(_draft, request, reader, at, given=given, typed=typed)
    basis = as_built(reader, basis_of(reader, designer.agent_id, named), built)
    if act == ADD or built.another:
        try:
            return again(with_another(reader, basis, built.another))
        except (InvalidInputError, NotFoundError) as refusal:
            return again(basis, another=built.another, fault=sentence(str(refusal)))
    if act in {PICK, LOOK, RECKON}:
        return again(basis, wish=None if act == RECKON else wish)
    wording = Wording(
        title=title.strip() or at.draft.title,
        function=function.strip(),
        licensor=agent_of(reader, designer.agent_id).name,
    )
    try:
        made = make(
            settings.files,
            at.draft,
            at.draft.answers(given),
            wording,
            fee_cents=basis.fee_cents(),
            citations=basis.citations(),
        )
        version = publish(
            session,
            settings.files,
            designer_id=designer.agent_id,
            manifest=made.manifest,
            manifest_name=made.manifest_name,
            kept=made.kept,
            process=made.process,
            now=clock.now(),
            design_id=basis.design_id,
        )
    except InvalidInputError as refusal:
        session.rollback()
        return again(basis, wish=wish, fault=sentence(str(refusal)))
    return RedirectResponse(f"/designs/{version.id}", status_code=303)


def _drop(request: Request, basis: Basis, named: Named, *, fault: str = "") -> Response:
    return render(
        request,
        "publish.html",
        page=Page(title="Publish a design"),
        status=422 if fault else 200,
        fault=fault,
        file_max_bytes=store.SIZE_MAX_BYTES,
        basis=basis,
        address=f"{HOME}{named.query}",
    )


def _draft(
    request: Request,
    session: Session,
    at: _At,
    basis: Basis,
    *,
    given: dict[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    wish: Wish | None = None,
    another: str = "",
    fault: str = "",
) -> Response:
    settings: CatalogueSettings = request.app.state.catalogue
    pages: Pages = request.app.state.pages
    told, draft = pages.settings.translations.gettext, at.draft
    answers = draft.answers(given or {"licence": basis.licence})
    bill = preview(settings.files, draft, answers, paces(session).by_process)
    steps, board = bill.ordered(), board_of(draft.founds)
    made = of_bill(steps, told)
    return render(
        request,
        "publish_draft.html",
        page=Page(title="Is this what you mean?"),
        status=422 if fault else 200,
        draft=draft,
        address=at.address,
        other_files=f"{HOME}{at.query}",
        folder=at.folder,
        questions=[
            _with_answer(asked(each, told), answers[each.key], told)
            for each in draft.questions
        ],
        answers=answers,
        typed=typed or _as_before(draft, basis),
        basis=basis,
        another=another,
        differences=_differences(session, draft, basis),
        licence_name=licence_name,
        picker=_picker(request, session, answers["licence"], wish),
        way_out=way_out,
        steps=steps,
        made=made,
        flow=drawn(made),
        readies=[ready_choice(each, told) for each in draft.readies],
        is_ready_open=any(each.why for each in draft.readies),
        bought=[(each, why_bought(each, told)) for each in bill.bought],
        missing=board.missing if board is not None else (),
        found_files=list(zip(draft.seen, draft.in_unit(answers["unit"]), strict=True)),
        size_words=size_words,
        total_s=rounded(total_s(steps)),
        range_of=range_of,
        fault=fault,
    )


def _as_before(draft: Draft, basis: Basis) -> Mapping[str, str]:
    """Name and purpose that are proposed: those of the version before."""
    if basis.of is None:
        return {"title": draft.title, "function": ""}
    return {"title": basis.of.title, "function": basis.of.summary}


def _differences(session: Session, draft: Draft, basis: Basis) -> Differences | None:
    """Beside the version before; None of a new design."""
    if basis.of is None:
        return None
    files = [each.file for each in draft.seen if each.file.name != draft.manifest]
    return differences(files_of(session, basis.of.id), files)


def _picker(
    request: Request, session: Session, licence: str, wish: Wish | None
) -> dict[str, object]:
    """Three answers that find a licence, and who could do what with the one chosen."""
    now = request.app.state.clock.now()
    part = Part(title="Your design", licensor="you", licence=licence)
    return {
        "is_open": wish is not None,
        "wish": wish or Wish(),
        "made": MADE,
        "sellers": SELLERS,
        "changes": CHANGES,
        "name": licence_name(licence),
        "table": whole_table((part,), rules_at(session, now), now=now),
    }


def _with_answer(question: Asked, answer: str, told: Told) -> Asked:
    """With an option for a licence that the usual ones are not, but was found."""
    if question.key != "licence" or answer in {one.value for one in question.options}:
        return question
    words = " ".join(told(sentence) for sentence in sentences_of(answer))
    found = Choice(value=answer, label=words, help=answer)
    return replace(question, options=(*question.options, found))


def range_of(value: float, plus_minus: float) -> Sequence[int]:
    """Both ends of an estimate, no finer than it is known."""
    return rounded(max(0.0, value - plus_minus)), rounded(value + plus_minus)


def rounded(seconds: float) -> int:
    """Two digits are what an estimate is worth."""
    if seconds < 1:
        return round(seconds)
    digits = 1 - int(log10(seconds))
    return int(round(seconds, digits))
