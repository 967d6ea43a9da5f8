"""The tables of a file are the columns that are written down."""

from collections.abc import Iterator
from hashlib import sha256

import duckdb
import pytest

from schema.ddl import LAYOUT_TABLE, LAYOUT_VERSION, TABLES
from schema.rollup import ROLLUP_TABLES
from schema.session import SESSION_COLUMNS, UPDATE_COLUMNS, Column

NAMES = {
    LAYOUT_TABLE,
    *ROLLUP_TABLES,
    "adoptions",
    "computed_adoptions",
    "environments",
    "folded_sessions",
    "grants",
    "keys",
    "loads",
    "organizations",
    "overtaken",
    "pending_updates",
    "people",
    "projects",
    "releases",
    "session_updates",
    "stale_days",
    "tokens",
    "upkeep",
}


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Make a database in memory with all tables."""
    with duckdb.connect() as connection:
        for statement in TABLES:
            connection.execute(statement)
        yield connection


def columns_of(database: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """List the columns of a table with their types, as DuckDB knows them."""
    rows = database.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $table"
        " ORDER BY column_index",
        {"table": table},
    )
    return [(name, kind) for name, kind in rows.fetchall()]


def test_all_tables_are_there(database: duckdb.DuckDBPyConnection) -> None:
    """A new file has these tables and no others."""
    rows = database.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()

    assert {name for (name,) in rows} == NAMES


DESCRIBED = {
    "session_updates": UPDATE_COLUMNS,
    "folded_sessions": SESSION_COLUMNS,
    **ROLLUP_TABLES,
}


@pytest.mark.parametrize(("table", "columns"), DESCRIBED.items(), ids=DESCRIBED.keys())
def test_table_has_the_described_columns(
    database: duckdb.DuckDBPyConnection, table: str, columns: tuple[Column, ...]
) -> None:
    """Names, types and order are those of the description."""
    expected = [(column.name, column.sql_type) for column in columns]

    assert columns_of(database, table) == expected


KEYS = {
    "organization-slug": "INSERT INTO organizations VALUES (2, 'acme', '', NULL)",
    "organization-id": "INSERT INTO organizations VALUES (1, 'other', '', NULL)",
    "project-id": "INSERT INTO projects VALUES (1, 2, 'other', '')",
    "project-slug": "INSERT INTO projects VALUES (2, 1, 'web', '')",
    "environment": "INSERT INTO environments VALUES (1, 'prod')",
    "release": "INSERT INTO releases VALUES (1, 'a', NULL)",
    "adoption": "INSERT INTO adoptions VALUES (1, 'prod', 'a', NULL, NULL, false)",
    "token-digest": "INSERT INTO tokens VALUES (2, '', 'digest', NULL, NULL)",
    "load": "INSERT INTO loads VALUES ('digest', NULL)",
}


@pytest.mark.parametrize("statement", KEYS.values(), ids=KEYS.keys())
def test_what_must_be_there_once_cannot_be_twice(
    database: duckdb.DuckDBPyConnection, statement: str
) -> None:
    """Names within their owner, and ids, are unique by the tables themselves."""
    for first in (
        "INSERT INTO organizations VALUES (1, 'acme', '', NULL)",
        "INSERT INTO projects VALUES (1, 1, 'web', '')",
        "INSERT INTO environments VALUES (1, 'prod')",
        "INSERT INTO releases VALUES (1, 'a', NULL)",
        "INSERT INTO adoptions VALUES (1, 'prod', 'a', NULL, NULL, false)",
        "INSERT INTO tokens VALUES (1, '', 'digest', NULL, NULL)",
        "INSERT INTO loads VALUES ('digest', NULL)",
    ):
        database.execute(first)

    with pytest.raises(duckdb.ConstraintException):
        database.execute(statement)


def test_layout_has_a_number() -> None:
    """Whoever changes a table, or the rule that a file keeps in its view, has to raise it, too."""
    spelled = "".join(" ".join(statement.split()) for statement in TABLES)

    assert (LAYOUT_VERSION, sha256(spelled.encode()).hexdigest()[:16]) == (4, "753569622ccea0d2")
