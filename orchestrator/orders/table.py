"""The gate's table: who may do what under each kind of licence, and what would help."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.catalogue.combining import Licensed
from orchestrator.catalogue.licences import Commerce, Terms, terms_of
from orchestrator.foundation.money import Money
from orchestrator.orders.gate_rules import GateRules


class Who(StrEnum):
    """The rows of the table."""

    INDIVIDUAL = "individual"
    SOLE_TRADER = "sole-trader"  # attested: without employees
    WORKER_COOPERATIVE = "worker-cooperative"  # or collective
    NON_PROFIT = "non-profit"  # association, school, public body
    NON_PROFIT_EMPLOYER = "non-profit-employer"  # the same with wage staff
    CAE_MEMBER = "cae-member"  # of an activity and employment cooperative
    INVESTOR_COOPERATIVE = "investor-cooperative"  # or consumer cooperative
    FIRM = "firm"  # with wage labour
    BUYER = "buyer"  # of the made object
    UNATTESTED = "unattested"  # unknown, or the attestation has expired


WHO_OF_FORM = {
    "individual": Who.INDIVIDUAL,
    "sole-trader": Who.SOLE_TRADER,
    "worker-cooperative": Who.WORKER_COOPERATIVE,
    "non-profit": Who.NON_PROFIT,
    "non-profit-employer": Who.NON_PROFIT_EMPLOYER,
    "public-body": Who.NON_PROFIT,
    "cae-member": Who.CAE_MEMBER,
    "investor-cooperative": Who.INVESTOR_COOPERATIVE,
    "consumer-cooperative": Who.INVESTOR_COOPERATIVE,
    "firm-with-wage-labour": Who.FIRM,
}
# nobody needs a witness for a form that gives no right to sell
OWN_WORD = frozenset({Who.INDIVIDUAL, Who.INVESTOR_COOPERATIVE, Who.FIRM})


def who_of(legal_form: str, attested_until: datetime | None, now: datetime) -> Who:
    """The row for a member of this legal form, attested until then or never."""
    who = WHO_OF_FORM.get(legal_form, Who.UNATTESTED)
    attested = attested_until is not None and now < attested_until
    return who if attested or who in OWN_WORD else Who.UNATTESTED


class Use(StrEnum):
    """The columns of the table; of a buyer the second means to resell the object."""

    PRIVATE = "private"  # or non-commercial
    MAKE_AND_SELL = "make-and-sell"


class Verdict(StrEnum):
    """From open to closed."""

    ALLOW = "allow"
    ALLOW_WITH_DUTIES = "allow-with-duties"
    REFUSE = "refuse"


class Owed(StrEnum):
    """What a duty is about."""

    CONDITION = "condition"  # as long as one sells
    ATTRIBUTION = "attribution"
    SOURCE = "source"
    SHARE_ALIKE = "share-alike"
    FEE = "fee"  # of a reciprocity licence, on the bill
    IN_KIND = "in-kind"  # of a reciprocity licence


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A reciprocity licence: `fee_permille` of the price, or what is given instead.

    Data have no price on a bill: for them there is a `yearly` fee.
    """

    fee_permille: int = 0
    in_kind: str = ""
    yearly: Money | None = None

    @property
    def words(self) -> str:
        """The counterpart as people say it."""
        if self.yearly is not None:
            return f"a fee of {self.yearly} a year"
        return self.in_kind or f"a fee of {self.fee_permille / 10:g} % of the price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Licensed):
    """One design version that is used.

    `agreement`: the reciprocity licence that who asks has for it, if any. `offer`: of
    data, what is asked for one.
    """

    version_id: str = ""
    agreement: Agreement | None = None
    offer: Agreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is owed for a yes. `version_id`: to whose contributors, of a counterpart."""

    kind: Owed
    text: str
    version_id: str = ""
    fee_permille: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one licence of one part says. `code` and `remedy` only of a refusal."""

    verdict: Verdict
    reason: str
    duties: tuple[Duty, ...] = ()
    code: str = ""
    remedy: str = ""


def look_up(
    part: Part, licence: str, who: Who, use: Use, rules: GateRules
) -> tuple[Finding, ...]:
    """What `licence`, one of the part's, says: one finding, or one for each duty."""
    terms = terms_of(licence)
    if who is Who.BUYER:
        return (_allowed(f"Whoever buys the object of {part.title!r} may resell it."),)
    if terms is None:
        return (_unknown(part, licence),)
    answer = _answer(part, terms, who, use, rules)
    if answer.verdict is Verdict.REFUSE:
        return (answer,)
    return (answer, *_duties(part, terms, use))


def _answer(part: Part, terms: Terms, who: Who, use: Use, rules: GateRules) -> Finding:
    if terms.commerce is Commerce.FREE:
        return _allowed(f"{terms.id} of {part.title!r} allows this use.")
    if use is Use.PRIVATE:
        return _private(part, terms, who)
    if terms.commerce is Commerce.NONE:
        return _refused(
            "non-commercial",
            f"{terms.id} of {part.title!r} allows no commercial use.",
            f"Ask {part.licensor} for a commercial licence, or choose another design.",
        )
    return _reciprocal_sale(part, terms, who, rules)


