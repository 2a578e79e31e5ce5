"""A licence in one sentence, and what it means for the one who looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.licences import Commerce, Terms, terms_of
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.catalogue.spdx import choices
from orchestrator.doors.web.words import N_
from orchestrator.members.agents import agent_of
from orchestrator.orders.clear import parts_for
from orchestrator.orders.gate import NOT_ADVICE, Clearance, Question, Refusal, decide
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.table import Part, Use, who_of

NAMES: Final = {
    "LicenseRef-PPL": N_("Peer Production License"),
    "LicenseRef-CopyFair": N_("CopyFair"),
}
UNKNOWN: Final = N_("Nobody here knows what this licence allows.")
DO_NOT_CHANGE: Final = N_("Do not change it.")
COMMERCE: Final = {
    Commerce.FREE: N_("Anybody may make and sell it."),
    Commerce.RECIPROCAL: N_(
        "Worker cooperatives, sole traders and non-profits may make and sell it."
    ),
    Commerce.NONE: N_("Anybody may make it for themselves; nobody may sell it."),
}
_OTHERS: Final = ("/designs?licence=mine", N_("See what you may sell"))
WAYS_OUT: Final = {
    "attestation-missing": ("/licences/attestations", N_("Add an attestation")),
    "instance-rules": ("/rules/licence-gate", N_("See the rule, propose a change")),
    "reciprocity": ("/licences/reciprocity", N_("Ask for a reciprocity licence")),
    "non-commercial": _OTHERS,
    "no-derivatives": _OTHERS,
    "licences-clash": _OTHERS,
    "licence-unknown": _OTHERS,
    "too-many-choices": _OTHERS,
}
QUESTION_ID: Final = "clearance-preview"  # never recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class ForMe:
    """The gate's answer to the visitor, as it would be now; nothing is recorded."""

    is_allowed: bool
    reasons: tuple[str, ...]
    duties: tuple[str, ...] = ()
    remedy: str = ""
    code: str = ""  # of a refusal


def way_out(code: str) -> tuple[str, str] | None:
    """(where, in words) what helps against a refusal can be done here."""
    return WAYS_OUT.get(code)


def licence_name(licence: str) -> str:
    """The licence as people call it."""
    return NAMES.get(licence, licence)


def plainly(text: str) -> str:
    """A sentence of the gate with licences as people call them."""
    for licence, name in NAMES.items():
        text = text.replace(licence, f"the {name}")
    return text[:1].upper() + text[1:]


def sentences_of(licence: str) -> tuple[str, ...]:
    """What the licence says, in a few short sentences; of several, the most open."""
    ways = [
        [terms_of(each) for each in sorted(choice.licences)]
        for choice in choices(licence)
    ]
    known_ways = [[each for each in way if each is not None] for way in ways]
    whole = [
        known
        for way, known in zip(ways, known_ways, strict=True)
        if known and len(known) == len(way)
    ]
    if not whole:
        return (UNKNOWN,)
    known = min(whole, key=_strictness)
    strictest = max(known, key=_commerce)
    told = [COMMERCE[strictest.commerce]]
    if any(each.attribution for each in known):
        told.append(N_("Name its makers."))
    if any(each.source for each in known):
        told.append(N_("Offer its source with each object."))
    if any(each.combines_as for each in known):
        told.append(N_("Share changes under the same licence."))
    if any(not each.derivatives for each in known):
        told.append(DO_NOT_CHANGE)
    return tuple(told)


def for_me(
    session: Session,
    version_id: str,
    agent_id: str,
    *,
    now: datetime,
    use: Use = Use.MAKE_AND_SELL,
) -> ForMe:
    """What the licence gate would answer this member. Errors: NotFoundError."""
    member = agent_of(session, agent_id)
    question = Question(
        id=QUESTION_ID,
        version_id=version_id,
        agent_id=agent_id,
        who=who_of(member.legal_form, member.legal_form_attested_until, now),
        use=use,
        parts=parts_for(session, version_id, agent_id, now=now),
        asked_at=now,
    )
    return answer_told(decide(question, rules_at(session, now)))


def answer_told(answer: Clearance | Refusal) -> ForMe:
    """An answer without the words that every answer ends with."""
    reasons = tuple(plainly(each) for each in answer.reasons if each != NOT_ADVICE)
    if isinstance(answer, Refusal):
        return ForMe(
            is_allowed=False,
            reasons=reasons,
            remedy=plainly(answer.remedy),
            code=answer.code,
        )
    duties = tuple(plainly(duty.text) for duty in answer.duties)
    return ForMe(is_allowed=True, reasons=reasons, duties=duties)


def _commerce(terms: Terms) -> int:
    """From free to none."""
    return list(Commerce).index(terms.commerce)


def _strictness(way: Sequence[Terms]) -> tuple[int, int]:
    return max(map(_commerce, way)), sum(bool(each.combines_as) for each in way)


def parts_told(cited: Sequence[DesignVersionRow]) -> tuple[Part, ...]:
    """Design versions as the gate asks about them."""
    return tuple(
        Part(title=each.title, licensor=each.licensor, licence=each.licence)
        for each in cited
    )
