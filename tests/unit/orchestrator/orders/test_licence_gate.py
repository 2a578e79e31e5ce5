"""The licence gate's whole table, row by row, and what several parts make of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.members.agents import LEGAL_FORMS
from orchestrator.orders import gate
from orchestrator.orders.gate import Clearance, Question, Refusal, decide
from orchestrator.orders.gate_rules import (
    GateRules,
    InvalidGateRulesError,
    founding_table,
    rules_of,
)
from orchestrator.orders.table import Agreement, Owed, Part, Use, Verdict, Who, who_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PRIVATE, SELL = Use.PRIVATE, Use.MAKE_AND_SELL

yes, duties, no = Verdict.ALLOW, Verdict.ALLOW_WITH_DUTIES, Verdict.REFUSE
RULES = rules_of(founding_table())

# One column a licence, each cell: private · make and sell. A small letter allows, a
# capital one refuses, and names the remedy.
LICENCES = ("CC0-1.0", "MIT", "CERN-OHL-S-2.0", "CC-BY-NC-SA-4.0", "LicenseRef-PPL")
TABLE: dict[Who, tuple[str, ...]] = {
    #                          CC0      MIT      CERN-S   NC-SA    PPL
    Who.INDIVIDUAL: ("y y", "d d", "d d", "d C", "d A"),
    Who.SOLE_TRADER: ("y y", "d d", "d d", "d C", "d d"),
    Who.WORKER_COOPERATIVE: ("y y", "d d", "d d", "d C", "d d"),
    Who.NON_PROFIT: ("y y", "d d", "d d", "d C", "d d"),
    Who.NON_PROFIT_EMPLOYER: ("y y", "d d", "d d", "d C", "d V"),
    Who.CAE_MEMBER: ("y y", "d d", "d d", "d C", "d d"),
    Who.INVESTOR_COOPERATIVE: ("y y", "d d", "d d", "d C", "d R"),
    Who.FIRM: ("y y", "d d", "d d", "d C", "d R"),
    Who.BUYER: ("y y", "y y", "y y", "y y", "y y"),
    Who.UNATTESTED: ("y y", "d d", "d d", "d C", "d A"),
}
RECIPROCITY = (
    "Agree a reciprocity licence with maker 0: a fee of 5 % of the price, or publish "
    "an improvement of the design under its own licence, or give hours at a machine "
    "to the network's makers. The fee is income of the design's contributors."
)
REMEDIES = {
    "A": (
        "attestation-missing",
        "Add an attestation of your legal form, or renew it, and ask again.",
    ),
    "C": (
        "non-commercial",
        "Ask maker 0 for a commercial licence, or choose another design.",
    ),
    "R": ("reciprocity", RECIPROCITY),
    "V": ("instance-rules", f"Propose a change of the rule. {RECIPROCITY}"),
}
VERDICTS = {"y": yes, "d": duties}
CELLS = [
    pytest.param(who, licence, use, sign, id=f"{who}, {licence}, {use}")
    for who, row in TABLE.items()
    for licence, cell in zip(LICENCES, row, strict=True)
    for use, sign in zip((PRIVATE, SELL), cell.split(), strict=True)
]


def ask(
    who: Who, use: Use, *licences: str, rules: GateRules = RULES
) -> Clearance | Refusal:
    parts = tuple(
        Part(title=f"part {index}", licensor=f"maker {index}", licence=licence)
        for index, licence in enumerate(licences)
    )
    return decide(question(who, use, *parts), rules)


def question(who: Who, use: Use, *parts: Part) -> Question:
    return Question(
        id="clearance-test",
        version_id="version-test",
        agent_id="agent-test",
        who=who,
        use=use,
        parts=parts,
        asked_at=NOW,
    )


@pytest.mark.parametrize(("who", "licence", "use", "sign"), CELLS)
def test_the_table(who: Who, licence: str, use: Use, sign: str) -> None:
    answer = ask(who, use, licence)
    assert answer.rule_version == "licence-gate-1"
    assert "not legal advice" in answer.reasons[-1]
    if isinstance(answer, Refusal):
        assert (answer.code, answer.remedy) == REMEDIES[sign]
    else:
        assert answer.verdict is VERDICTS[sign]


@pytest.mark.parametrize("who", list(Who))
@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize(
    ("licence", "like"),
    [
        ("LicenseRef-CopyFair", "LicenseRef-PPL"),
        ("PPL", "LicenseRef-PPL"),
        ("CERN-OHL-W-2.0", "CERN-OHL-S-2.0"),
        ("CC-BY-SA-4.0", "CERN-OHL-S-2.0"),
        ("CC-BY-SA-3.0", "CERN-OHL-S-2.0"),
        ("GPL-3.0-or-later", "CERN-OHL-S-2.0"),
        ("GPL-3.0", "CERN-OHL-S-2.0"),
        ("AGPL-3.0-only", "CERN-OHL-S-2.0"),
        ("CERN-OHL-P-2.0", "MIT"),
        ("CC-BY-4.0", "MIT"),
        ("Apache-2.0", "MIT"),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"),
    ],
)
def test_licences_of_one_kind_have_one_answer(
    who: Who, use: Use, licence: str, like: str
) -> None:
    assert ask(who, use, licence).verdict is ask(who, use, like).verdict


def replaced(**fields: object) -> GateRules:
    told = {**json.loads(founding_table()), **fields}
    return rules_of(json.dumps(told).encode())


def test_an_instance_decides_on_sole_traders_and_on_employers() -> None:
    strict = replaced(sole_trader_may_sell=False)
    kind = replaced(non_profit_employer_may_sell=True)
    ppl = "LicenseRef-PPL"
    assert ask(Who.SOLE_TRADER, SELL, ppl, rules=strict).verdict is no
    assert ask(Who.NON_PROFIT_EMPLOYER, SELL, ppl, rules=kind).verdict is duties


@pytest.mark.parametrize(
    ("permille", "in_kind", "told"),
    [
        (25, [], ": a fee of 2.5 % of the price. The fee is income"),
        (0, ["teach a day"], ": teach a day."),
        (0, [], "with maker 0."),
    ],
)
def test_the_counterpart_is_what_the_rules_say(
    permille: int, in_kind: list[str], told: str
) -> None:
    rules = replaced(
        reciprocity_fee_permille=permille,
        reciprocity_in_kind=in_kind,
        rule_version="licence-gate-7",
    )
    answer = ask(Who.FIRM, SELL, "LicenseRef-PPL", rules=rules)
    assert isinstance(answer, Refusal)
    assert told in answer.remedy
    assert answer.rule_version == "licence-gate-7"


@pytest.mark.parametrize("who", [who for who in Who if who is not Who.BUYER])
def test_what_a_licensor_agreed_opens_their_own_part_to_anybody(who: Who) -> None:
    agreed = Agreement(fee_permille=25)
    part = Part(
        title="Hook",
        licensor="Ada",
        licence="LicenseRef-PPL",
        version_id="version-hook",
        agreement=agreed,
    )
    other = replace(part, title="Clip", licensor="Bo", agreement=None)
    for parts, may in (((part,), True), ((part, other), ask_is_open(who))):
        answer = decide(question(who, SELL, *parts), RULES)
        assert isinstance(answer, Clearance) == may
        if isinstance(answer, Clearance) and not ask_is_open(who):
            (fee,) = [one for one in answer.duties if one.kind is Owed.FEE]
            assert (fee.version_id, answer.fee_permille) == ("version-hook", 25)
            assert fee.text == "Give in return for 'Hook': a fee of 2.5 % of the price."


def ask_is_open(who: Who) -> bool:
    """Whether the licence itself lets this row sell: then nothing is paid."""
    return isinstance(ask(who, SELL, "LicenseRef-PPL"), Clearance)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sole_trader_may_sell", "yes"),
        ("non_profit_employer_may_sell", 1),
        ("reciprocity_fee_permille", -1),
        ("reciprocity_fee_permille", 1_001),
        ("reciprocity_fee_permille", True),
        ("reciprocity_in_kind", [""]),
        ("reciprocity_in_kind", ["x"] * 9),
        ("firm_may_sell", True),
        ("duty_days", {"source": 0}),
    ],
)
def test_a_table_that_is_no_rules_is_refused_by_its_field(
    field: str, value: object
) -> None:
    with pytest.raises(InvalidGateRulesError, match=field):
        replaced(**{field: value})


@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize("licence", ["LicenseRef-CERN", "BUSL-1.1"])
def test_what_nobody_knows_is_refused(use: Use, licence: str) -> None:
    answer = ask(Who.WORKER_COOPERATIVE, use, "MIT", licence)
    assert isinstance(answer, Refusal)
    assert answer.code == "licence-unknown"
    assert licence in answer.reasons[0]


@pytest.mark.parametrize(
    ("licences", "verdict"),
    [
        (("CC0-1.0", "CC0-1.0"), yes),
        (("CC0-1.0", "MIT"), duties),
        (("MIT", "LicenseRef-PPL"), no),  # deep below an open design
        (("LicenseRef-PPL", "CC0-1.0", "MIT"), no),
        (("MIT", "CC-BY-NC-4.0"), no),
        (("MIT OR LicenseRef-PPL",), duties),
        (("CC0-1.0 OR GPL-3.0-only",), yes),
        (("MIT AND CC-BY-NC-4.0",), no),
        (("MIT", "CC-BY-ND-4.0"), no),  # not to be built on
        (("CC-BY-ND-4.0", "MIT"), duties),  # but to be made as it is
    ],
)
def test_the_strictest_of_all_parts_counts_and_the_most_open_choice(
    licences: tuple[str, ...], verdict: Verdict
) -> None:
    assert ask(Who.FIRM, SELL, *licences).verdict is verdict


@pytest.mark.parametrize(
    ("one", "other", "combine"),
    [
        ("CC-BY-SA-4.0", "CERN-OHL-S-2.0", False),
        ("GPL-3.0-only", "CERN-OHL-S-2.0", False),
        ("GPL-2.0-only", "GPL-3.0-only", False),
        ("GPL-2.0-only", "CC-BY-SA-4.0", False),
        ("CC-BY-SA-3.0", "GPL-3.0-only", False),
        ("LicenseRef-PPL", "CC-BY-SA-4.0", False),
        ("LicenseRef-PPL", "LicenseRef-CopyFair", False),
        ("GPL-2.0-or-later", "GPL-3.0-only", True),
        ("GPL-3.0-only", "AGPL-3.0-only", True),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-4.0", "GPL-3.0-or-later", True),
        ("LicenseRef-PPL", "PPL", True),
        ("CERN-OHL-W-2.0", "CERN-OHL-S-2.0", True),
        ("MIT", "CERN-OHL-S-2.0", True),
        ("CERN-OHL-S-2.0 OR CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
    ],
)
def test_share_alike_pairs_that_clash_are_refused_by_name(
    one: str, other: str, combine: bool
) -> None:
    for pair in ((one, other), (other, one)):
        answer = ask(Who.WORKER_COOPERATIVE, SELL, *pair)
        assert isinstance(answer, Clearance) == combine
        if isinstance(answer, Refusal):
            assert answer.code == "licences-clash"
            assert all(name in answer.reasons[0] for name in pair)


def test_three_that_go_in_pairs_but_not_together_are_named() -> None:
    parts = ("CC-BY-SA-4.0", "GPL-2.0-or-later", "AGPL-3.0-only")
    answer = ask(Who.WORKER_COOPERATIVE, SELL, *parts)
    assert isinstance(answer, Refusal)
    assert answer.code == "licences-clash"


def test_many_double_licences_do_not_explode() -> None:
    double = ("MIT OR Apache-2.0", "ISC OR CC0-1.0") * 20
    assert ask(Who.FIRM, SELL, *double).verdict is duties
    pairs = [(f"LicenseRef-a{index} OR LicenseRef-b{index}") for index in range(40)]
    answer = ask(Who.FIRM, SELL, *pairs)
    assert isinstance(answer, Refusal)
    assert answer.code == "too-many-choices"


def test_duties_name_the_maker_the_source_and_the_licence() -> None:
    answer = ask(Who.WORKER_COOPERATIVE, SELL, "CERN-OHL-S-2.0", "LicenseRef-PPL")
    assert isinstance(answer, Refusal)
    answer = ask(Who.WORKER_COOPERATIVE, SELL, "CERN-OHL-S-2.0", "MIT")
    assert isinstance(answer, Clearance)
    text = " ".join(duty.text for duty in answer.duties)
    assert "Name maker 0" in text
    assert "Name maker 1" in text
    assert "Offer the source of 'part 0'" in text
    assert "under CERN-OHL-S-2.0" in text


def test_nobody_else_makes_a_clearance() -> None:
    answer = ask(Who.FIRM, SELL, "MIT")
    assert isinstance(answer, Clearance)
    for seal in (None, object(), gate._Seal()):
        with pytest.raises(TypeError, match="only the licence gate"):
            Clearance(
                id="clearance-false",
                version_id=answer.version_id,
                agent_id=answer.agent_id,
                who=answer.who,
                use=answer.use,
                licence=answer.licence,
                reasons=(),
                duties=(),
                rule_version="licence-gate-1",
                decided_at=NOW,
                seal=seal,  # type: ignore[arg-type]
            )


def test_every_row_of_the_table_can_be_reached() -> None:
    forms = {who_of(form, NOW + timedelta(days=1), NOW) for form in LEGAL_FORMS}
    assert forms | {Who.BUYER, Who.UNATTESTED} == set(Who)


@pytest.mark.parametrize("legal_form", LEGAL_FORMS)
def test_every_legal_form_has_its_row_and_an_expired_one_never_more(
    legal_form: str,
) -> None:
    valid = who_of(legal_form, NOW + timedelta(seconds=1), NOW)
    assert valid is not Who.UNATTESTED
    for until in (None, NOW, NOW - timedelta(days=1)):
        who = who_of(legal_form, until, NOW)
        assert ask(who, SELL, "LicenseRef-PPL").verdict is no
    assert who_of("club of friends", NOW + timedelta(days=1), NOW) is Who.UNATTESTED


KNOWN = st.sampled_from(
    [
        "CC0-1.0",
        "MIT",
        "CERN-OHL-S-2.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "LicenseRef-PPL",
        "GPL-3.0-only",
        "LicenseRef-CERN",
        "MIT OR LicenseRef-PPL",
    ]
)
STRICTNESS = [yes, duties, no]


@given(
    st.sampled_from(list(Who)),
    st.sampled_from(list(Use)),
    st.lists(KNOWN, min_size=1, max_size=5),
    KNOWN,
)
def test_one_part_more_never_opens_the_gate(
    who: Who, use: Use, licences: list[str], more: str
) -> None:
    before = ask(who, use, *licences).verdict
    after = ask(who, use, *licences, more).verdict
    assert STRICTNESS.index(after) >= STRICTNESS.index(before)
