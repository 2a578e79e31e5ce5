"""The fair-platform page: what the network keeps, who decides, and what it shares."""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from fastapi import APIRouter, Request, Response

from orchestrator.doors.http.fair_platform import fair_platform
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.rule_words import matter_words
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, ReaderDep

router = APIRouter()

LEVERS: Final[Mapping[str, tuple[str, str]]] = {
    "share": (N_("Share"), N_("What anybody may read, copy and build on.")),
    "enable": (N_("Enable"), N_("What lets people make things themselves.")),
    "connect": (N_("Connect"), N_("Who finds each other here.")),
    "link": (N_("Link"), N_("Work that builds on the work of others.")),
    "pool": (N_("Pool"), N_("What is used in common, over the last year.")),
}
WORDS: Final[Mapping[str, str]] = {
    "designs": N_("Designs"),
    "design-versions": N_("Versions of them"),
    "ledger-entries": N_("Entries in the public log"),
    "machines": N_("Machines"),
    "trainings": N_("Trainings given"),
    "designers": N_("Designers who published"),
    "orders-delivered": N_("Orders delivered in a year"),
    "shops": N_("Shops that ordered"),
    "labs": N_("Labs"),
    "couriers": N_("Couriers"),
    "citations-of-designs": N_("Designs that cite a design"),
    "orders-of-several-labs": N_("Orders made in several labs in a year"),
    "machine-hours": N_("Machine time"),
    "work-hours": N_("Work by hand"),
}


@router.get("/commons")
def commons_page(request: Request, session: ReaderDep, clock: ClockDep) -> Response:
    """Measured, public, and the same as `/api/v1/commons`."""
    told = fair_platform(session, clock.now())
    return render(
        request,
        "commons.html",
        page=Page(title="Is this platform fair?", topics=(VOTES_CHANGED,)),
        told=told,
        rates=[
            {
                "currency": rate.currency,
                "paid": money(rate.paid, rate.currency),
                "kept": money(rate.kept, rate.currency),
                "passed_on": money(rate.paid - rate.kept, rate.currency),
                "reserve": money(rate.reserve, rate.currency),
                "permille": rate.permille,
            }
            for rate in told.take_rates
        ],
        rules=[(matter_words(rule.kind), rule) for rule in told.rules],
        levers=[
            (
                *LEVERS[lever],
                [(WORDS[one.name], f"{one.value} {one.unit}".strip()) for one in found],
            )
            for lever, found in groupby(told.indicators, key=lambda one: one.lever)
        ],
    )
