"""The one database file and the connection to it.

Owns opening, closing, cursors and the turn to write. Does not know what the tables mean.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from engine.errors import StorageUnavailable
from schema.ddl import LAYOUT_TABLE, LAYOUT_VERSION, TABLES

IN_MEMORY = ":memory:"


class Storage:
    """One open database. Readers take cursors of their own; writers take turns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, place: str) -> None:
        """Wrap an open connection whose tables are of our layout."""
        self._connection = connection
        self._turn = threading.RLock()
        self._deriving_turn = threading.Lock()
        self.place = place

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> "Storage":
        """Open or create the file, or a database in memory; StorageUnavailable says why not."""
        place = IN_MEMORY if path is None else str(path)
        config: dict[str, str | bool | int | float | list[str]] = {}
        if memory_limit is not None:
            config["memory_limit"] = memory_limit
        if threads is not None:
            config["threads"] = threads
        connection = _connect(place, config)
        try:
            _check_layout(connection, place)
        except BaseException:
            connection.close()
            raise
        return cls(connection, place=place)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor to read with; each statement sees one unchanging state of the database."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        except duckdb.Error as error:
            if _is_failure(error):
                message = f"{self.place} cannot be read: {error}"
                raise StorageUnavailable(message) from error
            raise
        finally:
            cursor.close()

    @contextmanager
    def deriving(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor like that of `writing`, for tables that nobody else writes.

        Writers go on meanwhile, so their tables are only read, as they were at the beginning.
        """
        with self._deriving_turn, self._transaction() as cursor:
            yield cursor

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor whose changes are kept together at the end, or not at all."""
        with self._turn, self._transaction() as cursor:
            yield cursor

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION")
            yield cursor
            cursor.execute("COMMIT")
        except BaseException as error:
            if _is_failure(error):
                message = f"{self.place} cannot be written: {error}"
                raise StorageUnavailable(message) from error
            cursor.execute("ROLLBACK")
            raise
        finally:
            cursor.close()

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        with self._deriving_turn, self._turn:
            self._connection.close()


def _is_failure(error: BaseException) -> bool:
    """Tell whether the store failed, not the statement; a wrong checksum is a plain Error."""
    failures = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException)
    return isinstance(error, failures) or type(error) is duckdb.Error


def _connect(
    place: str, config: dict[str, str | bool | int | float | list[str]]
) -> duckdb.DuckDBPyConnection:
    if place != IN_MEMORY:
        _check_place(Path(place))
    try:
        return duckdb.connect(place, config=config)
    except duckdb.IOException as error:
        text = str(error)
        if "Could not set lock on file" in text:
            message = (
                f"{place} is in use by another process, most likely a running service;"
                " stop it first, or work with a copy of the file"
            )
        elif "not a valid DuckDB database" in text:
            message = f"{place} is not a database of this service: it is no DuckDB file"
        else:
            message = f"{place} cannot be opened: {text}"
        raise StorageUnavailable(message) from error
    except duckdb.Error as error:
        message = f"{place} cannot be opened: {error}"
        raise StorageUnavailable(message) from error


def _check_place(path: Path) -> None:
    if path.is_dir():
        message = f"{path} is a directory; name a file in it, such as {path / 'sessions.duckdb'}"
        raise StorageUnavailable(message)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the directory {path.parent} cannot be created: {error.strerror}"
        raise StorageUnavailable(message) from error


def _check_layout(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    listed = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    tables = {name for (name,) in listed}
    if not tables:
        connection.execute("BEGIN TRANSACTION")
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(
            f"INSERT INTO {LAYOUT_TABLE} VALUES ($version)",  # noqa: S608  (a constant of ours)
            {"version": LAYOUT_VERSION},
        )
        connection.execute("COMMIT")
        return
    if LAYOUT_TABLE not in tables:
        message = f"{place} is a DuckDB file of something else; name another file"
        raise StorageUnavailable(message)
    rows = connection.execute(f"SELECT version FROM {LAYOUT_TABLE}").fetchall()  # noqa: S608  (a constant of ours)
    if rows != [(LAYOUT_VERSION,)]:
        layout = rows[0][0] if rows else "of no number"
        message = (
            f"{place} has layout {layout}, and this version reads layout {LAYOUT_VERSION};"
            " load the data into a new file"
        )
        raise StorageUnavailable(message)
