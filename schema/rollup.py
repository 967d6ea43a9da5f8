"""The tables that are derived from `sessions`, so that a question costs by the size of its answer.

Owns their columns and what each holds. Does not know how they are built, nor who reads them.
"""

from enum import IntFlag

from schema.session import Column


class Kinds(IntFlag):
    """What a user met on one day under one label; stored as the sum of the bits."""

    UNHEALTHY = 1
    CRASHED = 2
    ABNORMAL = 4
    UNHANDLED = 8
    ANR = 16
    FOREGROUND_ANR = 32


_PROJECT = Column(name="project_id", sql_type="BIGINT", unit="", meaning="the project")
_DAY = Column(
    name="day", sql_type="INTEGER", unit="days since 1970-01-01", meaning="when sessions started"
)
_LABEL = Column(
    name="label", sql_type="INTEGER", unit="", meaning="the release and environment in `labels`"
)
_COUNTED = (
    Column(name="release", sql_type="VARCHAR", unit="", meaning="the release"),
    Column(name="environment", sql_type="VARCHAR", unit="", meaning="the environment"),
    Column(name="outcome", sql_type="UTINYINT", unit="", meaning="the outcome, as in `sessions`"),
    Column(name="quantity", sql_type="BIGINT", unit="sessions", meaning="how many ended so"),
)

COUNT_COLUMNS = (
    _PROJECT,
    Column(
        name="started",
        sql_type="BIGINT",
        unit="Unix seconds",
        meaning="when the hour or day began in which they started",
    ),
    *_COUNTED,
)
"""`session_hours` and `session_days`: the sessions of each hour, or day, that share all else."""

LABEL_COLUMNS = (
    Column(name="number", sql_type="INTEGER", unit="", meaning="the label"),
    _PROJECT,
    *_COUNTED[:2],
)
"""`labels`: a number for each project, release and environment that occur together."""

PEOPLE_COLUMNS = (
    _PROJECT,
    _DAY,
    _LABEL,
    Column(name="person", sql_type="INTEGER", unit="", meaning="the user's number in `people`"),
    Column(name="kinds", sql_type="UTINYINT", unit="", meaning="the bits of what the user met"),
)
"""`people_days`: each user once a day and label."""

DURATION_COLUMNS = (
    _PROJECT,
    _DAY,
    _LABEL,
    Column(name="duration", sql_type="DOUBLE", unit="seconds", meaning="how long a session took"),
)
"""`duration_days`: the known durations of each day and label, in order."""

ROLLED_COLUMNS = (
    _PROJECT,
    _DAY,
    Column(name="version", sql_type="BIGINT", unit="", meaning="the build that made its rows"),
)
"""`rolled_days`: the days for which the tables above hold rows, unless `stale_days` names them."""

ROLLUP_TABLES = {
    "session_hours": COUNT_COLUMNS,
    "session_days": COUNT_COLUMNS,
    "people_days": PEOPLE_COLUMNS,
    "duration_days": DURATION_COLUMNS,
    "labels": LABEL_COLUMNS,
    "rolled_days": ROLLED_COLUMNS,
}
