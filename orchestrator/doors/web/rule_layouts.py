"""What each kind of rule has on its form: groups, labels, and how each value is typed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.commons.equation import COMMUNITIES
from orchestrator.doors.web.navigation import ROLE_WORDS
from orchestrator.doors.web.period_view import (
    ACTION_WORDS,
    COMMUNITY_WORDS,
    COMPONENT_WORDS,
)
from orchestrator.doors.web.rule_spelling import (
    AFTER,
    LINES,
    PERMILLE,
    POINTS,
    PPM,
    SHARE,
    SPAN,
    TEXT,
    WHOLE,
    YES_NO,
    Spelling,
    money_in,
    one_of,
    priced,
    rows_of,
    some_of,
)
from orchestrator.doors.web.rule_words import matter_words
from orchestrator.doors.web.weight_words import CENTS, PER_MILLE, SECONDS, WORDS_OF
from orchestrator.doors.web.words import N_
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.money import CURRENCIES
from orchestrator.votes.voting_rules import BALLOTS, METHODS, OTHERWISE, RECASTS

type Path = tuple[str | int, ...]
type Fields = dict[str, Json]

_CHOICE_WORDS: Final[Mapping[str, str]] = {
    "consent": N_("consent"),
    "majority": N_("majority"),
    "score": N_("score"),
    "replace": N_("a later ballot counts instead"),
    "refuse": N_("a ballot stands"),
    "open": N_("open"),
    "secret": N_("secret"),
    "either": N_("as the proposer asks"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleField:
    """One value of a table on a form. `detail` follows the label as it is."""

    path: Path
    group: str
    label: str
    how: Spelling
    detail: str = ""
    value: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        """Its name in the form."""
        text = "-".join(map(str, self.path)).lower()
        return "f-" + re.sub(r"[^a-z0-9]+", "-", text).strip("-")

    @property
    def title(self) -> str:
        """Where it stands, in words."""
        told = f"{self.label} {self.detail}".strip()
        return f"{self.group} › {told}" if self.group else told


def layout_of(matter: str, table: Fields) -> Iterator[RuleField]:
    """The fields of a table of this kind, still without their values."""
    return _LAYOUT_OF.get(matter, _any_fields)(table)


def _field(
    path: Path, group: str, label: str, how: Spelling, detail: str = ""
) -> RuleField:
    return RuleField(path=path, group=group, label=label, how=how, detail=detail)


def _communities() -> list[tuple[str, str]]:
    return [(name, COMMUNITY_WORDS[name]) for name in COMMUNITIES]


def _currencies() -> Spelling:
    return one_of([(name, name) for name in sorted(CURRENCIES)])


def _per(unit: str) -> str:
    return {"{piece}": "per piece", "1": "once"}.get(unit, f"per {unit}")


def _period_rules(table: Fields) -> Iterator[RuleField]:
    surplus, amount = N_("The surplus"), money_in(str(table["currency"]))
    yield _field(("shared_part",), surplus, N_("Of it, contributors get"), SHARE)
    yield _field(
        ("carry_periods_max",),
        surplus,
        N_("A shortfall is carried through so many closes"),
        WHOLE,
    )
    yield _field(("currency",), surplus, N_("Currency"), _currencies())
    for name in COMPONENT_WORDS:
        if name != "direct_costs":
            yield _field(
                ("threshold_cents", name),
                N_("What is earned first"),
                COMPONENT_WORDS[name],
                amount,
            )
    for name, words in _communities():
        yield _field(
            ("communities", name),
            N_("Each community's part (100 % in all)"),
            words,
            SHARE,
        )
    for kind in _keys(table["points_after"]):
        action, _, unit = kind.partition(" ")
        yield _field(
            ("points_after", kind),
            N_("Points that were paid for"),
            ACTION_WORDS[action],
            AFTER,
            _per(unit),
        )


def _value_equation(table: Fields) -> Iterator[RuleField]:
    upstream = N_("Designs that build on others")
    yield _field(
        ("upstream", "share"), upstream, N_("Passed on to what a design cites"), SHARE
    )
    yield _field(
        ("upstream", "decay"), upstream, N_("Of that, one step further"), SHARE
    )
    yield _field(("upstream", "depth_max"), upstream, N_("Steps at most"), WHOLE)
    rules = table["rules"]
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            words, per = ACTION_WORDS[str(rule["action"])], _per(str(rule["unit"]))
            yield _field(
                ("rules", number, "points"),
                N_("Points for what happened"),
                words,
                POINTS,
                per,
            )
            yield _field(
                ("rules", number, "community"),
                N_("Whose community earns them"),
                words,
                one_of(_communities()),
                per,
            )


def _voting_rules(table: Fields) -> Iterator[RuleField]:
    roles = [
        (role.value, words) for role, words in ROLE_WORDS.items() if role != "guest"
    ]
    yield _field(("voters",), N_("Who has a voice"), N_("Whoever is a"), some_of(roles))
    yes_no = Spelling(spell=str, read=int, options=(("1", N_("yes")), ("0", N_("no"))))
    for matter in _keys(table["procedures"]):
        group = N_("All else") if matter == OTHERWISE else matter_words(matter)
        for name, label, how in (
            ("method", N_("Decided by"), _choice(METHODS)),
            ("ballots", N_("Ballots are"), _choice(BALLOTS)),
            ("recast", N_("Who votes again"), _choice(RECASTS)),
            ("quorum_permille", N_("Of the members, at least so many speak"), PERMILLE),
            (
                "limit_permille",
                N_("Majority: more than; consent: objections it bears"),
                PERMILLE,
            ),
            ("open_s", N_("Open for"), SPAN),
            ("notice_s", N_("From the result until it binds"), SPAN),
            ("score_max", N_("Score: points at most"), WHOLE),
            ("ends_when_all_spoke", N_("Ends with the last voice"), yes_no),
        ):
            yield _field(("procedures", matter, name), group, label, how)


def _funding_rules(_table: Fields) -> Iterator[RuleField]:
    yield _field(
        ("budget_permille",), "", N_("Of the reserve, a budget gives out"), PERMILLE
    )
    yield _field(("budget_open_s",), "", N_("A budget is open for"), SPAN)
    yield _field(
        ("match_permille",),
        "",
        N_("Of the reserve, a campaign is matched with at most"),
        PERMILLE,
    )
    yield _field(("campaign_open_s",), "", N_("A campaign is open for"), SPAN)
    yield _field(
        ("challenge_permille",),
        "",
        N_("Of the reserve, a challenge sets aside at most"),
        PERMILLE,
    )
    yield _field(
        ("challenge_entries_s",), "", N_("A challenge takes entries for"), SPAN
    )
    yield _field(("challenge_judging_s",), "", N_("Then it is judged within"), SPAN)


def _plan_weights(_table: Fields) -> Iterator[RuleField]:
    how_of = {CENTS: money_in(""), SECONDS: SPAN, PER_MILLE: PERMILLE}
    for name, words in WORDS_OF.items():
        yield _field((name,), words.group, words.title, how_of.get(words.unit, WHOLE))


def _charter(_table: Fields) -> Iterator[RuleField]:
    label = [(name, TEXT) for name in ("name", "issuer", "evidence", "until")]
    yield _field(("articles",), "", N_("What we promise, one sentence a line"), LINES)
    yield _field(
        ("labels",),
        "",
        N_("Labels we carry"),
        rows_of(
            label, N_("One a line: name | issuer | evidence | until, as 2027-12-31.")
        ),
    )


def _money_terms(_table: Fields) -> Iterator[RuleField]:
    tax = [("name", TEXT), ("title", TEXT), ("rate_ppm", PPM), ("parts", LINES)]
    yield _field(("deposit_ppm",), "", N_("Deposit, of the price"), PPM)
    yield _field(("due_days",), "", N_("Days to pay"), WHOLE)
    yield _field(
        ("taxes",),
        "",
        N_("Taxes in a price"),
        rows_of(tax, N_("One a line: vat | VAT 24 % | 24 | labour, machine.")),
    )
    yield _field(("notes",), "", N_("What an invoice says, one a line"), LINES)


def _tariff(table: Fields) -> Iterator[RuleField]:
    currency = str(table["currency"])
    amount, per_kg = money_in(currency), money_in(currency, N_("per kg"))
    yield _field(
        ("platform_ppm",), "", N_("The network's part of a price (take rate)"), PPM
    )
    yield _field(("wage_cents_per_hour",), "", N_("Work, per hour"), amount)
    yield _field(("transport_base_cents",), "", N_("Each trip, at least"), amount)
    yield _field(
        ("material_cents_per_kg",),
        "",
        N_("Material"),
        priced(per_kg, N_("One a line, as PLA: 22.00, per kilogram.")),
    )
    yield _field(("other_material_cents_per_kg",), "", N_("Any other material"), per_kg)
    yield _field(("currency",), "", N_("Currency"), _currencies())


def _licence_gate(_table: Fields) -> Iterator[RuleField]:
    sells = N_("Who else may make and sell")
    yield _field(
        ("sole_trader_may_sell",), sells, N_("A sole trader without employees"), YES_NO
    )
    yield _field(
        ("non_profit_employer_may_sell",),
        sells,
        N_("A non-profit that employs people"),
        YES_NO,
    )
    fee = N_("What a refused seller may offer")
    yield _field(
        ("reciprocity_fee_permille",),
        fee,
        N_("A fee, of the price of what is sold"),
        PERMILLE,
    )
    yield _field(("reciprocity_in_kind",), fee, N_("Or in kind, one a line"), LINES)
    yield _field(
        ("data_fee_cents",),
        fee,
        N_("To gain money with the network's data, a year"),
        money_in(""),
    )


def _any_fields(table: Fields) -> Iterator[RuleField]:
    """A rule without words of its own: each value by its name."""
    return _walk(table, ())


def _walk(value: Json, path: Path) -> Iterator[RuleField]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value):
            yield from _walk(inner, (*path, number))
    else:
        *groups, name = (str(step).replace("_", " ") for step in path)
        how = TEXT
        if isinstance(value, list):
            how = LINES
        elif isinstance(value, int):
            how = YES_NO if isinstance(value, bool) else WHOLE
        yield _field(path, " › ".join(groups), name.capitalize(), how)


def _choice(names: tuple[str, ...]) -> Spelling:
    return one_of([(name, _CHOICE_WORDS[name]) for name in names])


def _keys(value: Json) -> list[str]:
    return list(value) if isinstance(value, dict) else []


_LAYOUT_OF: Final[Mapping[str, Callable[[Fields], Iterator[RuleField]]]] = {
    "period-rules": _period_rules,
    "value-equation": _value_equation,
    "voting-rules": _voting_rules,
    "funding-rules": _funding_rules,
    "plan-weights": _plan_weights,
    "charter": _charter,
    "money-terms": _money_terms,
    "tariff": _tariff,
    "licence-gate": _licence_gate,
}
