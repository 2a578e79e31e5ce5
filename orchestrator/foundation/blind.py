"""Blind RSA signatures: what is signed is seen by nobody but who asked for it.

Chaum (1983) over a full-domain hash; that no more can be had than were signed is proven
in Bellare, Namprempre, Pointcheval and Semanko (2003), doi:10.1007/s00145-002-0120-1.
"""

import secrets
from dataclasses import dataclass, field
from math import gcd
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from orchestrator.foundation.errors import InvalidInputError

EXPONENT: Final = 65_537
BITS: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindKey:
    """The modulus that is public, and the exponent that signs."""

    n: int
    d: int = field(repr=False)


def new_blind_key() -> BlindKey:
    """A fresh key, to be used for one thing only."""
    numbers = rsa.generate_private_key(EXPONENT, BITS).private_numbers()
    return BlindKey(n=numbers.public_numbers.n, d=numbers.d)


def sign_blinded(key: BlindKey, blinded: int) -> int:
    """Sign a number that only the asker can unblind. Errors: InvalidInputError.

    The number is masked first, so that the time it takes tells nothing of the key, and
    the answer is checked, so that a fault of the machine does not either.
    """
    if not 1 < blinded < key.n - 1 or gcd(blinded, key.n) != 1:
        raise InvalidInputError("no number that this key can sign", field="blinded")
    mask = secrets.randbelow(key.n - 2) + 2
    masked = blinded * pow(mask, EXPONENT, key.n) % key.n
    signature = pow(masked, key.d, key.n) * pow(mask, -1, key.n) % key.n
    if pow(signature, EXPONENT, key.n) != blinded:
        raise ArithmeticError("the signature does not fit: it is not given out")
    return signature
