"""Every point goes back to its event, and every cent follows from points."""

import csv
import io

import pytest

from orchestrator.foundation.errors import NotFoundError
from orchestrator.ledger.sequencer import sequence
from orchestrator.periods.exports import csv_of
from orchestrator.periods.statements import explain_event, statement_of, statements_of
from tests.unit.orchestrator.periods.conftest import Network

DESIGNS = ("agent-designer", "agent-upstream")


def test_kept_and_earned_points_sum_to_each_share(network: Network) -> None:
    network.happen(
        "cite", "agent-upstream", "1", "1", resource="version-b", cited_by="version-a"
    )
    for number in (1, 2):
        network.happen("cite", "agent-designer", "5", "{piece}", resource="version-a")
        network.happen("work", "agent-designer", "1.5", "h")
        network.earn(50_000)
        network.close(number)
        network.open()
    for agent_id in DESIGNS:
        for number in (1, 2):
            one = statement_of(network.session, number, agent_id)
            assert one.paid
            assert one.milli_points_of == {
                paid.community: paid.milli_points for paid in one.paid
            }
            for paid in one.paid:
                assert abs(paid.cents - paid.exact_cents) < 1
    upstream = statement_of(network.session, 2, "agent-upstream")
    assert [line.depth for line in upstream.lines] == [1]
    assert [kept.kind for kept in upstream.kept] == ["cite {piece}"]


def test_an_event_goes_forward_to_its_cents(network: Network) -> None:
    event = network.happen("work", "agent-maker", "1", "h")
    other = network.happen("work", "agent-maker", "3", "h")
    sequence(network.session)
    (before,) = explain_event(network.session, event).forward
    assert (before.part.milli_points, before.paid) == (20_000, None)
    network.earn(10_000)
    network.close(1)
    cents = [
        forward.exact_cents
        for event_id in (event, other)
        for forward in explain_event(network.session, event_id).forward
    ]
    assert cents == [525, 1575]
    with pytest.raises(NotFoundError):
        explain_event(network.session, "event-none")


def test_an_event_after_the_close_counts_in_the_next_period(network: Network) -> None:
    network.close(1)
    event = network.happen("work", "agent-maker", "1", "h")
    assert explain_event(network.session, event).period is None
    sequence(network.session)
    assert explain_event(network.session, event).period is None
    network.open()
    sequence(network.session)
    told = explain_event(network.session, event)
    assert told.period is not None
    assert told.period.number == 2


def test_the_export_holds_activity_and_payments(network: Network) -> None:
    network.happen("work", "agent-maker", "1.5", "h")
    network.happen("work", "agent-maker", "1", "h")
    network.earn(10_000)
    row = network.close(1)
    text = csv_of(statements_of(network.session, "agent-maker"))
    activity, dividend = csv.DictReader(io.StringIO(text))
    assert (activity["kind"], activity["events"]) == ("work h", "2")
    assert (activity["quantity"], activity["points"]) == ("2.5", "50")
    assert (dividend["amount"], dividend["currency"]) == ("21.00", "EUR")
    assert dividend["close_sha256"] == row.sha256
