"""Every column that could hold something of a person is told of: a new one fails here."""

import pytest
from sqlalchemy import JSON, Float, LargeBinary, String, Table

from orchestrator.belongings.columns import TABLES
from orchestrator.belongings.purposes import PURPOSES
from orchestrator.foundation.database import Base
from orchestrator.foundation.migrate import know_all_rows

know_all_rows()
KNOWN = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
WORDS = (String, JSON, LargeBinary, Float)  # Text is a String


@pytest.mark.parametrize("table", KNOWN, ids=lambda table: table.name)
def test_each_column_of_the_table_is_told_of_once(table: Table) -> None:
    told = TABLES[table.name]
    of_words = [one.name for one in table.columns if isinstance(one.type, WORDS)]
    named = [name for name in told.named if name in of_words]
    assert sorted(named) == sorted(of_words)
    assert set(told.named) <= set(table.columns.keys())
    assert set(told.withheld.split()) <= set(table.columns.keys())


@pytest.mark.parametrize("table", KNOWN, ids=lambda table: table.name)
def test_whose_number_stands_in_a_column_is_told_as_a_number(table: Table) -> None:
    told = TABLES[table.name]
    for column in table.columns:
        if any(key.column.table.name == "agent" for key in column.foreign_keys):
            assert column.name in told.plain.split()


def test_what_is_a_members_own_is_named_by_columns_and_tables_there_are() -> None:
    assert set(TABLES) == {table.name for table in KNOWN}
    for name, told in TABLES.items():
        for column, leads_to in told.own:
            assert column.removesuffix("~") in Base.metadata.tables[name].columns
            assert not leads_to or TABLES[leads_to].own


def test_all_that_is_a_members_own_has_a_purpose_and_is_in_the_archive() -> None:
    told = [table for one in PURPOSES for table in one.tables]
    assert sorted(told) == sorted(name for name, one in TABLES.items() if one.own)
