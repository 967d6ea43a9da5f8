"""How a database file is opened, and in which words it is told why not.

Owns the connection's options, the check of the layout, and the sentences about a disk or a file
that does not do what it should. Does not know what the tables mean.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import duckdb

from engine.errors import StorageUnavailable
from schema.ddl import LAYOUT_TABLE, LAYOUT_VERSION, TABLES

IN_MEMORY: Final = ":memory:"

_LOG_ENDINGS: Final = ("", ".checkpoint", ".recovery")

Options: TypeAlias = Mapping[str, str | int]

_ADVICE: Final = (
    ("no space left", "the disk is full; make room on it, and writing goes on by itself"),
    (
        "quota exceeded",
        "the quota of the disk is used up; make room, and writing goes on by itself",
    ),
    ("read-only file system", "the disk can only be read; mount it for writing"),
    ("permission denied", "this user may not write there; change the owner or the mode"),
    ("input/output error", "the disk does not work; look at the system's log"),
)
"""What a system's error means for whoever runs the service, by a part of its text."""


def open_file(place: str, options: Options, *, create: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a database of ours, or one in memory; one without any tables gets them if wanted.

    Raises:
        StorageUnavailable: it cannot be opened, or is of something else, or of another layout.

    """
    connection = _connect(place, options)
    try:
        _check_layout(connection, place, create=create)
    except duckdb.Error as error:
        connection.close()
        message = f"{place} cannot be opened: {reason_of(error)}"
        raise StorageUnavailable(message) from error
    except BaseException:
        connection.close()
        raise
    return connection


def reason_of(error: BaseException) -> str:
    """Say what went wrong: what can be done about it first, then the store's own words."""
    text = str(error)
    for part, advice in _ADVICE:
        if part in text.lower():
            return f"{advice} ({text})"
    return text


def logs_of(place: str) -> tuple[Path, ...]:
    """Name the logs that may lie beside a file: its own, and those of while that is written over.

    After an orderly end there is none.
    """
    return tuple(Path(f"{place}.wal{ending}") for ending in _LOG_ENDINGS)


def wal_bytes(place: str) -> int:
    """Give the size of the logs beside a file."""
    return 0 if place == IN_MEMORY else sum(map(_size, logs_of(place)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _connect(place: str, options: Options) -> duckdb.DuckDBPyConnection:
    if place != IN_MEMORY:
        _check_place(Path(place))
    config: dict[str, str | bool | int | float | list[str]] = dict(options)
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
            message = f"{place} cannot be opened: {reason_of(error)}"
        raise StorageUnavailable(message) from error
    except duckdb.Error as error:
        message = f"{place} cannot be opened: {reason_of(error)}"
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


def _check_layout(connection: duckdb.DuckDBPyConnection, place: str, *, create: bool) -> None:
    listed = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    tables = {name for (name,) in listed}
    if not tables and create:
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
