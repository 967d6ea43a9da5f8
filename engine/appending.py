"""One batch of rows, appended to `session_updates` by the rules.

Owns the walk through a batch: its columns brought to forms, its users numbered, its good rows
appended in one statement, its bad rows found. Does not know the rules (`engine.rules`), nor what
becomes of the updates.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import numpy as np
import pyarrow as pa

from engine.columns import Form, encoded, formed, texts_of
from engine.errors import LoadError
from engine.fold import new_people
from engine.intake import LINE, REPORTED_ROWS, BadRow, Batch, Intake, reason
from engine.reading import INCOMING, INPUTS, POSITION
from engine.release import environment_name_problem, release_name_problem
from engine.rules import USERS, problems, updates, users

_NAMES = {"release": release_name_problem, "environment": environment_name_problem}
_MOST_NAMES = 20_000
"""So many different names are looked at one by one; where there are more, each row is."""

_ROW_GROUP = 122_880
"""So many rows DuckDB keeps together."""

_COUNT_NEW = "SELECT count(*) FROM newcomers"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    problems: str
    users: str
    users_of_good_rows: str
    append: str


def append_batch(
    cursor: duckdb.DuckDBPyConnection, batch: Batch, *, first: int, skip_bad: bool
) -> Intake:
    """Append the good rows of a batch: row `i` as arrival `first + i`.

    Columns that mean nothing to us are named, and ignored. Unless `skip_bad` says that the good
    rows are wanted even if some are bad, people may be numbered whom only bad rows name.

    Raises:
        LoadError: two columns have the same name, or the table's bytes are not what Arrow allows.

    """
    table = batch.table
    _refuse_broken(table)
    bad: list[tuple[int, int]] = []
    appended = 0
    with _incoming(cursor, table) as forms:
        statements = _statements(forms)
        if skip_bad:
            bad = cursor.execute(statements.problems).fetchall()
        if len(bad) < len(table):
            told = statements.users_of_good_rows if bad else statements.users
            with _visible(cursor, USERS, cursor.sql(told).to_arrow_table()):
                _number_people(cursor)
                ((appended,),) = cursor.execute(statements.append, {"first": first}).fetchall()
        if appended + len(bad) < len(table):
            bad = cursor.execute(statements.problems).fetchall()
    return Intake(
        appended=appended,
        bad=_bad_rows(table, bad[:REPORTED_ROWS], batch.first_line),
        bad_count=len(bad),
        ignored_columns=tuple(name for name in table.column_names if name not in {*INPUTS, LINE}),
    )


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


@contextmanager
def _incoming(
    cursor: duckdb.DuckDBPyConnection, table: pa.Table
) -> Iterator[tuple[tuple[str, Form], ...]]:
    """Let a cursor see the rows as INCOMING, and give the forms of their columns."""
    given = {name: _formed(name, table[name]) for name in INPUTS if name in table.column_names}
    columns = {name: column for name, (column, form) in given.items() if form is not Form.ABSENT}
    columns = {
        POSITION: pa.array(np.arange(len(table))),
        "distinct_id": pa.nulls(len(table)),
        **columns,
    }
    with _visible(cursor, INCOMING, _in_row_groups(pa.table(columns))):
        yield tuple((name, form) for name, (_, form) in given.items())


def _in_row_groups(table: pa.Table) -> pa.Table:
    """Cut a table as the database will: each piece is written by one thread, as far as it goes.

    A smaller piece would be kept as it is, and put together with others when the log is written
    over, which writes all of them anew.
    """
    pieces = table.combine_chunks().to_batches(max_chunksize=_ROW_GROUP)
    return pa.Table.from_batches(pieces, table.schema)


class _Table:
    """A table to be read until it is taken away."""

    def __init__(self, table: pa.Table) -> None:
        self._table: pa.Table | None = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        assert self._table is not None
        return self._table.__arrow_c_stream__(requested_schema)

    def take_away(self) -> None:
        self._table = None


@contextmanager
def _visible(cursor: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """Let a cursor see a table by a name.

    DuckDB keeps what was registered until the transaction ends, and all batches of a load are in
    one. Nothing can be unregistered after a failure, but then the transaction ends.
    """
    shown = _Table(table)
    cursor.register(name, shown)
    yield
    cursor.unregister(name)
    shown.take_away()


def _formed(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Form]:
    """Bring a column to a form; of names, which are few, find out here whether all are allowed."""
    column, form = formed(column)
    if form is not Form.TEXT or name not in _NAMES:
        return column, form
    column = encoded(column)
    names = texts_of(column, most=_MOST_NAMES)
    allowed = names is not None and not any(map(_NAMES[name], names))
    return column, Form.NAME if allowed else form


@lru_cache(maxsize=64)
def _statements(given: tuple[tuple[str, Form], ...]) -> _Statements:
    forms: Mapping[str, Form] = dict(given)
    return _Statements(
        problems=problems(forms),
        users=users(forms, of_good_rows=False),
        users_of_good_rows=users(forms, of_good_rows=True),
        append=f"INSERT INTO session_updates {updates(forms)}",
    )


def _number_people(cursor: duckdb.DuckDBPyConnection) -> None:
    """Give numbers to users who have none yet; nobody is never inserted (see `engine.folding`)."""
    cursor.execute(f"CREATE TEMP TABLE newcomers AS {new_people(USERS)}")
    ((count,),) = cursor.execute(_COUNT_NEW).fetchall()
    if count:
        cursor.execute("INSERT INTO people FROM newcomers")
    cursor.execute("DROP TABLE newcomers")


def _bad_rows(table: pa.Table, bad: list[tuple[int, int]], first_line: int) -> tuple[BadRow, ...]:
    rows = table.take(pa.array([position for position, _ in bad], pa.int64()))
    return tuple(
        BadRow(line=_line(rows, index, first_line + position), reason=reason(rows, index, problem))
        for index, (position, problem) in enumerate(bad)
    )


def _line(rows: pa.Table, index: int, counted: int) -> int:
    if LINE not in rows.column_names:
        return counted
    line: int = rows[LINE][index].as_py()
    return line
