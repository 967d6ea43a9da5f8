"""Running the statement of a plan.

Owns the only input and output of a read, and its time limit. Does not know what the columns mean.
"""

import warnings

import duckdb
import pyarrow as pa

from engine.deadline import Deadlines
from engine.errors import QueryTimeout, StorageUnavailable
from engine.sql.lower import Statement
from engine.storage import Storage

warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
"""The copy it warns of is of a small answer; the way around it plans every statement twice."""

_DEADLINES = Deadlines()


def run(statement: Statement, storage: Storage, *, timeout_seconds: float) -> pa.Table:
    """Give the statement's rows; QueryTimeout once the time is over."""
    with (
        storage.reading() as cursor,
        _DEADLINES.within(timeout_seconds, cursor.interrupt) as over,
    ):
        rows = _rows(statement, cursor)
    if over.is_set():
        raise QueryTimeout
    return rows


def _rows(statement: Statement, cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    try:
        return cursor.execute(statement.text, statement.parameters).to_arrow_table()
    except duckdb.InterruptException as error:
        raise QueryTimeout from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        message = f"The store cannot answer: {error}"
        raise StorageUnavailable(message) from error
