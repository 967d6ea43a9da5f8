"""The one database file and the connection to it.

Owns the cursors, the turn to write, and how work goes on after the store has failed. Does not know
what the tables mean.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from engine.changes import Changes
from engine.errors import StorageUnavailable
from engine.opening import IN_MEMORY, Options, open_file, reason_of, wal_bytes
from engine.room import Room
from schema.ddl import LAYOUT_TABLE

_FAILURES: Final = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException)

_KEPT_NEVERTHELESS: Final = "COMMIT succeeded and is durable"
"""Said when only the log could not be written over into the file: the rows are kept."""

LOG_BYTES: Final = 32 * 2**20
"""How long the log may get before it is written over into the file, if nobody says otherwise."""

_THRESHOLD: Final = "checkpoint_threshold"
_NEVER: Final = "1TB"
_TIMES_AS_LONG: Final = 4
"""A log so many times as long is written over in a commit, while all others wait: for the case that
nobody came to do it beside them."""

_PATIENCE_SECONDS: Final = 5.0


class Storage:
    """One open database. Readers take cursors of their own; writers take turns.

    After a failure that DuckDB does not survive, the file is opened again by whoever asks next. It
    is then not tidied (its log is not written over into the file) until there is room for that.

    `commits_ended` counts those that whoever begins now is sure to see, and `commits_begun` those
    that whoever has begun by now may see.
    """

    def __init__(self, place: str, options: Options, *, log_bytes: int = LOG_BYTES) -> None:
        """Open it; use `Storage.open` instead."""
        self.place = place
        self.changes = Changes()
        self.replayed_bytes = wal_bytes(place)
        self._log_bytes = log_bytes
        self._threshold = f"{_TIMES_AS_LONG * log_bytes}B"
        self._options = options
        self._connection = open_file(place, {**options, _THRESHOLD: self._threshold})
        self._turn = threading.RLock()
        self._deriving_turn = threading.Lock()
        self._change = threading.Condition(threading.RLock())
        self._active = 0
        self._broken = self.untidy = False
        self.commits_begun = self.commits_ended = 0
        self.room = Room(place)
        self.reopened = 0

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        log_bytes: int = LOG_BYTES,
    ) -> "Storage":
        """Open or create the file, or a database in memory; StorageUnavailable says why not."""
        options: dict[str, str | int] = {}
        if memory_limit is not None:
            options["memory_limit"] = memory_limit
        if threads is not None:
            options["threads"] = threads
        return cls(IN_MEMORY if path is None else str(path), options, log_bytes=log_bytes)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor to read with; each statement sees one unchanging state of the database."""
        with self._cursor() as cursor:
            try:
                yield cursor
            except duckdb.Error as error:
                self._note(error)
                if _is_failure(error):
                    message = f"{self.place} cannot be read: {reason_of(error)}"
                    raise StorageUnavailable(message) from error
                raise

    @property
    def settled(self) -> int | None:
        """Give a number that stays the same as long as nothing is written that a question may read.

        None means that something is being written.
        """
        ended = self.commits_ended
        return ended if self.commits_begun == ended else None

    @contextmanager
    def deriving(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor like that of `writing`, for tables that nobody else writes.

        Writers go on meanwhile, so their tables are only read, as they were at the beginning.
        """
        with self._deriving_turn, self._transaction() as cursor:
            yield cursor

    def add(self, statement: str, values: Mapping[str, object]) -> None:
        """Add rows that no question reads, to a table without a key; they are kept on return.

        This needs no turn: others write meanwhile, and the log may be written over. It is one
        statement, since each waits for the thread that answers to let it go on.
        """
        with self._cursor() as cursor, self._telling():
            self._keep(cursor, statement, values)

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor whose changes are kept together at the end, or not at all."""
        with self._turn, self._transaction() as cursor:
            yield cursor

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._cursor() as cursor, self._telling():
            try:
                cursor.execute("BEGIN TRANSACTION")
                yield cursor
                self._commit(cursor)
            except BaseException:
                with suppress(duckdb.Error):  # a transaction that failed to commit is over
                    cursor.execute("ROLLBACK")
                raise
            finally:
                self.changes.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell a failure of the store from one of the statement."""
        try:
            yield
        except BaseException as error:
            self._note(error)
            if _is_failure(error):
                message = f"{self.place} cannot be written: {reason_of(error)}"
                raise StorageUnavailable(message) from error
            raise

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hold on to the present state, in which nothing of what is deleted meanwhile is freed.

        To free it while the log is written over, DuckDB locks whole tables, and whoever adds rows
        waits to the end; else it goes on.
        """
        with self.reading() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            cursor.execute(f"SELECT version FROM {LAYOUT_TABLE}").fetchall()  # noqa: S608  (a constant of ours)
            yield
            cursor.execute("ROLLBACK")

    def tidy(self, *, patient: bool = True) -> bool:
        """Write the log over into the file, and free what was deleted; False if it cannot be now.

        Freed space is used again by what comes. Rows are added meanwhile; who changes others waits,
        and is waited for by who is `patient`. Without room on the disk nothing is tried, since
        DuckDB does not survive a failure there.
        """
        if not self._deriving_turn.acquire(blocking=patient):
            return False
        try:
            with self._turn:
                return self.room.is_there() and self._checkpoint()
        finally:
            self._deriving_turn.release()

    def _checkpoint(self) -> bool:
        with self._cursor() as cursor:
            try:
                cursor.execute("CHECKPOINT")
                if self.untidy:
                    cursor.execute(f"SET GLOBAL {_THRESHOLD} = '{self._threshold}'")
                    self.untidy = False
            except duckdb.TransactionException:
                return False  # a long question reads what would be freed
            except duckdb.Error as error:
                self._note(error)
                message = f"{self.place} cannot be written: {reason_of(error)}"
                raise StorageUnavailable(message) from error
        return True

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        with self._deriving_turn, self._turn:
            self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._change:
            if self._broken:
                self._reopen()
            cursor = self._connection.cursor()
            self._active += 1
        try:
            yield cursor
        finally:
            cursor.close()
            with self._change:
                self._active -= 1
                self._change.notify_all()

    def _commit(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Keep changes that questions read."""
        with self._change:
            self.commits_begun += 1
        try:
            self._keep(cursor, "COMMIT", {})
        finally:
            with self._change:
                self.commits_ended += 1

    def _keep(
        self, cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, object]
    ) -> None:
        """Keep the changes; a store that kept them and failed afterwards is opened again."""
        try:
            cursor.execute(statement, dict(values))
        except duckdb.FatalException as error:
            self._note(error)
            if _KEPT_NEVERTHELESS not in str(error):
                raise
        except duckdb.TransactionException as error:
            message = f"{self.place} cannot be written: {reason_of(error)}"
            raise StorageUnavailable(message) from error

    def _note(self, error: BaseException) -> None:
        if isinstance(error, duckdb.FatalException):
            with self._change:
                self._broken = self.place != IN_MEMORY

    def _reopen(self) -> None:
        """Open the file again once the last cursor is gone, which fails like all others.

        Until then the old handle is open; closing it would give up the lock of the new one.
        """
        self._change.wait_for(lambda: not self._active, timeout=_PATIENCE_SECONDS)
        if not self._broken:
            return
        with suppress(duckdb.Error):
            self._connection.close()
        self._connection = open_file(self.place, {**self._options, _THRESHOLD: _NEVER})
        self._broken = False
        self.untidy = True
        self.reopened += 1

    def is_long(self) -> bool:
        """Say whether the log is so long that it should be written over."""
        return wal_bytes(self.place) > self._log_bytes


def _is_failure(error: BaseException) -> bool:
    """Tell whether the store failed, not the statement; a wrong checksum is a plain Error."""
    return isinstance(error, _FAILURES) or type(error) is duckdb.Error
