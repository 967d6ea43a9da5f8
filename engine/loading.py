"""Loading updates: staged, appended to the truth, folded into `sessions`, all in one transaction.

Owns the steps of a write. Does not know file formats, nor the rules a row must keep.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from engine.clock import real_clock
from engine.directory import Directory
from engine.errors import StorageUnavailable
from engine.fold import insert_people
from engine.folding import fold_since
from engine.intake import (
    REPORTED_ROWS,
    BadRow,
    Batch,
    LoadRejected,
    LoadReport,
    normalise,
    numbered,
)
from engine.packed import select_unpacked
from engine.register import environments_of, releases_of
from engine.seen import Sighting
from engine.storage import Storage
from schema.ddl import STAGED_TABLE
from schema.session import REPORTED_COLUMNS, UPDATE_COLUMNS

_NEXT_ARRIVAL = "SELECT coalesce(max(arrival), 0) + 1 FROM session_updates"

_STAGE = f"""
    INSERT INTO staged
    SELECT arrival, {", ".join(f'"{column.name}"' for column in REPORTED_COLUMNS)} FROM incoming
"""  # noqa: S608  (names of ours)

_STAGE_PENDING = f"""
    INSERT INTO staged
    SELECT $first + row_number() OVER () - 1,
        {", ".join(f'"{column.name}"' for column in REPORTED_COLUMNS)}
    FROM ({select_unpacked("pending_updates", "updates")})
"""  # noqa: S608  (names of ours)

_APPEND = f"""
    INSERT INTO session_updates
    SELECT {", ".join(f'"{column.name}"' for column in UPDATE_COLUMNS)}
    FROM staged LEFT JOIN (SELECT distinct_id, number AS person FROM people) USING (distinct_id)
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


@dataclass(slots=True)
class _Tally:
    """What has been staged so far."""

    updates: int = 0
    counted: int = 0
    bad: list[BadRow] = field(default_factory=list)
    bad_count: int = 0
    ignored: dict[str, None] = field(default_factory=dict)

    def note(self, bad: Iterable[BadRow], count: int) -> None:
        self.bad_count += count
        self.bad.extend(list(bad)[: max(0, REPORTED_ROWS - len(self.bad))])

    def report(self) -> LoadReport:
        return LoadReport(
            updates=self.updates,
            counted=self.counted,
            skipped=tuple(self.bad),
            skipped_count=self.bad_count,
            ignored_columns=tuple(self.ignored),
            known=False,
        )


def load(
    storage: Storage, directory: Directory, batches: Iterable[Batch], options: LoadOptions
) -> LoadReport:
    """Load all batches or nothing; LoadRejected lists the bad rows, StorageUnavailable says why."""
    with storage.writing() as cursor:
        cursor.execute(STAGED_TABLE)
        ((first,),) = cursor.execute(_NEXT_ARRIVAL).fetchall()
        tally = _stage(cursor, batches, projects=directory.project_ids(), first=first)
        if tally.bad_count and not options.skip_bad:
            raise LoadRejected(tuple(tally.bad), tally.bad_count)
        report = tally.report()
        if not _is_new(cursor, options, counted=tally.counted):
            return replace(report, updates=0, counted=0, known=True)
        _check_staged(cursor, expected=report.updates + report.counted)
        sightings = _move_on(cursor, directory, first, releases=options.register_releases)
    _learn(directory, sightings, releases=options.register_releases)
    return report


def fold_pending(storage: Storage, directory: Directory) -> int:
    """Move on all updates that are acknowledged and not folded yet; give their number.

    StorageUnavailable says why they cannot be; they are kept then.
    """
    with storage.writing() as cursor:
        ((expected,),) = cursor.execute("SELECT sum(quantity) FROM pending_updates").fetchall()
        if not expected:
            return 0
        cursor.execute(STAGED_TABLE)
        ((first,),) = cursor.execute(_NEXT_ARRIVAL).fetchall()
        cursor.execute(_STAGE_PENDING, {"first": first})
        _check_staged(cursor, expected=expected)
        sightings = _move_on(cursor, directory, first, releases=True)
        cursor.execute("DELETE FROM pending_updates")
    _learn(directory, sightings, releases=True)
    return int(expected)


def _move_on(
    cursor: duckdb.DuckDBPyConnection, directory: Directory, first: int, *, releases: bool
) -> Sequence[Sighting]:
    """Append the table `staged`, numbered from `first`, to the truth, fold it, and register."""
    _append(cursor)
    sightings = fold_since(cursor, first)
    if not directory.seen.covers(sightings):
        _register(cursor, releases=releases)
    return sightings


def _learn(directory: Directory, sightings: Sequence[Sighting], *, releases: bool) -> None:
    """Let the directory know what has been registered, now that it is on disk."""
    if not directory.seen.covers(sightings):
        directory.refresh()
    if releases:
        directory.seen.remember(sightings)


def _stage(
    cursor: duckdb.DuckDBPyConnection,
    batches: Iterable[Batch],
    *,
    projects: frozenset[int],
    first: int,
) -> _Tally:
    tally = _Tally()
    for batch in batches:
        intake = normalise(
            batch.table, connection=cursor, first_line=batch.first_line, projects=projects
        )
        bad = sorted((*batch.bad, *intake.bad), key=lambda row: row.line)
        tally.note(bad, len(batch.bad) + intake.bad_count)
        tally.updates += intake.update_count
        tally.counted += intake.counted_count
        tally.ignored.update(dict.fromkeys(intake.ignored_columns))
        if not len(intake.updates):
            continue
        arrival = first + tally.updates + tally.counted - len(intake.updates)
        cursor.register("incoming", numbered(intake.updates, arrival))
        cursor.execute(_STAGE)
        cursor.unregister("incoming")
    return tally


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


def _check_staged(cursor: duckdb.DuckDBPyConnection, *, expected: int) -> None:
    """Refuse to acknowledge rows that cannot be read back, whatever swallowed them.

    The rows are really scanned. DuckDB 2.0 loses rows appended to a table that the same transaction
    created empty by a query, while `count(*)` still counts them; hence the written-out DDL, too.
    """
    ((readable,),) = cursor.execute("SELECT count(project_id) FROM staged").fetchall()
    if readable != expected:
        message = (
            f"{expected} rows were taken, but {readable} could be read back; nothing was loaded"
        )
        raise StorageUnavailable(message)


def _append(cursor: duckdb.DuckDBPyConnection) -> None:
    """Append the table `staged` to the truth, its users by their numbers."""
    cursor.execute(insert_people("staged"))
    cursor.execute(_APPEND)


def _register(cursor: duckdb.DuckDBPyConnection, *, releases: bool) -> None:
    """Make the environments of the table `sightings` known, and its releases if wanted."""
    wanted = releases_of("sightings") if releases else ()
    for statement in (environments_of("sightings"), *wanted):
        cursor.execute(statement)
