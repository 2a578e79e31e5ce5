"""Every kind of event we record validates against ValueFlows' own JSON schemas."""

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from sqlalchemy.orm import Session

from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import UNITS_OF_ACTION, EconomicEvent
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.valueflows import valueflows
from tests.data import DATA

SCHEMAS = DATA / "valueflows/json-schemas"


@pytest.mark.skipif(not SCHEMAS.exists(), reason="FABCOMMONS_DATA has no schemas")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_kind_of_event_validates(
    session: Session, an_event: Callable[..., EconomicEvent], key: SigningKey
) -> None:
    kinds = [(act, unit) for act, units in UNITS_OF_ACTION.items() for unit in units]
    events = [
        an_event(number, action=action, unit=unit)
        for number, (action, unit) in enumerate(kinds)
    ]
    correct = next(event for event in events if event.action == "use")
    events.append(an_event(99, quantity="-1.5", corrects=correct.id))
    for event in events:
        append_witnessed(session, event, key=key, recorded_at=event.occurred_at)
    sequence(session)
    told = list(valueflows(session, start=0, limit=1000))
    assert len(told) == len(kinds) + 1
    schemas = [json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))]
    registry = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in schemas]
    )
    whole = next(schema for schema in schemas if schema["title"] == "EconomicEvent")
    check = Draft7Validator(whole, registry=registry, format_checker=FormatChecker())
    for one in told:
        check.validate(one)
    assert not check.is_valid(told[0] | {"action": 3})
