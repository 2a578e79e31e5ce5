"""The licence gate: who may use which designs for what. A decision aid, no advice.

It alone makes a `Clearance`, so that skipping the gate does not type-check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.catalogue.combining import (
    Clash,
    Way,
    clashes,
    too_many_ways,
    ways,
)
from orchestrator.catalogue.spdx import choices
from orchestrator.orders.gate_rules import GateRules
from orchestrator.orders.table import (
    Duty,
    Finding,
    Part,
    Use,
    Verdict,
    Who,
    look_up,
)

NOT_ADVICE: Final = "This is a decision aid, not legal advice."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May `who` use these parts so? `parts`: the design, then all that it cites.

    `id` names the answer: the same in the record and in the `Clearance`.
    """

    id: str
    version_id: str
    agent_id: str
    who: Who
    use: Use
    parts: tuple[Part, ...]
    asked_at: datetime


class _Seal:
    """Only this module has one."""


_SEAL: Final = _Seal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """The gate's yes, for this design, this member and this use."""

    id: str
    version_id: str
    agent_id: str
    who: Who
    use: Use
    licence: str
    reasons: tuple[str, ...]
    duties: tuple[Duty, ...]
    rule_version: str
    decided_at: datetime
    seal: _Seal

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only the licence gate makes a Clearance: ask it")

    @property
    def fee_permille(self) -> int:
        """The fees of all reciprocity licences together, of the price."""
        return sum(duty.fee_permille for duty in self.duties)

    @property
    def verdict(self) -> Verdict:
        """Allowed, with duties or without."""
        return Verdict.ALLOW_WITH_DUTIES if self.duties else Verdict.ALLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The gate's no, with what would help."""

    id: str
    version_id: str
    agent_id: str
    who: Who
    use: Use
    licence: str
    code: str  # attestation-missing | reciprocity | non-commercial | …
    reasons: tuple[str, ...]
    remedy: str
    rule_version: str
    decided_at: datetime

    @property
    def verdict(self) -> Verdict:
        """Always a refusal."""
        return Verdict.REFUSE


def decide(question: Question, rules: GateRules) -> Clearance | Refusal:
    """The strictest answer over all parts; of alternative licences, the most open.

    Parts whose share-alike licences can't be combined are refused by name.
    """
    taken = ways([choices(part.licence) for part in question.parts])
    if not taken:
        return _refusal(question, [_refused(too_many_ways())], rules)
    answers = [_findings(question, way, rules) for way in taken]
    best = min(answers, key=_strictness)
    if any(finding.verdict is Verdict.REFUSE for finding in best):
        return _refusal(question, best, rules)
    return recall(
        id=question.id,
        version_id=question.version_id,
        agent_id=question.agent_id,
        who=question.who,
        use=question.use,
        licence=question.parts[0].licence,
        reasons=(*_once(finding.reason for finding in best), NOT_ADVICE),
        duties=tuple(
            dict.fromkeys(duty for finding in best for duty in finding.duties)
        ),
        rule_version=rules.rule_version,
        decided_at=question.asked_at,
    )


def recall(
    *,
    id: str,  # noqa: A002 - the field's own name
    version_id: str,
    agent_id: str,
    who: Who,
    use: Use,
    licence: str,
    reasons: Sequence[str],
    duties: Sequence[Duty],
    rule_version: str,
    decided_at: datetime,
) -> Clearance:
    """A yes that the gate gave and recorded, as a value: for `orders.clear` alone."""
    return Clearance(
        id=id,
        version_id=version_id,
        agent_id=agent_id,
        who=who,
        use=use,
        licence=licence,
        reasons=tuple(reasons),
        duties=tuple(duties),
        rule_version=rule_version,
        decided_at=decided_at,
        seal=_SEAL,
    )


def _findings(question: Question, way: Way, rules: GateRules) -> list[Finding]:
    found = [
        finding
        for part, licences in zip(question.parts, way, strict=True)
        for licence in sorted(licences)
        for finding in look_up(part, licence, question.who, question.use, rules)
    ]
    if question.who is Who.BUYER:
        return found
    return found + [_refused(clash) for clash in clashes(question.parts, way)]


def _refused(clash: Clash) -> Finding:
    return Finding(
        verdict=Verdict.REFUSE,
        code=clash.code,
        reason=clash.reason,
        remedy=clash.remedy,
    )


def _strictness(findings: Sequence[Finding]) -> tuple[int, int]:
    """Fewer refusals first, then fewer duties."""
    refusals = sum(finding.verdict is Verdict.REFUSE for finding in findings)
    return refusals, sum(len(finding.duties) for finding in findings)


def _refusal(
    question: Question, findings: Sequence[Finding], rules: GateRules
) -> Refusal:
    refused = [each for each in findings if each.verdict is Verdict.REFUSE]
    return Refusal(
        id=question.id,
        version_id=question.version_id,
        agent_id=question.agent_id,
        who=question.who,
        use=question.use,
        licence=question.parts[0].licence,
        code=refused[0].code,
        reasons=(*_once(each.reason for each in refused), NOT_ADVICE),
        remedy=" ".join(_once(each.remedy for each in refused)),
        rule_version=rules.rule_version,
        decided_at=question.asked_at,
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
