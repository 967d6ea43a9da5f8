"""Running the statement of a plan.

Owns the only input and output of a read, and its time limit. Does not know what the columns mean.
"""

import threading

import duckdb
import pyarrow as pa

from engine.errors import QueryTimeout, StorageUnavailable
from engine.sql.lower import Statement
from engine.storage import Storage


def run(statement: Statement, storage: Storage, *, timeout_seconds: float) -> pa.Table:
    """Give the statement's rows; QueryTimeout once the time is over."""
    expired = threading.Event()
    with storage.reading() as cursor:

        def stop() -> None:
            expired.set()
            cursor.interrupt()

        timer = threading.Timer(timeout_seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            rows = _rows(statement, cursor)
        finally:
            timer.cancel()
    if expired.is_set():
        raise QueryTimeout
    return rows


def _rows(statement: Statement, cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    try:
        return cursor.sql(statement.text, params=statement.parameters).to_arrow_table()
    except duckdb.InterruptException as error:
        raise QueryTimeout from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        message = f"The store cannot answer: {error}"
        raise StorageUnavailable(message) from error
