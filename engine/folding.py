"""Bringing `sessions` up to date with what was appended to `session_updates`.

Owns the steps from new updates to folded sessions, within a transaction of the caller. Does not
know how updates came, nor the folding rule.

Most sessions of a large load are told by one update. Only those that have several, or had some
before, are folded.

An update of which nothing else is told is marked as `alone`: it is its session. Where several come
in one load, the mark is taken off again; in a large load by a note in `overtaken` first, since
DuckDB writes rows to the file before a commit, and all of them to the log, too, if any is changed.

Each table gets its rows in one statement: DuckDB 2.0 mixes up which rows are visible after a large
insert is followed, in the same transaction, by one into the same table that turns out to be empty.
"""

from collections.abc import Sequence
from typing import Final

import duckdb

from engine.changes import Changes
from engine.fold import expand_counted, fold_updates, insert_folded, repeated_in
from engine.moments import STARTED
from engine.seen import Sighting
from engine.stale import days_of, mark

MANY_ROWS: Final = 100_000
"""A load of so many rows is a large one: DuckDB keeps 122,880 together."""

_FRESH: Final = "CREATE TEMP VIEW fresh AS FROM session_updates WHERE arrival >= {first:d}"

_EARLIER: Final = """
    CREATE TEMP TABLE earlier AS
    SELECT project_id, session_id, arrival
    FROM session_updates SEMI JOIN fresh USING (project_id, session_id)
    WHERE arrival < $first
"""

_CHANGED: Final = "SELECT DISTINCT project_id, arrival // $size FROM earlier"

_SEVERAL: Final = f"""
    CREATE TEMP TABLE several AS
    {repeated_in("fresh")} UNION SELECT project_id, session_id FROM earlier
"""  # noqa: S608  (names of ours)

_AFFECTED: Final = """
    CREATE TEMP TABLE affected AS
    SELECT fresh.* FROM fresh SEMI JOIN several USING (project_id, session_id)
    UNION ALL
    SELECT session_updates.* FROM session_updates SEMI JOIN earlier USING (arrival)
    WHERE arrival < $first
"""

_FORGET: Final = "DELETE FROM folded_sessions USING earlier WHERE first_update = arrival"

_NOT_ALONE: Final = "SELECT arrival FROM affected WHERE alone"

_NOTE: Final = f"INSERT INTO overtaken {_NOT_ALONE}"

_UNMARK: Final = "UPDATE session_updates SET alone = false WHERE arrival IN ({})"

_FORGET_NOTES: Final = "DELETE FROM overtaken"

_FOLDED: Final = f"{fold_updates('affected')} UNION ALL {expand_counted('fresh')}"

_TO_FOLD: Final = "FROM affected UNION ALL FROM fresh WHERE session_id IS NULL"

_SIGHTINGS: Final = f"""
    CREATE TEMP TABLE sightings AS
    SELECT project_id, environment, release, min({STARTED}) AS started FROM fresh GROUP BY ALL
"""  # noqa: S608  (names of ours)


def fold_since(
    cursor: duckdb.DuckDBPyConnection, first: int, *, rows: int, changes: Changes
) -> Sequence[Sighting]:
    """Bring `sessions` up to date with the updates from this arrival on, which are so many rows.

    Sessions that were known before are folded anew from all their updates, and noted as `changes`.
    What the updates name is given, and left in the table `sightings`.
    """
    values = {"first": first}
    settle(cursor)
    cursor.execute(_FRESH.format(first=first))
    cursor.execute(_EARLIER, values)
    cursor.execute(_SEVERAL)
    cursor.execute(_AFFECTED, values)
    if _any(cursor, "FROM earlier"):
        size = {"size": changes.piece_updates}
        changes.note(cursor.execute(_CHANGED, size).fetchall())
        cursor.execute(_FORGET)
    if _any(cursor, _NOT_ALONE):
        cursor.execute(_NOTE if rows >= MANY_ROWS else _UNMARK.format(_NOT_ALONE))
    if _any(cursor, _TO_FOLD):
        cursor.execute(insert_folded(_FOLDED))
    cursor.execute(mark(f"{days_of('fresh')} UNION ALL {days_of('affected')}"))
    cursor.execute(_SIGHTINGS)
    return cursor.execute("FROM sightings").fetchall()


def settle(cursor: duckdb.DuckDBPyConnection) -> None:
    """Take the mark `alone` off the updates noted in `overtaken`; nothing else changes by it."""
    if _any(cursor, "FROM overtaken"):
        cursor.execute(_UNMARK.format("FROM overtaken"))
        cursor.execute(_FORGET_NOTES)


def _any(cursor: duckdb.DuckDBPyConnection, select: str) -> bool:
    ((found,),) = cursor.execute(f"SELECT EXISTS ({select})").fetchall()
    return bool(found)
