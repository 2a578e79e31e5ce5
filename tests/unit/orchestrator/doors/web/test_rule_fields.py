"""A rule as a form: what it shows is what it says, and what is typed is what is proposed."""

import json
from typing import Any

import pytest

from orchestrator.commons.charter import default_charter
from orchestrator.commons.equation import InvalidEquationError
from orchestrator.commons.rulebook import VERSION, kind_named, kinds
from orchestrator.commons.rules import default_table
from orchestrator.doors.web.rule_fields import (
    OWN,
    WrongFieldsError,
    changed_fields,
    field_named,
    fields_of,
    in_force,
    own_procedures,
    table_of,
)
from orchestrator.doors.web.rule_layouts import Fields
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.orders.terms import MONEY_TERMS
from orchestrator.periods.rules import default_period_rules
from orchestrator.votes.voting_rules import default_rules

RULES = sorted(kind.name for kind in kinds())


def typed_of(matter: str, table: Fields, **changed: str) -> dict[str, str]:
    """The form as the browser sends it back."""
    sent = {field.name: field.value for field in fields_of(matter, table)}
    assert len(sent) == len(fields_of(matter, table))  # each has a name of its own
    assert set(changed) <= set(sent) | {OWN}
    if matter == "voting-rules":
        sent[OWN] = "\n".join(sorted(own_procedures(table)))
    return sent | changed


def checked(matter: str, table: Fields) -> Any:
    return kind_named(matter).read(canonical.dumps({**table, VERSION: "next"}))


@pytest.mark.parametrize("matter", RULES)
def test_a_form_sent_back_as_it_came_changes_nothing(matter: str) -> None:
    table = in_force(matter, kind_named(matter).founding())
    shown = {field.path for field in fields_of(matter, table)}
    assert shown
    assert table_of(matter, table, typed_of(matter, table)) == table
    # Typed anew, every value is read as what it was.
    for field in fields_of(matter, table):
        assert field.how.spell(field.how.read(field.value)) == field.value, field.name


def test_shares_are_typed_as_per_cent_and_what_changes_is_told() -> None:
    base = in_force("period-rules", default_period_rules())
    table = table_of(
        "period-rules",
        base,
        typed_of(
            "period-rules",
            base,
            **{
                "f-shared-part": "1/3",
                "f-communities-makers": "30",
                "f-communities-care": "15 %",
                "f-threshold-cents-investment": "1200.50",
                "f-points-after-work-h": "keep 25 %",
                "f-points-after-use-h": "less by 0.5",
            },
        ),
    )
    rules = checked("period-rules", table)
    assert (str(rules.shared_part), str(rules.weight_of["makers"])) == ("1/3", "3/10")
    assert rules.threshold_cents_of["investment"] == 120_050
    assert str(rules.after_of["work h"].ratio) == "1/4"
    told = changed_fields("period-rules", canonical.dumps(base), canonical.dumps(table))
    assert {(one.name.partition(" › ")[2], one.before, one.after) for one in told} == {
        ("Of it, contributors get", "60 %", "1/3"),
        ("Makers", "35 %", "30 %"),
        ("Care and governance", "10 %", "15 %"),
        ("Investment", "0.00 EUR", "1200.50 EUR"),
        ("Work per h", "used up", "keep 25 %"),
        ("Machine time per h", "used up", "less by 0.5"),
    }


def test_what_can_be_no_rule_is_refused_by_its_name_at_its_field() -> None:
    base = in_force("period-rules", default_period_rules())
    typed = typed_of("period-rules", base, **{"f-communities-makers": "50"})
    table = table_of("period-rules", base, typed)
    with pytest.raises(InvalidInputError, match="add up to 23/20") as refusal:
        checked("period-rules", table)
    name = field_named(fields_of("period-rules", table), refusal.value.field or "")
    assert name == "f-communities-designers"  # the first of them
    typed = typed_of("period-rules", base, **{"f-communities-makers": "a lot"})
    with pytest.raises(WrongFieldsError) as unreadable:
        table_of("period-rules", base, typed)
    assert set(unreadable.value.words_of) == {"f-communities-makers"}

    base = in_force("value-equation", default_table())
    typed = typed_of("value-equation", base, **{"f-upstream-share": "120"})
    with pytest.raises(InvalidEquationError, match="more than an event is worth"):
        checked("value-equation", table_of("value-equation", base, typed))


def test_a_matter_gets_a_procedure_of_its_own_and_loses_it() -> None:
    base = in_force("voting-rules", default_rules())
    own = own_procedures(base)
    typed = typed_of("voting-rules", base, **{OWN: "charter\nresolution"})
    table = table_of("voting-rules", base, typed)
    assert own_procedures(table) == {"charter", "resolution"}
    assert own - own_procedures(table) == {"choice", "plan-weights", "voting-rules"}
    assert checked("voting-rules", table).procedure("charter").method == "consent"
    longer = typed_of("voting-rules", table, **{"f-procedures-charter-open-s": "21 d"})
    again = table_of("voting-rules", table, longer)
    assert checked("voting-rules", again).procedure("charter").open_s == 21 * 86_400


def test_lists_are_written_a_line_each() -> None:
    base = in_force("charter", default_charter())
    label = "Open | Somebody | https://example.org | 2027-12-31"
    table = table_of("charter", base, typed_of("charter", base, **{"f-labels": label}))
    assert checked("charter", table).labels[0].issuer == "Somebody"
    with pytest.raises(WrongFieldsError):
        table_of("charter", base, typed_of("charter", base, **{"f-labels": "Open"}))
    base = in_force("money-terms", MONEY_TERMS.founding())
    tax = "vat | VAT 24 % | 24 | labour, machine"
    table = table_of(
        "money-terms", base, typed_of("money-terms", base, **{"f-taxes": tax})
    )
    assert json.loads(canonical.dumps(table["taxes"])) == [
        {
            "name": "vat",
            "title": "VAT 24 %",
            "rate_ppm": 240_000,
            "parts": ["labour", "machine"],
        }
    ]
    assert checked("money-terms", table)
