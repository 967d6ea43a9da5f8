"""What a session is: its outcomes, and the columns of updates and of folded sessions.

Owns the names, units and sources of the columns. Does not know how rows are folded or queried.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Outcome(IntEnum):
    """How a session ended, folded over all its updates; stored as this number.

    The five exclude one another. Greater is worse: folding two failures keeps the greater one.
    """

    HEALTHY = 0
    ERRORED = 1
    UNHANDLED = 2
    ABNORMAL = 3
    CRASHED = 4

    @property
    def word(self) -> str:
        """Give the public spelling, as in `session.status:crashed`."""
        return self.name.lower()


OUTCOMES_IN_ANSWERS = (
    Outcome.ABNORMAL,
    Outcome.CRASHED,
    Outcome.ERRORED,
    Outcome.HEALTHY,
    Outcome.UNHANDLED,
)
"""The order in which the status groups of one base group appear in an answer."""


class UpdateStatus(StrEnum):
    """The statuses an update may carry; any other word is kept and counts as an error."""

    OK = "ok"
    EXITED = "exited"
    ERRORED = "errored"
    UNHANDLED = "unhandled"
    ABNORMAL = "abnormal"
    CRASHED = "crashed"


class Mechanism(StrEnum):
    """What made a session abnormal; any other word is stored as null."""

    ANR_FOREGROUND = "anr_foreground"
    ANR_BACKGROUND = "anr_background"


NIL_UUID = "00000000-0000-0000-0000-000000000000"
"""As a user: no user. As a session id: not an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its SQL type, its unit ("" for none) and what it holds."""

    name: str
    sql_type: str
    unit: str
    meaning: str


COUNT_COLUMNS = ("exited", "errored", "unhandled", "abnormal", "crashed")
"""The counts of a pre-counted row, which exclude one another; each is 0 when absent."""

GREATEST_COUNT = 2**32 - 1
"""No count of a pre-counted row is greater, so that sums of them have room in 64 bits."""

ARRIVAL = Column(
    name="arrival",
    sql_type="BIGINT",
    unit="",
    meaning="the update's running number, in the order of arrival",
)

_PROJECT = Column(
    name="project_id", sql_type="BIGINT", unit="", meaning="the project that reported it"
)
_SESSION = Column(
    name="session_id",
    sql_type="UUID",
    unit="",
    meaning="the session's id; null in a pre-counted row",
)
_USER = Column(
    name="distinct_id",
    sql_type="VARCHAR",
    unit="",
    meaning="the user, a UUID in canonical spelling or any text; null when unknown",
)
_PERSON = Column(
    name="person",
    sql_type="INTEGER",
    unit="",
    meaning="the user's number in `people`, or null when unknown",
)

_STARTED = Column(
    name="started",
    sql_type="BIGINT",
    unit="Unix seconds, rounded down",
    meaning="when the session started",
)
_FRACTION = tuple(
    Column(
        name=name,
        sql_type="SMALLINT",
        unit=f"{unit}, from 0 to 999",
        meaning=f"the {place} of the second in which it started",
    )
    for name, unit, place in (
        ("started_ms", "milliseconds", "first three decimals"),
        ("started_us", "microseconds", "next three decimals"),
    )
)
_ALONE = Column(
    name="alone",
    sql_type="BOOLEAN",
    unit="",
    meaning="whether nothing else is told of its session, which is then this row of `sessions`",
)

_LATE = Column(
    name="late_us",
    sql_type="BIGINT",
    unit="microseconds",
    meaning="how long after its start, and its duration if there is one, the update was made",
)

_TOLD_COLUMNS = (
    Column(
        name="seq",
        sql_type="BIGINT",
        unit="",
        meaning="the sender's running number; orders updates of one instant",
    ),
    Column(name="init", sql_type="BOOLEAN", unit="", meaning="whether it is the first update"),
    Column(
        name="status",
        sql_type="VARCHAR",
        unit="",
        meaning="ok, exited, errored, unhandled, abnormal, crashed, or an unknown word",
    ),
    Column(
        name="errors",
        sql_type="BIGINT",
        unit="errors",
        meaning="the running count of errors so far",
    ),
    Column(
        name="duration",
        sql_type="DOUBLE",
        unit="seconds",
        meaning="how long the session lasted; null when unknown",
    ),
    Column(name="release", sql_type="VARCHAR", unit="", meaning="the release; empty when absent"),
    Column(
        name="environment",
        sql_type="VARCHAR",
        unit="",
        meaning="the environment; empty when absent",
    ),
    Column(
        name="abnormal_mechanism",
        sql_type="VARCHAR",
        unit="",
        meaning="anr_foreground, anr_background or null",
    ),
    *(
        Column(
            name=name,
            sql_type="BIGINT",
            unit="sessions",
            meaning=f"pre-counted rows only: how many sessions ended {name}",
        )
        for name in COUNT_COLUMNS
    ),
)

_REPORTED_START = Column(
    name="started",
    sql_type="TIMESTAMP",
    unit="UTC, microseconds",
    meaning="when the session started; decides its bucket",
)

_TIMESTAMP = Column(
    name="timestamp",
    sql_type="TIMESTAMP",
    unit="UTC, microseconds",
    meaning="when this update was made; orders the updates of one session",
)

REPORTED_COLUMNS = (_PROJECT, _SESSION, _USER, _REPORTED_START, _TIMESTAMP, *_TOLD_COLUMNS)
"""One update as its sender means it: normalised, and not stored yet."""

UPDATE_COLUMNS = (
    ARRIVAL,
    _PROJECT,
    _SESSION,
    _ALONE,
    _PERSON,
    _STARTED,
    *_FRACTION,
    _LATE,
    *_TOLD_COLUMNS,
)
"""One row of `session_updates`, as it came and normalised; only `alone` ever changes.

Both moments are kept in parts: whole seconds are what is asked for, and most other parts are 0.
"""

SESSION_COLUMNS = (
    Column(
        name="first_update",
        sql_type="BIGINT",
        unit="",
        meaning="the smallest `arrival` of its updates; tells which session it is",
    ),
    _PROJECT,
    _STARTED,
    Column(name="release", sql_type="VARCHAR", unit="", meaning="the release; may be empty"),
    Column(
        name="environment", sql_type="VARCHAR", unit="", meaning="the environment; may be empty"
    ),
    Column(
        name="outcome",
        sql_type="UTINYINT",
        unit="",
        meaning="0 healthy, 1 errored, 2 unhandled, 3 abnormal, 4 crashed",
    ),
    Column(
        name="quantity",
        sql_type="BIGINT",
        unit="sessions",
        meaning="1, or the count of a pre-counted row",
    ),
    _PERSON,
    Column(
        name="duration", sql_type="DOUBLE", unit="seconds", meaning="how long it lasted, or null"
    ),
    Column(
        name="abnormal_mechanism",
        sql_type="VARCHAR",
        unit="",
        meaning="anr_foreground, anr_background or null",
    ),
)
"""One row of `sessions`: one folded (project, session id), or one outcome of a pre-counted row.

`sessions` is a view: `folded_sessions`, and the updates that are `alone`.
"""
