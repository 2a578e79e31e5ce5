"""Codes that people read, say and type: no 0, O, 1 or I, in groups."""

import hmac
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32: five bits a letter
HAND_OVER_GROUPS: Final = (3, 4)
TRACK_GROUPS: Final = (4, 4, 4)

Entropy = Callable[[int], bytes]  # os.urandom, or a seeded one in tests


def hand_over_code(entropy: Entropy) -> str:
    """A fresh code for a pickup or a delivery, as 'ABC-2345': 35 random bits."""
    return _drawn(HAND_OVER_GROUPS, entropy)


def track_code(entropy: Entropy) -> str:
    """A fresh code that lets anybody follow an order: 60 random bits."""
    return _drawn(TRACK_GROUPS, entropy)


def normal(text: str) -> str:
    """A code as somebody typed it, without spaces, dashes and small letters."""
    return "".join(text.upper().replace("-", " ").split())


def is_same(typed: str, code: str) -> bool:
    """Whether `typed` is `code`, in a time that tells nothing about where it differs."""
    return hmac.compare_digest(normal(typed).encode(), normal(code).encode())


def grouped(letters: str, groups: tuple[int, ...]) -> str:
    """Normal letters with a dash between the groups."""
    starts = [sum(groups[:index]) for index in range(len(groups))]
    return "-".join(
        letters[start : start + size]
        for start, size in zip(starts, groups, strict=True)
    )


def _drawn(groups: tuple[int, ...], entropy: Entropy) -> str:
    letters = (ALPHABET[octet & 31] for octet in entropy(sum(groups)))
    return grouped("".join(letters), groups)
