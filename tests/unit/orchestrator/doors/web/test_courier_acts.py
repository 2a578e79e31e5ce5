"""An act carries its own id and time; a phone's clock is believed only so far."""

from datetime import datetime, timedelta

import pytest

from orchestrator.doors.web.acts import AGE_MAX, act_of
from orchestrator.foundation.errors import InvalidInputError

ID = "act-00112233445566778899aabbccddeeff"


def test_an_act_keeps_the_time_it_was_done(noon: datetime) -> None:
    done_at = noon - timedelta(hours=2)
    act = act_of({"act_id": ID, "acted_at": done_at.isoformat()}, now=noon)
    assert (act.id, act.done_at) == (ID, done_at)


@pytest.mark.parametrize("off", [timedelta(seconds=1), -AGE_MAX - timedelta(seconds=1)])
def test_a_time_that_cannot_be_is_now(noon: datetime, off: timedelta) -> None:
    act = act_of({"act_id": ID, "acted_at": (noon + off).isoformat()}, now=noon)
    assert act.done_at == noon


def test_a_plain_form_gets_a_fresh_id_each_time(noon: datetime) -> None:
    assert act_of({}, now=noon).id != act_of({}, now=noon).id


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"act_id": "A B"}, "act_id"), ({"acted_at": "yesterday"}, "acted_at")],
)
def test_what_cannot_be_read_is_named(
    noon: datetime, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        act_of(fields, now=noon)
    assert refusal.value.field == field
