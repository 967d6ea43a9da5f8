"""Running the statements of a plan in one unchanging state of the database.

Owns the only input and output of a read, and its time limit. Does not know what the columns mean.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from engine.errors import QueryTimeout, StorageUnavailable
from engine.sql.statement import Statement
from engine.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Runs statements against one state of the database, until `expired` is set."""

    cursor: duckdb.DuckDBPyConnection
    expired: threading.Event

    def run(self, statement: Statement) -> pa.Table:
        """Give the statement's rows; QueryTimeout once the reader's time is over."""
        try:
            rows = self._rows(statement)
        except duckdb.InterruptException as error:
            raise QueryTimeout from error
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            message = f"The store cannot answer: {error}"
            raise StorageUnavailable(message) from error
        if self.expired.is_set():
            raise QueryTimeout
        return rows

    def _rows(self, statement: Statement) -> pa.Table:
        """Read without asking first: an interrupt that came before a statement is forgotten."""
        if self.expired.is_set():
            raise QueryTimeout
        return self.cursor.sql(statement.text, params=statement.parameters).to_arrow_table()


@contextmanager
def reader(storage: Storage, *, timeout_seconds: float) -> Iterator[Reader]:
    """Open one state of the database for all statements of one answer."""
    expired = threading.Event()
    with storage.reading() as cursor:

        def stop() -> None:
            expired.set()
            cursor.interrupt()

        timer = threading.Timer(timeout_seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield Reader(cursor=cursor, expired=expired)
        finally:
            timer.cancel()
