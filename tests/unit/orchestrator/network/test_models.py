"""The catalogue of models is whole, its words are the matcher's, and people find theirs."""

import pytest

from orchestrator.network.abilities import checked_ability
from orchestrator.network.machines import HOURLY_CENTS
from orchestrator.network.models import find_models, model_titled, models
from routing.matching.processes import PROCESSES


def test_every_model_can_be_said_as_it_is_and_matched() -> None:
    found = models()
    assert len(found) >= 150
    assert len({one.title for one in found}) == len(found)
    for one in found:
        assert one.source == "maker"
        assert one.kind in {*HOURLY_CENTS, "other"}
        assert set(one.values["processes"]) <= set(PROCESSES), one.title
        assert {"envelope_mm", "sheet_mm"} & set(one.values) or one.values["processes"] == ["TEX-SEW"]  # fmt: skip
        for field, value in one.values.items():
            assert checked_ability(field, value) == value, one.title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("prusa mk4", "Original Prusa MK4"),
        ("ender3", "Creality Ender-3"),
        ("srm-20", "Roland monoFab SRM-20"),
        ("Speedy 100", "Trotec Speedy 100"),
        ("ultimaker 2+", "Ultimaker 2+"),
    ],
)
def test_people_find_their_model(text: str, title: str) -> None:
    found = [one.title for one in find_models(text)]
    assert title in [name.removeprefix("Prusa Research ").removeprefix("UltiMaker ") for name in found][:2]  # fmt: skip


def test_what_nobody_knows_is_not_guessed() -> None:
    assert find_models("steam engine") == []
    assert find_models("  ") == ()
    assert model_titled("") is None
