"""What people type as an amount, and what goes into tables that they take along."""

import pytest

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.money import cents_of
from orchestrator.foundation.tables import csv_text


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12", 1200),
        (" 12.5 ", 1250),
        ("12,50", 1250),
        ("1 200,50", 120_050),
        ("-3", -300),
        ("0.07", 7),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, cents: int) -> None:
    assert cents_of(typed, "amount") == cents


@pytest.mark.parametrize(
    "typed",
    [
        *("", "1.234", "1,2,3", "1 2", "12 00", "1e3", "nan", "٣", "1_0", "--1", "+1"),
        *(".5", "5.", "9" * 13, "12 EUR"),
    ],
)
def test_no_other_writing_is_an_amount(typed: str) -> None:
    with pytest.raises(InvalidInputError, match=r"12\.50"):
        cents_of(typed, "amount")


def test_no_cell_is_a_formula_and_numbers_stay_numbers() -> None:
    rows = [("=1+1", "-2.50", "-x"), ("@a", None, 3), ('say "a", b', "\tx", "+1")]
    assert csv_text(("a", "b", "c"), rows) == (
        'a,b,c\r\n\'=1+1,-2.50,\'-x\r\n\'@a,,3\r\n"say ""a"", b",\'\tx,\'+1\r\n'
    )
