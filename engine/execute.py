"""Running the statement of a plan.

Owns the only input and output of a read, and its time limit. Does not know what the columns mean.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, cast

import duckdb

from engine.deadline import Deadlines
from engine.errors import QueryTimeout, StorageUnavailable
from engine.sql.lower import Statement
from engine.storage import Storage

_DEADLINES = Deadlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What storage answers a statement with: `count` rows, as columns by name."""

    columns: Mapping[str, tuple[object, ...]]
    count: int

    def keys(self, name: str) -> Sequence[int | str]:
        """Give a key's column."""
        return cast("Sequence[int | str]", self.columns[name])

    def numbers(self, name: str) -> Sequence[int | float | None]:
        """Give a measure's column."""
        return cast("Sequence[int | float | None]", self.columns[name])

    def places(self, name: str) -> Sequence[int | None]:
        """Give a column of positions; nulls if the rows have none."""
        return cast("Sequence[int | None]", self.columns.get(name, (None,) * self.count))


def run(statement: Statement, storage: Storage, *, timeout_seconds: float) -> Rows:
    """Give the statement's rows; QueryTimeout once the time is over."""
    with storage.reading() as cursor, within(timeout_seconds, cursor):
        return run_on(statement, cursor)


class Interruptible(Protocol):
    """What can be stopped from another thread."""

    def interrupt(self) -> None:
        """Stop what is under way."""


@contextmanager
def within(seconds: float, cursor: Interruptible) -> Iterator[None]:
    """Stop what a cursor does once the time is over; QueryTimeout if the block took longer."""
    began = time.monotonic()
    with _DEADLINES.within(seconds, cursor.interrupt):
        try:
            yield
        except duckdb.InterruptException as error:
            raise QueryTimeout from error
    if time.monotonic() - began > seconds:
        raise QueryTimeout


def run_on(statement: Statement, cursor: duckdb.DuckDBPyConnection) -> Rows:
    """Fetch plain rows: asked for Arrow, DuckDB 2.0 plans each statement twice."""
    try:
        rows = cursor.execute(statement.text, statement.parameters).fetchall()
    except duckdb.InterruptException as error:
        raise QueryTimeout from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        message = f"The store cannot answer: {error}"
        raise StorageUnavailable(message) from error
    names = [column[0] for column in cursor.description or ()]
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return Rows(columns=dict(zip(names, columns, strict=True)), count=len(rows))
