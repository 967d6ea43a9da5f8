"""The same twelve questions as SQL that one would type into DuckDB, over the same `sessions` table.

Owns the SQL. Nothing here comes from the planner, so that the two can be held against each other;
a column is named after its field, and its status where there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

Row: TypeAlias = tuple[int | float | str | None, ...]

BUCKET = "bucket"

_SESSIONS = 'sum(quantity) AS "sum(session)"'
_USERS = 'count(DISTINCT person) AS "count_unique(user)"'

_SESSIONS_BY_STATUS = """
    sum(CASE WHEN outcome = 0 THEN quantity ELSE 0 END) AS "sum(session) healthy",
    sum(CASE WHEN outcome = 1 THEN quantity ELSE 0 END) AS "sum(session) errored",
    sum(CASE WHEN outcome = 2 THEN quantity ELSE 0 END) AS "sum(session) unhandled",
    sum(CASE WHEN outcome = 3 THEN quantity ELSE 0 END) AS "sum(session) abnormal",
    sum(CASE WHEN outcome = 4 THEN quantity ELSE 0 END) AS "sum(session) crashed"
"""

_USERS_BY_STATUS = """
    count(DISTINCT person)
        - count(DISTINCT CASE WHEN outcome > 0 THEN person END)
        AS "count_unique(user) healthy",
    greatest(0, count(DISTINCT CASE WHEN outcome > 0 THEN person END)
        - count(DISTINCT CASE WHEN outcome = 2 THEN person END)
        - count(DISTINCT CASE WHEN outcome = 3 THEN person END)
        - count(DISTINCT CASE WHEN outcome = 4 THEN person END))
        AS "count_unique(user) errored",
    count(DISTINCT CASE WHEN outcome = 2 THEN person END) AS "count_unique(user) unhandled",
    count(DISTINCT CASE WHEN outcome = 3 THEN person END) AS "count_unique(user) abnormal",
    count(DISTINCT CASE WHEN outcome = 4 THEN person END) AS "count_unique(user) crashed"
"""

_CRASH_FREE_SESSIONS = """
    1 - sum(CASE WHEN outcome = 4 THEN quantity ELSE 0 END) / sum(quantity)
        AS "crash_free_rate(session)"
"""

_CRASH_FREE_USERS = """
    1 - count(DISTINCT CASE WHEN outcome = 4 THEN person END)
        / nullif(count(DISTINCT person), 0) AS "crash_free_rate(user)"
"""

_ANR = """
    count(DISTINCT CASE WHEN abnormal_mechanism IN ('anr_foreground', 'anr_background')
        THEN person END) / nullif(count(DISTINCT person), 0) AS "anr_rate()"
"""

_FOREGROUND_ANR = """
    count(DISTINCT CASE WHEN abnormal_mechanism = 'anr_foreground' THEN person END)
        / nullif(count(DISTINCT person), 0) AS "foreground_anr_rate()"
"""

_NAMED_RELEASES = """release IN (
    'shop-web@5.8.0', 'shop-web@5.9.0', 'shop-web@5.9.1', 'shop-web@5.10.0',
    'shop-web@5.11.0-rc.1', 'shop-web@5.11.0', 'shop-web@5.12.0',
    'com.example.shop@2.2.0+430', 'com.example.shop@2.3.0+445', 'com.example.shop@2.3.1+451',
    'com.example.shop@2.4.0+460', 'com.example.shop@2.4.1+463', 'com.example.shop@2.5.0+470',
    'com.example.shop@2.5.1+474',
    'com.example.shop.ios@2.2.0+219', 'com.example.shop.ios@2.3.0+224',
    'com.example.shop.ios@2.3.1+226', 'com.example.shop.ios@2.4.1+231',
    'shop-api@1.17.3', 'shop-api@1.18.0', 'shop-api@1.18.1', 'shop-api@1.19.0')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One question in SQL: what to compute, by which keys, of which rows, and what comes after."""

    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    rows: str = "true"
    last: str = ""
    series: bool = True


TYPED = {
    "releases-list": Typed(
        columns=(_SESSIONS_BY_STATUS, _USERS_BY_STATUS),
        keys=("project_id", "release"),
        rows=_NAMED_RELEASES,
    ),
    "release-details": Typed(
        columns=(_SESSIONS_BY_STATUS, _USERS_BY_STATUS),
        rows="release = 'com.example.shop@2.4.0+460'",
    ),
    "project-chart": Typed(columns=(_CRASH_FREE_SESSIONS, _CRASH_FREE_USERS)),
    "existence-probe": Typed(columns=(_SESSIONS,)),
    "team-stability": Typed(columns=(_SESSIONS_BY_STATUS,), keys=("project_id",)),
    "session-health": Typed(columns=(_SESSIONS_BY_STATUS, _USERS_BY_STATUS)),
    "anr-card": Typed(columns=(_ANR, _FOREGROUND_ANR, _USERS), series=False),
    "dashboard-widget": Typed(
        columns=(_SESSIONS_BY_STATUS, _USERS_BY_STATUS),
        keys=("release",),
        rows="environment = 'production'",
    ),
    "releases-table": Typed(
        columns=(_CRASH_FREE_SESSIONS, _USERS, _SESSIONS),
        keys=("release",),
        last='ORDER BY "sum(session)" DESC, release LIMIT 20',
        series=False,
    ),
    "duration-chart": Typed(
        columns=(
            _SESSIONS,
            'quantile_cont(duration, 0.5) * 1000 AS "p50(session.duration)"',
            'quantile_cont(duration, 0.95) * 1000 AS "p95(session.duration)"',
        ),
        keys=("project_id",),
    ),
    "alert-chart": Typed(columns=(_SESSIONS_BY_STATUS,), rows="environment = 'production'"),
    "release-script": Typed(
        columns=(_SESSIONS, _USERS, _CRASH_FREE_SESSIONS, _CRASH_FREE_USERS, _ANR),
        keys=("release",),
    ),
}
"""By the names of the shapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """A question ready to run; `series` is empty where only totals are asked for."""

    totals: str
    series: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a statement answered."""

    names: tuple[str, ...]
    rows: Sequence[Row]


def spell(typed: Typed, project_ids: Sequence[int], window: tuple[int, int, int]) -> Statements:
    """Write out both statements for these projects and this (start, end, step) in Unix seconds."""
    start, end, step = window
    ids = ", ".join(str(project_id) for project_id in project_ids)
    source = f"""FROM sessions
        WHERE project_id IN ({ids}) AND started >= {start} AND started < {end} AND {typed.rows}
        GROUP BY ALL"""
    bucket = f"(started - {start}) // {step} AS {BUCKET}"
    totals = ", ".join((*typed.keys, *typed.columns))
    series = ", ".join((*typed.keys, bucket, *typed.columns))
    return Statements(
        totals=f"SELECT {totals} {source} {typed.last}",
        series=f"SELECT {series} {source}" if typed.series else "",
    )


def run(connection: duckdb.DuckDBPyConnection, statement: str) -> Rows:
    """Run one statement and fetch all its rows."""
    cursor = connection.execute(statement)
    rows = cursor.fetchall()
    return Rows(names=tuple(column[0] for column in cursor.description or ()), rows=rows)
