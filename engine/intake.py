"""From rows of a file to session updates, normalised, and reports about the rows that are bad.

Owns the nouns of loading and the walk through one batch. Does not know the rules (`engine.rules`),
nor how updates are stored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import compute

from engine.columns import Form, formed
from engine.errors import LoadError
from engine.reading import INCOMING, INPUTS
from engine.rules import CHECKS, PROBLEM, UNKNOWN_PROJECT, statement
from schema.session import ARRIVAL, REPORTED_COLUMNS

LINE: Final = "\x00line"
"""A column of ours beside a file's own: the line of each row, where lines have gaps."""

REPORTED_ROWS: Final = 100
"""How many bad rows are named; the others are only counted."""

_SHOWN_CHARACTERS = 40

_ARROW_TYPES: Mapping[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "UUID": pa.string(),
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "DOUBLE": pa.float64(),
}

REPORTED_SCHEMA: Final = pa.schema(
    [(column.name, _ARROW_TYPES[column.sql_type]) for column in REPORTED_COLUMNS]
)
"""The columns of an update as they leave here; a UUID is text in canonical spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be loaded: its line or row number, from 1, and one sentence why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a file: row `i` is line `first_line + i`, unless the column LINE says more.

    `bad` are the lines that could not even become rows; they are not in the table.
    """

    table: pa.Table
    first_line: int
    bad: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One batch, normalised: `updates` is of REPORTED_SCHEMA, in the order of the rows.

    `bad` names the first REPORTED_ROWS bad rows, `bad_count` counts all of them. The good ones are
    `update_count` updates and `counted_count` pre-counted rows.
    """

    updates: pa.Table
    bad: tuple[BadRow, ...]
    bad_count: int
    ignored_columns: tuple[str, ...]
    update_count: int
    counted_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did: how many updates and pre-counted rows it added, and what it left out.

    `skipped` names the first REPORTED_ROWS of the `skipped_count` bad rows. `known` says that the
    file had been loaded before, so that nothing was changed.
    """

    updates: int
    counted: int
    skipped: tuple[BadRow, ...]
    skipped_count: int
    ignored_columns: tuple[str, ...]
    known: bool


class LoadRejected(LoadError):
    """Some rows are bad, so nothing was loaded.

    `bad` names the first REPORTED_ROWS of them, `bad_count` counts all.
    """

    code = "load.rejected"

    def __init__(self, bad: tuple[BadRow, ...], bad_count: int) -> None:
        """Say how many, and show the first."""
        subject = "1 row is bad" if bad_count == 1 else f"{bad_count} rows are bad"
        first = "".join(f" Line {row.line}: {row.reason}." for row in bad[:1])
        super().__init__(f"{subject}, and nothing was loaded.{first}")
        self.bad = bad
        self.bad_count = bad_count


def normalise(
    table: pa.Table,
    *,
    connection: duckdb.DuckDBPyConnection,
    first_line: int,
    projects: frozenset[int],
) -> Intake:
    """Read the rows of a batch as session updates, by the rules, in one statement.

    `connection` computes only: its tables are not touched. It must keep the order of rows, as it
    does by default. Columns that mean nothing to us are named, and ignored.

    Raises:
        LoadError: two columns have the same name, or the table's bytes are not what Arrow allows.

    """
    _refuse_broken(table)
    judged = _judged(table, connection)
    problems = _with_unknown_projects(judged, projects)
    good = judged.drop_columns([PROBLEM])
    bad_count = len(problems) - problems.null_count
    if bad_count:
        good = good.filter(problems.is_null())
    updates = good.cast(REPORTED_SCHEMA)
    counted = updates["session_id"].null_count
    return Intake(
        updates=updates,
        bad=_bad_rows(table, problems, first_line) if bad_count else (),
        bad_count=bad_count,
        ignored_columns=tuple(name for name in table.column_names if name not in {*INPUTS, LINE}),
        update_count=len(updates) - counted,
        counted_count=counted,
    )


def numbered(updates: pa.Table, first: int) -> pa.Table:
    """Add the running numbers of arrival, beginning with `first`."""
    numbers = pa.array(np.arange(first, first + len(updates)))
    return updates.add_column(0, ARRIVAL.name, numbers)


def _refuse_broken(table: pa.Table) -> None:
    for name in INPUTS:
        if table.column_names.count(name) > 1:
            message = f"the column {name} is there twice"
            raise LoadError(message)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        message = f"the rows are damaged: {error}"
        raise LoadError(message) from error


def _judged(table: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    given = {name: formed(table[name]) for name in INPUTS if name in table.column_names}
    columns = {name: column for name, (column, form) in given.items() if form is not Form.ABSENT}
    if not columns:
        columns = {INPUTS[0]: pa.chunked_array([pa.nulls(len(table), pa.int64())])}
    connection.register(INCOMING, pa.table(columns))
    try:
        text = _statement(tuple((name, form) for name, (_, form) in given.items()))
        return connection.sql(text).to_arrow_table()
    finally:
        connection.unregister(INCOMING)


def _with_unknown_projects(judged: pa.Table, projects: frozenset[int]) -> pa.ChunkedArray:
    known = compute.is_in(judged["project_id"], value_set=pa.array(projects, pa.int64()))
    problems = judged[PROBLEM]
    earlier = compute.fill_null(compute.less(problems, UNKNOWN_PROJECT), False)  # noqa: FBT003  (the fill)
    fine = compute.or_(known, earlier)
    return compute.if_else(fine, problems, pa.scalar(UNKNOWN_PROJECT, problems.type))


@lru_cache(maxsize=64)
def _statement(forms: tuple[tuple[str, Form], ...]) -> str:
    return statement(dict(forms))


def _bad_rows(table: pa.Table, problems: pa.ChunkedArray, first_line: int) -> tuple[BadRow, ...]:
    positions = compute.indices_nonzero(problems.is_valid())[:REPORTED_ROWS]
    rows = table.take(positions)
    return tuple(
        BadRow(line=_line(rows, index, first_line + position), reason=_reason(rows, index, problem))
        for index, (position, problem) in enumerate(
            zip(positions.to_pylist(), problems.take(positions).to_pylist(), strict=True)
        )
    )


def _line(rows: pa.Table, index: int, counted: int) -> int:
    if LINE not in rows.column_names:
        return counted
    line: int = rows[LINE][index].as_py()
    return line


def _reason(rows: pa.Table, index: int, problem: int) -> str:
    check = CHECKS[problem]
    value = rows[check.column][index].as_py() if check.column in rows.column_names else None
    found = "missing" if value is None else shown(value)
    return f"{check.column} is {found}; it must be {check.needs}"


def shown(value: object) -> str:
    """Spell a value for a reason: as in JSON where it can be, and not too long."""
    try:
        text = printable(json.dumps(value, ensure_ascii=False, default=str))
    except ValueError:
        return "a value that cannot be written down"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def printable(text: str) -> str:
    """Spell any text so that it can be shown and written as UTF-8: other characters are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
