"""Bringing `sessions` up to date with what was appended to `session_updates`.

Owns the steps from new updates to folded sessions, within a transaction of the caller. Does not
know how updates came, nor the folding rule.

Most sessions of a large load are told by one update, which becomes their row as it is. Only those
that have several, or had some before, are folded.

Each table gets its rows in one statement: DuckDB 2.0 mixes up which rows are visible after a large
insert is followed, in the same transaction, by one into the same table that turns out to be empty.
"""

from collections.abc import Sequence
from typing import Final

import duckdb

from engine.fold import expand_counted, fold_updates, insert_sessions, project_updates, repeated_in
from engine.seen import Sighting
from engine.stale import days_of_updates, mark

_FRESH: Final = "CREATE TEMP VIEW fresh AS FROM session_updates WHERE arrival >= {first:d}"

_EARLIER: Final = """
    CREATE TEMP TABLE earlier AS
    SELECT project_id, session_id, arrival
    FROM session_updates SEMI JOIN fresh USING (project_id, session_id)
    WHERE arrival < $first
"""

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

_FORGET: Final = "DELETE FROM sessions USING earlier WHERE first_update = arrival"

_ALONE: Final = "(FROM fresh ANTI JOIN several USING (project_id, session_id))"

_FOLDED: Final = " UNION ALL ".join(
    (project_updates(_ALONE), fold_updates("affected"), expand_counted("fresh"))
)

_SIGHTINGS: Final = """
    CREATE TEMP TABLE sightings AS
    SELECT project_id, environment, release, min(started) AS started FROM fresh GROUP BY ALL
"""


def fold_since(cursor: duckdb.DuckDBPyConnection, first: int) -> Sequence[Sighting]:
    """Bring `sessions` up to date with the updates from this arrival on.

    Sessions that were known before are folded anew from all their updates. What the updates name
    is given, and left in the table `sightings`.
    """
    values = {"first": first}
    cursor.execute(_FRESH.format(first=first))
    cursor.execute(_EARLIER, values)
    cursor.execute(_SEVERAL)
    cursor.execute(_AFFECTED, values)
    if _any(cursor, "earlier"):
        cursor.execute(_FORGET)
    cursor.execute(insert_sessions(_FOLDED))
    cursor.execute(mark(f"{days_of_updates('fresh')} UNION ALL {days_of_updates('affected')}"))
    cursor.execute(_SIGHTINGS)
    return cursor.execute("FROM sightings").fetchall()


def _any(cursor: duckdb.DuckDBPyConnection, table: str) -> bool:
    ((found,),) = cursor.execute(f"SELECT EXISTS (FROM {table})").fetchall()
    return bool(found)
