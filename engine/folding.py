"""Bringing `sessions` up to date with what was appended to `session_updates`.

Owns the steps from new updates to folded sessions, within a transaction of the caller. Does not
know how updates came, nor the folding rule.

Most sessions of a large load are told by one update. Only those that have several, or had some
before, are folded.

An update that is its session is `alone`, and the session's row. What is known of a batch when it is
appended is noted there: rows that were just added are costly to change, since a database of DuckDB
then writes all of them into its log.

Each table gets its rows in one statement: DuckDB 2.0 mixes up which rows are visible after a large
insert is followed, in the same transaction, by one into the same table that turns out to be empty.
"""

from collections.abc import Sequence
from typing import Final

import duckdb

from engine.fold import expand_counted, fold_updates, insert_folded, repeated_in
from engine.moments import STARTED
from engine.seen import Sighting
from engine.stale import days_of, mark

_FRESH: Final = "CREATE TEMP VIEW fresh AS FROM session_updates WHERE arrival >= {first:d}"

_EARLIER: Final = """
    CREATE TEMP TABLE earlier AS
    SELECT project_id, session_id, arrival
    FROM session_updates SEMI JOIN fresh USING (project_id, session_id)
    WHERE arrival < $first
"""

_SEVERAL: Final = """
    CREATE TEMP TABLE several AS
    SELECT project_id, session_id FROM fresh WHERE session_id IS NOT NULL AND NOT alone
    UNION SELECT project_id, session_id FROM earlier
"""

_SEVERAL_ANYWHERE: Final = f"{_SEVERAL} UNION {repeated_in('fresh')}"

_AFFECTED: Final = """
    CREATE TEMP TABLE affected AS
    SELECT fresh.* FROM fresh SEMI JOIN several USING (project_id, session_id)
    UNION ALL
    SELECT session_updates.* FROM session_updates SEMI JOIN earlier USING (arrival)
    WHERE arrival < $first
"""

_FORGET: Final = "DELETE FROM folded_sessions USING earlier WHERE first_update = arrival"

_KNOWN: Final = "SELECT EXISTS (FROM earlier)"

_OVERTAKEN: Final = "SELECT EXISTS (FROM affected WHERE alone)"

_OVERTAKE: Final = """
    UPDATE session_updates SET alone = false
    WHERE arrival IN (SELECT arrival FROM affected WHERE alone)
"""

_FOLDED: Final = f"{fold_updates('affected')} UNION ALL {expand_counted('fresh')}"

_FOLDABLE: Final = "SELECT EXISTS (FROM affected) OR EXISTS (FROM fresh WHERE session_id IS NULL)"

_SIGHTINGS: Final = f"""
    CREATE TEMP TABLE sightings AS
    SELECT project_id, environment, release, min({STARTED}) AS started FROM fresh GROUP BY ALL
"""  # noqa: S608  (names of ours)


def fold_since(
    cursor: duckdb.DuckDBPyConnection, first: int, *, batches: int
) -> Sequence[Sighting]:
    """Bring `sessions` up to date with the updates from this arrival on, that came in batches.

    Sessions that were known before are folded anew from all their updates. What the updates name
    is given, and left in the table `sightings`.
    """
    values = {"first": first}
    cursor.execute(_FRESH.format(first=first))
    cursor.execute(_EARLIER, values)
    cursor.execute(_SEVERAL if batches == 1 else _SEVERAL_ANYWHERE)
    cursor.execute(_AFFECTED, values)
    if _is(cursor, _KNOWN):
        cursor.execute(_FORGET)
    if _is(cursor, _OVERTAKEN):
        cursor.execute(_OVERTAKE)
    if _is(cursor, _FOLDABLE):
        cursor.execute(insert_folded(_FOLDED))
    cursor.execute(mark(f"{days_of('fresh')} UNION ALL {days_of('affected')}"))
    cursor.execute(_SIGHTINGS)
    return cursor.execute("FROM sightings").fetchall()


def _is(cursor: duckdb.DuckDBPyConnection, question: str) -> bool:
    ((answer,),) = cursor.execute(question).fetchall()
    return bool(answer)