def _private(part: Part, terms: Terms, who: Who) -> Finding:
    reason = f"{terms.id} of {part.title!r} allows private and non-commercial use."
    if who is Who.FIRM:
        return _allowed(
            reason, _condition("Use it only where nobody gains: no sale, no paid work.")
        )
    return _allowed(reason)


def _reciprocal_sale(part: Part, terms: Terms, who: Who, rules: GateRules) -> Finding:
    name = f"{terms.id} of {part.title!r}"
    match who:
        case Who.SOLE_TRADER if rules.sole_trader_may_sell:
            return _allowed(
                f"{name} allows sole traders to sell.",
                _condition("Sell only as a sole trader without employees."),
            )
        case Who.WORKER_COOPERATIVE:
            return _allowed(
                f"{name} allows worker-owned organisations to sell.",
                _condition(
                    "Share all gains among the worker-owners, and attest it each year."
                ),
            )
        case Who.NON_PROFIT:
            return _for_mission(name)
        case Who.NON_PROFIT_EMPLOYER if rules.non_profit_employer_may_sell:
            return _for_mission(name)
        case Who.CAE_MEMBER:
            return _allowed(
                f"{name} allows members of an employment cooperative to sell.",
                _condition("Invoice through your activity and employment cooperative."),
            )
    if part.agreement is not None:
        return _agreed(part, part.agreement, name)
    return _not_shared(part, name, who, rules)


def _agreed(part: Part, agreement: Agreement, name: str) -> Finding:
    counterpart = Duty(
        kind=Owed.IN_KIND if agreement.in_kind else Owed.FEE,
        text=f"Give in return for {part.title!r}: {agreement.words}.",
        version_id=part.version_id,
        fee_permille=agreement.fee_permille,
    )
    return _allowed(
        f"{part.licensor} agreed a reciprocity licence of {name}.", counterpart
    )


def _for_mission(name: str) -> Finding:
    return _allowed(
        f"{name} allows non-profit organisations to sell for their mission.",
        _condition("Sell only for the organisation's mission."),
    )


def _not_shared(part: Part, name: str, who: Who, rules: GateRules) -> Finding:
    if who in {Who.UNATTESTED, Who.INDIVIDUAL}:
        return _refused(
            "attestation-missing",
            f"{name} asks who sells, and no valid attestation says it.",
            "Add an attestation of your legal form, or renew it, and ask again.",
        )
    if who is Who.INVESTOR_COOPERATIVE:
        return _refused(
            "reciprocity",
            f"{name} lets outside investors and consumers not sell it.",
            _reciprocity(part, rules),
        )
    if who is Who.FIRM:
        return _refused(
            "reciprocity",
            f"{name} lets firms with wage labour not sell it.",
            _reciprocity(part, rules),
        )
    return _refused(
        "instance-rules",
        f"{name} could be sold by you, but this network's rules do not allow it.",
        f"Propose a change of the rule. {_reciprocity(part, rules)}",
    )


def _reciprocity(part: Part, rules: GateRules) -> str:
    """What this network asks for in return, and who gets it."""
    fee = part.offer or Agreement(fee_permille=rules.reciprocity_fee_permille)
    has_fee = bool(fee.fee_permille or (fee.yearly and fee.yearly.cents))
    ways = [fee.words] if has_fee else []
    ways += rules.reciprocity_in_kind
    told = f": {', or '.join(ways)}" if ways else ""
    whose = "the design's" if part.offer is None else "all"
    income = f" The fee is income of {whose} contributors." if has_fee else ""
    return f"Agree a reciprocity licence with {part.licensor}{told}.{income}"


def _duties(part: Part, terms: Terms, use: Use) -> tuple[Finding, ...]:
    duties: list[Duty] = []
    if terms.attribution:
        text = f"Name {part.licensor} as the maker of {part.title!r}, with {terms.id}."
        duties.append(Duty(kind=Owed.ATTRIBUTION, text=text))
    if use is Use.MAKE_AND_SELL and terms.source:
        text = f"Offer the source of {part.title!r} with each object."
        duties.append(Duty(kind=Owed.SOURCE, text=text))
    if terms.combines_as:
        text = f"If you share changes to {part.title!r}, do it under {terms.id}."
        duties.append(Duty(kind=Owed.SHARE_ALIKE, text=text))
    if not duties:
        return ()
    return (_allowed(f"{terms.id} of {part.title!r} has duties.", *duties),)


def _unknown(part: Part, licence: str) -> Finding:
    return _refused(
        "licence-unknown",
        f"Nobody here knows what {licence} of {part.title!r} allows.",
        f"Ask {part.licensor} to publish under a known licence, such as CERN-OHL-S-2.0.",
    )


def _condition(text: str) -> Duty:
    return Duty(kind=Owed.CONDITION, text=text)


def _allowed(reason: str, *duties: Duty) -> Finding:
    verdict = Verdict.ALLOW_WITH_DUTIES if duties else Verdict.ALLOW
    return Finding(verdict=verdict, reason=reason, duties=duties)


def _refused(code: str, reason: str, remedy: str) -> Finding:
    return Finding(verdict=Verdict.REFUSE, reason=reason, code=code, remedy=remedy)
