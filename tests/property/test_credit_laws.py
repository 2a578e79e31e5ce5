"""Credits conserve: nothing is lost, made up, or decided by the order of the input."""

import random
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.commons.credits import (
    Citation,
    CitationCycleError,
    credits_of_event,
    parts_of_event,
)
from orchestrator.commons.equation import equation_of
from orchestrator.commons.rules import default_table
from orchestrator.commons.shares import apportion
from orchestrator.ledger.events import EconomicEvent

EQUATION = equation_of(default_table())
Weights = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4),
    st.fractions(min_value=0, max_value=1000, max_denominator=997),
    min_size=1,
    max_size=12,
)


def a_cite(quantity: str, corrects: str | None = None) -> EconomicEvent:
    return EconomicEvent(
        id="event-000001",
        action="cite",
        provider="designer-00",
        receiver="agent-shop",
        resource="version-00",
        quantity=quantity,
        unit="{piece}",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        corrects=corrects,
    )


@st.composite
def citation_graphs(draw: st.DrawFn) -> dict[str, list[Citation]]:
    """Designs that cite only ones with a higher number: no circle."""
    count = draw(st.integers(1, 8))
    graph: dict[str, list[Citation]] = {}
    for citing in range(count):
        cited = draw(st.sets(st.integers(citing + 1, count), max_size=3))
        graph[f"version-{citing:02}"] = [
            Citation(
                cited=f"version-{number:02}",
                designer=f"designer-{draw(st.integers(0, 5)):02}",
                weight=draw(
                    st.fractions(
                        min_value=Fraction(1, 10), max_value=3, max_denominator=50
                    )
                ),
            )
            for number in sorted(cited)
        ]
    return graph


@given(st.integers(-(10**12), 10**12), Weights)
def test_shares_sum_to_the_whole_and_are_within_one_of_exact(
    total: int, weight_of: dict[str, Fraction]
) -> None:
    weights = sum(weight_of.values())
    if not weights:
        return
    share_of = apportion(total, weight_of)
    assert sum(share_of.values()) == total
    for key, share in share_of.items():
        assert abs(share - Fraction(total) * weight_of[key] / weights) < 1
        assert weight_of[key] or share == 0


@given(st.integers(0, 10**6), Weights, st.randoms(use_true_random=False))
def test_the_order_of_the_input_decides_nothing(
    total: int, weight_of: dict[str, Fraction], draw: random.Random
) -> None:
    if not sum(weight_of.values()):
        return
    items = list(weight_of.items())
    draw.shuffle(items)
    assert apportion(total, dict(items)) == apportion(total, weight_of)


def test_there_must_be_somebody_to_share_among() -> None:
    assert apportion(0, {"a": Fraction(0)}) == {"a": 0}
    with pytest.raises(ValueError, match="nobody"):
        apportion(1, {"a": Fraction(0)})
    with pytest.raises(ValueError, match="negative"):
        apportion(1, {"a": Fraction(-1), "b": Fraction(2)})


@given(citation_graphs(), st.decimals(0, 10**6, places=6))
def test_an_events_worth_is_given_out_whole(
    graph: dict[str, list[Citation]], quantity: object
) -> None:
    event = a_cite(str(quantity))
    parts = parts_of_event(event, EQUATION, graph)
    assert sum(parts.values()) == 1
    assert all(part > 0 for part in parts.values())
    worth = Fraction(event.amount) * EQUATION.rule_of["cite", "{piece}"].points * 1000
    given_out = sum(c.milli_points for c in credits_of_event(event, EQUATION, graph))
    assert abs(given_out - worth) <= Fraction(1, 2)


@given(citation_graphs(), st.decimals("0.000001", 10**6, places=6))
def test_a_correction_is_the_mirror_image(
    graph: dict[str, list[Citation]], quantity: object
) -> None:
    def told(event: EconomicEvent) -> dict[tuple[str, int], int]:
        return {
            (credit.agent_id, credit.depth): credit.milli_points
            for credit in credits_of_event(event, EQUATION, graph)
        }

    first = told(a_cite(str(quantity)))
    back = told(a_cite(f"-{quantity}", corrects="event-000000"))
    assert back == {key: -points for key, points in first.items()}


@given(citation_graphs(), st.randoms(use_true_random=False))
def test_how_citations_are_listed_decides_nothing(
    graph: dict[str, list[Citation]], draw: random.Random
) -> None:
    shuffled = list(graph.items())
    draw.shuffle(shuffled)
    other = {citing: draw.sample(cited, len(cited)) for citing, cited in shuffled}
    event = a_cite("7.3")
    assert credits_of_event(event, EQUATION, graph) == credits_of_event(
        event, EQUATION, other
    )


def test_a_circle_of_citations_is_refused() -> None:
    def cites(design: str, designer: str) -> list[Citation]:
        return [Citation(cited=design, designer=designer, weight=Fraction(1))]

    graph = {
        "version-00": cites("version-01", "designer-01"),
        "version-01": cites("version-00", "designer-00"),
    }
    with pytest.raises(CitationCycleError, match="version-00 → version-01"):
        credits_of_event(a_cite("1"), EQUATION, graph)
