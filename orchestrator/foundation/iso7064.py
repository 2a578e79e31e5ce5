"""Check digits of ISO 7064 MOD 97-10, as IBANs and creditor references have them."""

from typing import Final

from orchestrator.foundation.errors import InvalidInputError

MODULUS: Final = 97


def remainder(text: str) -> int:
    """What is left of the text as a number, letters being 10 to 35.

    Errors: InvalidInputError for anything but A-Z and 0-9.
    """
    if not (text.isascii() and text.isalnum() and text == text.upper()):
        raise InvalidInputError(f"letters and digits only, got {text[:40]!r}")
    return int("".join(str(int(letter, 36)) for letter in text)) % MODULUS


def creditor_reference(number: int) -> str:
    """The ISO 11649 reference of a number: `RF`, two check digits, the number."""
    rest = str(number)
    return f"RF{98 - remainder(f'{rest}RF00'):02}{rest}"


def checked_iban(typed: str) -> str:
    """The IBAN without gaps, when its check digits are right (ISO 13616).

    Errors: InvalidInputError, which does not repeat what was typed: it is personal.
    """
    iban = "".join(typed.split()).upper()
    is_formed = 15 <= len(iban) <= 34 and iban.isascii() and iban.isalnum()
    if not (is_formed and iban[:2].isalpha() and iban[2:4].isdecimal()):
        raise InvalidInputError(
            "an IBAN is like FI21 1234 5600 0007 85: two letters, then 13 to 32 more",
            field="iban",
        )
    if remainder(iban[4:] + iban[:4]) != 1:
        raise InvalidInputError(
            "this IBAN's check digits are wrong: look at it again", field="iban"
        )
    return iban
