"""Copies of a database: made while it is written to, checked, and put back.

Owns the steps of a copy and of its way back, and that neither ever replaces a file. Does not know
who asks, nor what the tables mean.
"""

import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from engine.errors import StorageError, StorageUnavailable
from engine.opening import logs_of, open_file, reason_of, wal_bytes
from engine.storage import Storage

UNFINISHED: Final = ".part"
"""What the name of a copy ends with until it is whole and checked."""

_MODE: Final = 0o600
"""A copy holds what its database holds, and is for its owner alone."""

_TABLES: Final = (
    "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
    " AND NOT temporary ORDER BY table_name"
)
_ONE_AT_A_TIME: Final = threading.Lock()


class BackupError(StorageError):
    """A copy cannot be made or put back; nothing was changed."""

    code = "storage.backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A whole copy: its place, its size, and its rows of sessions and of updates."""

    path: Path
    size_bytes: int
    sessions: int
    updates: int


def unfinished(path: Path) -> Path:
    """Name the file that a copy is written to before it has its name."""
    return path.with_name(f"{path.name}{UNFINISHED}")


def back_up(storage: Storage, path: Path) -> Copied:
    """Copy everything as it stands at one moment to a new file, while others go on writing.

    Raises:
        BackupError: the file exists, cannot be written, or does not hold what was copied.

    """
    _check_new(path)
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        message = "another backup is running; wait for its end"
        raise BackupError(message)
    part = unfinished(path)
    try:
        _forget(part)
        expected = _copy(storage, part)
        return _finish(part, path, expected)
    finally:
        _forget(part)
        _ONE_AT_A_TIME.release()


def restore(source: Path, path: Path) -> Copied:
    """Make a database from a backup; both are checked, and the backup stays as it is.

    Raises:
        BackupError: there is no such backup, or the database exists.
        StorageUnavailable: it is no database of ours, of another layout, or damaged.

    """
    if not source.is_file():
        message = f"there is no backup {source}"
        raise BackupError(message)
    if wal_bytes(str(source)):
        message = (
            f"beside {source} lies {source.name}.wal: it is a database in use, or one that was not"
            " closed in order, and no backup; serve it as it is instead"
        )
        raise BackupError(message)
    _check_new(path)
    part = unfinished(path)
    try:
        _forget(part)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, part)
            part.chmod(_MODE)
        except OSError as error:
            raise _unwritten(part, error) from error
        return _finish(part, path, None)
    except StorageUnavailable as error:  # it is the backup that is not right, not its copy
        raise StorageUnavailable(error.message.replace(str(part), str(source))) from error
    finally:
        _forget(part)


def _check_new(path: Path) -> None:
    for each in (path, *logs_of(str(path))):
        if each.exists():
            message = f"{each} exists, and nothing is overwritten; name another file, or move it"
            raise BackupError(message)


def _copy(storage: Storage, part: Path) -> dict[str, int]:
    """Copy all tables in one transaction; give the rows of each as they stood in it."""
    with storage.reading() as cursor:
        ((name,),) = cursor.execute("SELECT current_database()").fetchall()
        quoted = name.replace('"', '""')
        try:
            cursor.execute("ATTACH $path AS backup", {"path": str(part)})
        except duckdb.Error as error:
            raise _unwritten(part, error) from error
        try:
            part.chmod(_MODE)
            cursor.execute("BEGIN TRANSACTION")
            counts = _counts(cursor)
            cursor.execute(f'COPY FROM DATABASE "{quoted}" TO backup')
            cursor.execute("COMMIT")
        except duckdb.Error as error:
            with suppress(duckdb.Error):  # one that failed to commit is over
                cursor.execute("ROLLBACK")
            raise _unwritten(part, error) from error
        finally:
            with suppress(duckdb.Error):  # it failed for the same reason as before
                cursor.execute("DETACH backup")
    return counts


def _finish(part: Path, path: Path, expected: dict[str, int] | None) -> Copied:
    """Check a copy by reading all of it, and give it its name."""
    with open_file(str(part), {}, create=False) as connection:
        try:
            counts = _counts(connection, read=True)
            ((sessions,),) = connection.execute("SELECT count(*) FROM sessions").fetchall()
        except duckdb.Error as error:
            message = f"{part} is damaged: {error}"
            raise StorageUnavailable(message) from error
    if expected is not None and counts != expected:
        message = f"the copy does not hold what was copied, and is thrown away: {part}"
        raise BackupError(message)
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
        _name(part, path)
    except OSError as error:
        raise _unwritten(path, error) from error
    return Copied(
        path=path,
        size_bytes=path.stat().st_size,
        sessions=sessions,
        updates=counts["session_updates"],
    )


def _counts(cursor: duckdb.DuckDBPyConnection, *, read: bool = False) -> dict[str, int]:
    """Count the rows of each table; if wanted by reading every value, which checks all blocks."""
    values = ", bit_xor(hash(read))" if read else ""
    tables = [name for (name,) in cursor.execute(_TABLES).fetchall()]
    counts = {}
    for table in tables:
        row = cursor.execute(f'SELECT count(*){values} FROM "{table}" AS read').fetchone()  # noqa: S608  (tables of ours)
        counts[table] = int(row[0]) if row else 0
    return counts


def _name(part: Path, path: Path) -> None:
    """Give a file its name unless that is taken; a link never replaces what is there."""
    try:
        os.link(part, path)
    except FileExistsError:
        _check_new(path)
        raise
    except OSError:  # a file system without links
        _check_new(path)
        part.rename(path)


def _unwritten(path: Path, error: BaseException) -> BackupError:
    return BackupError(f"{path} cannot be written: {reason_of(error)}")


def _forget(part: Path) -> None:
    for each in (part, *logs_of(str(part))):
        with suppress(OSError):
            each.unlink(missing_ok=True)
