"""Loading updates: appended to the truth, folded into `sessions`, all in one transaction.

Owns the steps of a write. Does not know file formats, nor the rules a row must keep.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import duckdb

from engine.appending import append_batch
from engine.clock import real_clock
from engine.directory import Directory
from engine.errors import StorageUnavailable
from engine.fold import new_people
from engine.folding import MANY_ROWS, fold_since, settle
from engine.intake import REPORTED_ROWS, BadRow, Batch, Intake, LoadRejected, LoadReport
from engine.moments import parts_of
from engine.packed import select_unpacked
from engine.register import environments_of, releases_of
from engine.seen import Sighting
from engine.storage import Storage
from schema.session import UPDATE_COLUMNS

_NEXT_ARRIVAL = "SELECT coalesce(max(arrival), 0) + 1 FROM session_updates"

_APPENDED = """
    SELECT count(project_id), count(session_id) FROM session_updates WHERE arrival >= $first
"""

_STORED = {
    **{column.name: f'"{column.name}"' for column in UPDATE_COLUMNS},
    **parts_of("epoch_us(started)", "epoch_us(timestamp)", "duration"),
    "alone": "session_id IS NOT NULL",
}
"""The columns of an update, from one that was unpacked."""

_UNPACK_PENDING = f"""
    CREATE TEMP TABLE unpacked AS
    SELECT $first + row_number() OVER () - 1 AS arrival, *
    FROM ({select_unpacked("pending_updates", "updates")})
"""  # noqa: S608  (names of ours)

_APPEND_PENDING = f"""
    INSERT INTO session_updates
    SELECT {", ".join(_STORED.values())}
    FROM unpacked LEFT JOIN (SELECT distinct_id, number AS person FROM people) USING (distinct_id)
"""  # noqa: S608  (names of ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How to load: leave bad rows out, or refuse; know the content again by its digest, or not.

    `register_releases` makes the releases of the rows known, for the release filters to find.
    """

    skip_bad: bool = False
    digest: Callable[[], str] | None = None
    again: bool = False
    register_releases: bool = True


class _LoadedBeforeError(Exception):
    """The content is known, so that the transaction has to be undone."""


@dataclass(slots=True)
class _Tally:
    """What has been appended so far, from the arrival `first` on."""

    first: int
    rows: int = 0
    appended: int = 0
    bad: list[BadRow] = field(default_factory=list)
    bad_count: int = 0
    ignored: dict[str, None] = field(default_factory=dict)

    def note(self, batch: Batch, intake: Intake) -> None:
        self.rows += len(batch.table)
        self.appended += intake.appended
        self.bad_count += len(batch.bad) + intake.bad_count
        bad = sorted((*batch.bad, *intake.bad), key=lambda row: row.line)
        self.bad.extend(bad[: max(0, REPORTED_ROWS - len(self.bad))])
        self.ignored.update(dict.fromkeys(intake.ignored_columns))

    def report(self, *, updates: int = 0, known: bool = False) -> LoadReport:
        return LoadReport(
            updates=updates,
            counted=0 if known else self.appended - updates,
            skipped=tuple(self.bad),
            skipped_count=self.bad_count,
            ignored_columns=tuple(self.ignored),
            known=known,
        )


def load(
    storage: Storage, directory: Directory, batches: Iterable[Batch], options: LoadOptions
) -> LoadReport:
    """Load all batches or nothing; LoadRejected lists the bad rows, StorageUnavailable says why."""
    tally = _Tally(first=0)
    try:
        with storage.writing() as cursor:
            tally = _append(cursor, batches, skip_bad=options.skip_bad)
            updates = _check_appended(cursor, tally.first, expected=tally.appended)
            if not _is_new(cursor, options, counted=tally.appended - updates):
                raise _LoadedBeforeError
            sightings = fold_since(
                cursor, tally.first, rows=tally.appended, changes=storage.changes
            )
            _register(cursor, directory, sightings, releases=options.register_releases)
    except _LoadedBeforeError:
        return tally.report(known=True)
    if tally.appended >= MANY_ROWS:
        _settle(storage)
    _learn(directory, sightings, releases=options.register_releases)
    return tally.report(updates=updates)


