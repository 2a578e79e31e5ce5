"""Device agents are told a broker's name that they can reach from where they are."""

import pytest

from orchestrator.entry.settings import load

PUBLIC = "https://fab.example.org"


@pytest.mark.parametrize(
    ("listen", "public_url", "told"),
    [
        ("127.0.0.1", PUBLIC, "127.0.0.1"),
        ("0.0.0.0", PUBLIC, "fab.example.org"),  # noqa: S104
        ("::", PUBLIC, "fab.example.org"),
        ("192.168.7.5", PUBLIC, "192.168.7.5"),
    ],
)
def test_an_own_broker_is_named_as_it_can_be_reached(
    listen: str, public_url: str, told: str
) -> None:
    settings = load(
        {
            "FABCOMMONS_BROKER_LISTEN": listen,
            "FABCOMMONS_PUBLIC_URL": public_url,
        }
    )
    assert settings.broker_name == told
