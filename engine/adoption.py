"""How far each release is adopted, computed from the sessions.

Owns the rule: a release is adopted in an environment while it has at least a tenth of the sessions
that its project had there in six hours, judged at each hour in which there were any. Does not know
what was said by hand, nor what a stage means for a question.

The result depends on the sessions alone, not on when or in which order they came. They are read
from `session_hours`, those of days that have changed since it was built from `sessions`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import duckdb

from engine.day_number import DAY_SECONDS, day_of
from engine.storage import Storage

WINDOW_HOURS: Final = 6
ADOPTED_TENTHS: Final = 1

Adoption: TypeAlias = tuple[int, str, str, datetime, datetime | None]
"""A project, an environment, a release; the hours in which it was adopted and given up, in UTC."""

_CHANGED: Final = "SELECT min(day), max(day) FROM stale_days"

_COMPUTED: Final = f"""
    WITH changed AS MATERIALIZED (
        SELECT DISTINCT project_id, day FROM stale_days
    ), known AS (
        SELECT project_id, environment, release, started, quantity FROM session_hours
        WHERE (project_id, {day_of("started")}) NOT IN (SELECT (project_id, day) FROM changed)
        UNION ALL
        SELECT project_id, environment, release, started, quantity FROM sessions
        WHERE (project_id, {day_of("started")}) IN (SELECT (project_id, day) FROM changed)
            AND started >= $first AND started < $end
    ), counted AS MATERIALIZED (
        SELECT project_id, environment, release, sum(quantity) AS sessions,
            (started - (started % 3600 + 3600) % 3600) // 3600 AS hour
        FROM known
        WHERE project_id IN (SELECT unnest($projects))
        GROUP BY project_id, environment, release, hour
    ), judged AS (
        SELECT project_id, environment, hour,
            sum(sum(sessions)) OVER (
                hours RANGE BETWEEN {WINDOW_HOURS - 1} PRECEDING AND CURRENT ROW
            ) AS sessions,
            lead(hour) OVER hours AS following
        FROM counted
        GROUP BY project_id, environment, hour
        WINDOW hours AS (PARTITION BY project_id, environment ORDER BY hour)
    ), shares AS (
        SELECT project_id, environment, release, hour + late AS hour, sum(sessions) AS sessions
        FROM counted, range({WINDOW_HOURS}) AS later (late)
        WHERE release <> ''
        GROUP BY project_id, environment, release, hour + late
    ), adopted AS (
        SELECT project_id, environment, release, min(hour) AS first, max(hour) AS last
        FROM shares JOIN judged USING (project_id, environment, hour)
        WHERE shares.sessions * 10 >= judged.sessions * {ADOPTED_TENTHS} AND shares.sessions > 0
        GROUP BY project_id, environment, release
    )
    SELECT project_id, environment, release,
        make_timestamp(first * 3600000000), make_timestamp(following * 3600000000)
    FROM adopted JOIN judged
        USING (project_id, environment)
    WHERE judged.hour = adopted.last
"""  # noqa: S608  (numbers of ours)

_STORED: Final = """
    SELECT project_id, environment, version, adopted, unadopted FROM computed_adoptions
    WHERE project_id IN (SELECT unnest($projects))
"""

_FORGET: Final = """
    DELETE FROM computed_adoptions WHERE project_id IN (SELECT unnest($projects))
"""

_NOTE: Final = """
    INSERT INTO computed_adoptions
    SELECT unnest($projects), unnest($environments), unnest($releases),
        unnest(CAST($adopted AS TIMESTAMP[])), unnest(CAST($unadopted AS TIMESTAMP[]))
"""


def refresh_adoptions(storage: Storage, project_ids: Iterable[int]) -> int:
    """Compute the adoption of these projects' releases; give how many projects have changed.

    The sessions are read beside other work; only what is new is written, in one short turn.
    """
    ids = sorted(project_ids)
    if not ids:
        return 0
    with storage.reading() as cursor:
        cursor.execute("BEGIN TRANSACTION")
        computed = _by_project(cursor, _COMPUTED, {"projects": ids, **_changed(cursor)})
        stored = _by_project(cursor, _STORED, {"projects": ids})
        cursor.execute("COMMIT")
    changed = [one for one in ids if computed.get(one, set()) != stored.get(one, set())]
    if changed:
        rows = [row for one in changed for row in sorted(computed.get(one, ()), key=_name)]
        with storage.writing() as cursor:
            _replace(cursor, changed, rows)
    return len(changed)


def _changed(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Give the range of sessions that are not built: nothing, or from one midnight to another."""
    ((first, last),) = cursor.execute(_CHANGED).fetchall()
    if first is None:
        return {"first": 0, "end": 0}
    return {"first": first * DAY_SECONDS, "end": (last + 1) * DAY_SECONDS}


def _by_project(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, object]
) -> dict[int, set[Adoption]]:
    found: dict[int, set[Adoption]] = {}
    for row in cursor.execute(statement, values).fetchall():
        found.setdefault(row[0], set()).add(row)
    return found


def _name(adoption: Adoption) -> tuple[int, str, str]:
    return adoption[:3]


def _replace(
    cursor: duckdb.DuckDBPyConnection, project_ids: Sequence[int], rows: Sequence[Adoption]
) -> None:
    cursor.execute(_FORGET, {"projects": list(project_ids)})
    if not rows:
        return
    names = ("projects", "environments", "releases", "adopted", "unadopted")
    cursor.execute(_NOTE, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
