"""One unchanging view of the tables, through which one question is answered.

Owns the transaction, and which days of it are built, changed, or to be read anew. Does not know
what is counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from engine.rollup.grain import Days
from engine.storage import Storage

_STALE = """
    SELECT DISTINCT project_id, day FROM stale_days
    WHERE day >= $first AND day < $end AND project_id IN (SELECT unnest($projects))
"""
_BUILT = """
    SELECT project_id, day, version FROM rolled_days
    WHERE day >= $first AND day < $end AND project_id IN (SELECT unnest($projects))
"""

Place = tuple[int, int]
"""A project and a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A cursor within a transaction; `stale` are the days that have changed since they were built.

    `built` maps the others to the version of their build; a day in neither has no sessions.
    """

    cursor: duckdb.DuckDBPyConnection
    stale: frozenset[Place]
    built: Mapping[Place, int]

    @property
    def stale_range(self) -> tuple[int, int] | None:
        """Give the first stale day and the one after the last, if there is any."""
        days = [day for _, day in self.stale]
        return (min(days), max(days) + 1) if days else None


@contextmanager
def snapshot(storage: Storage, projects: Sequence[int], days: Days) -> Iterator[Snapshot]:
    """Open a view of these projects and days."""
    values = {"first": days.first, "end": days.end, "projects": list(projects)}
    with storage.reading() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        stale = frozenset((row[0], row[1]) for row in cursor.execute(_STALE, values).fetchall())
        rows = cursor.execute(_BUILT, values).fetchall()
        built = {(project, day): version for project, day, version in rows}
        yield Snapshot(
            cursor=cursor,
            stale=stale,
            built={place: version for place, version in built.items() if place not in stale},
        )
        cursor.execute("COMMIT")