def fold_pending(storage: Storage, directory: Directory) -> int:
    """Move on all updates that are acknowledged and not folded yet; give their number.

    StorageUnavailable says why they cannot be; they are kept then.
    """
    with storage.writing() as cursor:
        ((expected,),) = cursor.execute("SELECT sum(quantity) FROM pending_updates").fetchall()
        if not expected:
            return 0
        ((first,),) = cursor.execute(_NEXT_ARRIVAL).fetchall()
        cursor.execute(_UNPACK_PENDING, {"first": first})
        cursor.execute(f"INSERT INTO people {new_people('unpacked')}")
        cursor.execute(_APPEND_PENDING)
        _check_appended(cursor, first, expected=expected)
        sightings = fold_since(cursor, first, rows=expected, changes=storage.changes)
        _register(cursor, directory, sightings, releases=True)
        cursor.execute("DELETE FROM pending_updates")
    if expected >= MANY_ROWS:
        _settle(storage)
    _learn(directory, sightings, releases=True)
    return int(expected)


def _settle(storage: Storage) -> None:
    """Take marks off that are noted; where it cannot be done, the next one who writes does it."""
    with suppress(StorageUnavailable), storage.writing() as cursor:
        settle(cursor)


def _append(
    cursor: duckdb.DuckDBPyConnection, batches: Iterable[Batch], *, skip_bad: bool
) -> _Tally:
    ((first,),) = cursor.execute(_NEXT_ARRIVAL).fetchall()
    tally = _Tally(first=first)
    for batch in batches:
        tally.note(batch, append_batch(cursor, batch, first=first + tally.rows, skip_bad=skip_bad))
    if tally.bad_count and not skip_bad:
        raise LoadRejected(tuple(tally.bad), tally.bad_count)
    return tally


def _check_appended(cursor: duckdb.DuckDBPyConnection, first: int, *, expected: int) -> int:
    """Give the number of updates from an arrival on that belong to one session each.

    What cannot be read back, whatever swallowed it, is never acknowledged: the rows are really
    scanned, since DuckDB 2.0 has ways to lose some that `count(*)` still counts.
    """
    ((readable, updates),) = cursor.execute(_APPENDED, {"first": first}).fetchall()
    if readable != expected:
        message = (
            f"{expected} rows were taken, but {readable} could be read back; nothing was loaded"
        )
        raise StorageUnavailable(message)
    return int(updates)


def _learn(directory: Directory, sightings: Sequence[Sighting], *, releases: bool) -> None:
    """Let the directory know what has been registered, now that it is on disk."""
    if not directory.seen.covers(sightings):
        directory.refresh()
    if releases:
        directory.seen.remember(sightings)


def _is_new(cursor: duckdb.DuckDBPyConnection, options: LoadOptions, *, counted: int) -> bool:
    """Tell whether the content may be loaded, and remember it; updates alone may always be.

    Pre-counted rows cannot be told from honest repeats, so their file is known by its digest.
    """
    if options.digest is None:
        return True
    digest = options.digest()
    before = cursor.execute(
        "SELECT 1 FROM loads WHERE digest = $digest", {"digest": digest}
    ).fetchall()
    if before and counted and not options.again:
        return False
    cursor.execute(
        "INSERT OR IGNORE INTO loads VALUES ($digest, $now)",
        {"digest": digest, "now": real_clock().replace(tzinfo=None)},
    )
    return True


def _register(
    cursor: duckdb.DuckDBPyConnection,
    directory: Directory,
    sightings: Sequence[Sighting],
    *,
    releases: bool,
) -> None:
    """Make the environments of the table `sightings` known, and its releases if wanted."""
    if directory.seen.covers(sightings):
        return
    wanted = releases_of("sightings") if releases else ()
    for statement in (environments_of("sightings"), *wanted):
        cursor.execute(statement)
