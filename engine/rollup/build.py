"""Building the derived tables: the days that have changed, anew from their sessions.

Owns the statements and their one transaction. It takes no turn from writers: it reads the sessions
as they were when it began, and takes away only the notes in `stale_days` that it saw then. A note
that comes meanwhile stays, and the day is built once more. Does not know who changes sessions.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import duckdb

from engine.day_number import DAY_SECONDS, IN_DAYS
from engine.errors import StorageUnavailable
from engine.rollup.grain import HOUR_SECONDS
from engine.rollup.places import DAY
from engine.rollup.runs import DURATIONS, PEOPLE
from engine.rollup.snapshot import Place
from engine.storage import Storage

DAYS_AT_ONCE: Final = 31
"""A build of more days would hold all of their rows at the same time."""

_TODO = """
    CREATE TEMP TABLE todo AS
    WITH changed AS (
        SELECT DISTINCT project_id, day FROM stale_days
        ANTI JOIN (SELECT unnest($projects) AS project_id, unnest($days) AS day)
            USING (project_id, day)
    )
    SELECT project_id, day FROM changed
    WHERE day IN (SELECT DISTINCT day FROM changed ORDER BY day LIMIT $most)
"""

_SESSIONS = f"""
    (SELECT sessions.*, {DAY} AS day FROM sessions
     WHERE {IN_DAYS})
    SEMI JOIN todo USING (project_id, day)
"""  # noqa: S608  (names of ours)

_FORGET = tuple(
    f"DELETE FROM {table} USING todo WHERE {table}.project_id = todo.project_id"  # noqa: S608  (names of ours)
    f" AND {day} = todo.day"
    for table, day in {
        "session_hours": DAY,
        "session_days": DAY,
        PEOPLE.table: f"{PEOPLE.table}.day",
        DURATIONS.table: f"{DURATIONS.table}.day",
        "rolled_days": "rolled_days.day",
        "stale_days": "stale_days.day",
    }.items()
)

_HOURS = f"""
    (SELECT session_hours.*, {DAY} AS day FROM session_hours
     WHERE {IN_DAYS})
    SEMI JOIN todo USING (project_id, day)
"""  # noqa: S608  (names of ours)

_COUNT = (
    f"""
    INSERT INTO session_hours
    SELECT project_id, CAST(floor(started / {HOUR_SECONDS}) AS BIGINT) * {HOUR_SECONDS} AS started,
        release, environment, outcome, CAST(sum(quantity) AS BIGINT)
    FROM {_SESSIONS} GROUP BY ALL ORDER BY started, project_id, release, environment
    """,  # noqa: S608  (names of ours)
    f"""
    INSERT INTO session_days
    SELECT project_id, CAST(day AS BIGINT) * {DAY_SECONDS} AS started, release, environment,
        outcome, CAST(sum(quantity) AS BIGINT)
    FROM {_HOURS} GROUP BY ALL ORDER BY started, project_id, release, environment
    """,  # noqa: S608  (names of ours)
    f"""
    INSERT INTO rolled_days
    SELECT project_id, day, nextval('builds') FROM todo SEMI JOIN {_HOURS} USING (project_id, day)
    """,  # noqa: S608  (names of ours)
)

_ARE_EMPTY = "SELECT count(*) FROM todo ANTI JOIN rolled_days USING (project_id, day)"

_FORGET_LABELS = """
    DELETE FROM labels
    WHERE number < (SELECT max(number) FROM labels) AND number IN (
        SELECT number FROM labels ANTI JOIN session_days USING (project_id, release, environment)
    )
"""
"""Numbers are remembered in memory, so none is ever given twice: the greatest one stays to tell."""

_LABEL = (
    f"""
    INSERT INTO labels
    SELECT coalesce((SELECT max(number) FROM labels), 0)
            + row_number() OVER (ORDER BY project_id, release, environment),
        project_id, release, environment
    FROM (SELECT DISTINCT project_id, release, environment FROM {_HOURS})
    ANTI JOIN labels USING (project_id, release, environment)
    """,  # noqa: S608  (names of ours)
    f"""
    INSERT INTO {PEOPLE.table}
    SELECT project_id, day, number, person, bit_or(kinds)
    FROM (
        SELECT project_id, day, release, environment, {", ".join(PEOPLE.spelled)}
        FROM {_SESSIONS} WHERE {PEOPLE.known}
    ) JOIN labels USING (project_id, release, environment)
    GROUP BY ALL ORDER BY day, project_id, number, person
    """,  # noqa: S608  (names of ours)
    f"""
    INSERT INTO {DURATIONS.table}
    SELECT project_id, day, number, duration
    FROM {_SESSIONS} JOIN labels USING (project_id, release, environment)
    WHERE {DURATIONS.known} ORDER BY day, project_id, number, duration
    """,  # noqa: S608  (names of ours)
)


def build(
    storage: Storage, *, spared: Collection[Place] = (), days: int = DAYS_AT_ONCE
) -> tuple[Place, ...]:
    """Build the oldest days that have changed, but not the `spared`; give what was built.

    StorageUnavailable says why they cannot be; they are as before then.
    """
    values = {
        "projects": [project for project, _ in spared],
        "days": [day for _, day in spared],
        "most": days,
    }
    try:
        with storage.deriving() as cursor:
            cursor.execute(_TODO, values)
            built = tuple(cursor.execute("SELECT project_id, day FROM todo").fetchall())
            if built:
                _rebuild(cursor, [day for _, day in built])
            cursor.execute("DROP TABLE todo")
    except duckdb.Error as error:  # rows that cannot be counted are kept, and must stop nobody
        message = f"days cannot be built: {error}"
        raise StorageUnavailable(message) from error
    return built


def _rebuild(cursor: duckdb.DuckDBPyConnection, days: Sequence[int]) -> None:
    values = {"first": min(days), "last": max(days)}
    for statement in (*_FORGET, *_COUNT):
        _run(cursor, statement, values)
    if cursor.execute(_ARE_EMPTY).fetchall() != [(0,)]:
        cursor.execute(_FORGET_LABELS)
    for statement in _LABEL:
        _run(cursor, statement, values)


def _run(cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, int]) -> None:
    used = {name: value for name, value in values.items() if f"${name}" in statement}
    cursor.execute(statement, used)
