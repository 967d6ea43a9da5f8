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
    UNION ALL
    SELECT NULL, max(version) FROM rolled_days
"""
_BUILT = "SELECT project_id, day, version FROM rolled_days"

Place = tuple[int, int]
"""A project and a day."""


class BuiltDays:
    """The days that are built and the versions of their builds, as last read.

    Every build has a greater version than those before, so the greatest one tells a whole state.
    """

    def __init__(self) -> None:
        """Know none yet."""
        self._state: tuple[int | None, Mapping[Place, int]] = (None, {})

    def read(self, cursor: duckdb.DuckDBPyConnection, greatest: int | None) -> Mapping[Place, int]:
        """Give the days of a view whose greatest version this is."""
        known, built = self._state
        if known != greatest:
            rows = cursor.execute(_BUILT).fetchall()
            built = {(project, day): version for project, day, version in rows}
            self._state = (greatest, built)
        return built


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A cursor within a transaction; `stale` are the days that have changed since they were built.

    `built` maps days to the versions of their builds, stale ones too; a day in neither has no
    sessions.
    """

    cursor: duckdb.DuckDBPyConnection
    stale: frozenset[Place]
    built: Mapping[Place, int]

    @property
    def stale_range(self) -> tuple[int, int] | None:
        """Give the first stale day and the one after the last, if there is any."""
        days = [day for _, day in self.stale]
        return (min(days), max(days) + 1) if days else None

    def version(self, place: Place) -> int | None:
        """Give the version of a day that is built and has not changed since."""
        return None if place in self.stale else self.built.get(place)


@contextmanager
def snapshot(
    storage: Storage, projects: Sequence[int], days: Days, known: BuiltDays
) -> Iterator[Snapshot]:
    """Open a view of these projects and days."""
    values = {"first": days.first, "end": days.end, "projects": list(projects)}
    with storage.reading() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        *stale, (_, greatest) = cursor.execute(_STALE, values).fetchall()
        yield Snapshot(
            cursor=cursor,
            stale=frozenset((project, day) for project, day in stale),
            built=known.read(cursor, greatest),
        )
        cursor.execute("COMMIT")
