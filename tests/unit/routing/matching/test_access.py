"""Kinds of access are what people call them, in four languages, and OKW's words."""

import pytest

from routing.matching.access import access_called, access_named


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Membership", "members"),
        ("nur für Mitglieder", "members"),
        ("Restricted with public hours", "hours"),
        ("Restricted", "restricted"),
        ("Shared space", "shared"),
        ("Public", "public"),
        ("sur rendez-vous", "appointment"),
        ("alumnos", "schools"),
        ("Friends of the house", "friends of the house"),
    ],
)
def test_what_it_is_called(word: str, code: str) -> None:
    assert access_named(word) == code


def test_it_is_told_in_the_language_of_who_asks() -> None:
    assert access_called("Membership", "fr") == "membres"
    assert access_called("Membership", "xx") == "members"
    assert access_called("friends", "de") == "friends"
