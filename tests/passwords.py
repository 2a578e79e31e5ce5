"""Passwords whose check costs a test nothing: an argon2 hash says itself how much work it is."""

from pwdlib.hashers.argon2 import Argon2Hasher

_quick = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


def quickly_hashed(password: str) -> str:
    """What `logins.hashed` gives, with a thousandth of its work to make and to check."""
    return _quick.hash(password)
