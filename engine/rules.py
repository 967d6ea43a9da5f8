"""What makes an incoming row bad, and what a good one becomes.

Owns the rules and their words. Does not know how values are read (`engine.reading`), nor what is
done with rows. The statements read the tables `projects` and `people` beside the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.columns import Form
from engine.moments import parts_of
from engine.reading import (
    INCOMING,
    POSITION,
    RECEIVED,
    in_one_spelling,
    quoted,
    read,
    reading,
    readings,
)
from engine.release import ENVIRONMENT_BYTES, RELEASE_BYTES
from schema.session import (
    COUNT_COLUMNS,
    GREATEST_COUNT,
    NIL_UUID,
    UPDATE_COLUMNS,
    Mechanism,
    UpdateStatus,
)

USERS = "told_users"
"""The relation that holds what `users` has given."""

PROBLEM = "problem"
"""The column beside the values: the position in CHECKS of the first rule a row breaks, or null."""

_FORBIDDEN_CHARACTERS = r"[\x00-\x1f\x7f\\/]"
_FORBIDDEN_RELEASES = (".", "..", "latest")
_FORBIDDEN_ENVIRONMENTS = (".", "..", "none")

_EARLIEST = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z in Unix microseconds."""

_TOO_LATE = 253_402_300_800_000_000
"""10000-01-01T00:00:00Z in Unix microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule: the column it is about, when a row breaks it (SQL), and what would be right."""

    column: str
    broken: str
    needs: str


def _listed(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def _bad_name(column: str, length: int, forbidden: tuple[str, ...]) -> str:
    value = read(column)
    return (
        f"(strlen({value}) > {length} OR lower({value}) IN {_listed(forbidden)}"
        f" OR regexp_matches({value}, '{_FORBIDDEN_CHARACTERS}'))"
    )


def _unreadable(column: str, beyond: str = "false") -> str:
    return f"{quoted(column)} IS NOT NULL AND ({read(column)} IS NULL OR {beyond})"


def _moment(column: str) -> Check:
    value = read(column)
    return Check(
        column=column,
        broken=_unreadable(column, f"{value} < {_EARLIEST} OR {value} >= {_TOO_LATE}"),
        needs="an ISO-8601 time or Unix seconds, in the years 1 to 9999",
    )


def _whole(column: str) -> Check:
    return Check(
        column=column,
        broken=_unreadable(column, f"{read(column)} < 0"),
        needs="a whole number that is not negative",
    )


def _bounded(column: str) -> Check:
    return Check(
        column=column,
        broken=f"{read(column)} > {GREATEST_COUNT}",
        needs=f"at most {GREATEST_COUNT}",
    )


def _required(column: str, needs: str) -> Check:
    return Check(column=column, broken=f"{quoted(column)} IS NULL", needs=needs)


_HAS_ID = f"coalesce({read('session_id')} <> '{NIL_UUID}', false)"
_HAS_COUNTS = "(" + " OR ".join(f"{quoted(name)} IS NOT NULL" for name in COUNT_COLUMNS) + ")"
_HIGHEST_COUNT = "greatest(" + ", ".join(read(name) for name in COUNT_COLUMNS) + ")"
_COUNTED = f"(NOT {_HAS_ID} AND {_HAS_COUNTS})"
_PROJECTS = "SELECT id FROM projects"
_PROJECT_NEEDS = "the id of an existing project"
_DURATION = read("duration")

CHECKS = (
    _required("project_id", _PROJECT_NEEDS),
    Check(
        column="project_id",
        broken=f"{read('project_id')} IS NULL OR {read('project_id')} NOT IN ({_PROJECTS})",
        needs=_PROJECT_NEEDS,
    ),
    Check(column="session_id", broken=_unreadable("session_id"), needs="a UUID"),
    *(_whole(name) for name in COUNT_COLUMNS),
    *(_bounded(name) for name in COUNT_COLUMNS),
    Check(
        column="session_id",
        broken=f"{_HAS_ID} AND {_HIGHEST_COUNT} > 0",
        needs="left out of a row that has counts",
    ),
    Check(
        column="session_id",
        broken=f"NOT {_HAS_ID} AND NOT {_HAS_COUNTS}",
        needs=f"a UUID that is not nil, unless one of {', '.join(COUNT_COLUMNS)} is given",
    ),
    _required("started", "an ISO-8601 time or Unix seconds"),
    _moment("started"),
    _moment("timestamp"),
    _moment(RECEIVED),
    _whole("seq"),
    Check(column="init", broken=_unreadable("init"), needs="true or false"),
    Check(column="status", broken=_unreadable("status"), needs="text"),
    _whole("errors"),
    Check(
        column="duration",
        broken=_unreadable("duration", f"NOT isfinite({_DURATION}) OR {_DURATION} < 0"),
        needs="a finite number of seconds that is not negative",
    ),
    Check(column="distinct_id", broken=_unreadable("distinct_id"), needs="text"),
    Check(
        column="release",
        broken=_unreadable("release", _bad_name("release", RELEASE_BYTES, _FORBIDDEN_RELEASES)),
        needs=f"a name of at most {RELEASE_BYTES} bytes without slashes, backslashes and control"
        " characters that is none of ., .. and latest",
    ),
)
"""In the order in which they are tried: a bad row is reported with the first rule it breaks."""

_USER = f"nullif(nullif({in_one_spelling(read('distinct_id'))}, ''), '{NIL_UUID}')"

_TIMESTAMP = (
    f"greatest({read('started')},"
    f" coalesce({read('timestamp')}, {read(RECEIVED)}, {read('started')}))"
)

_VALUES = {
    "arrival": f"$first + {POSITION}",
    "session_id": f"CASE WHEN {_HAS_ID} THEN {read('session_id')} END",
    "person": f"(SELECT number FROM numbers WHERE told = {quoted('distinct_id')})",  # noqa: S608  (names of our own only)
    "alone": _HAS_ID,
    **parts_of(read("started"), _TIMESTAMP, read("duration")),
    "seq": f"coalesce({read('seq')}, 0)",
    "init": f"coalesce({read('init')}, {read('seq')} = 0, false)",
    "status": f"coalesce({read('status')}, '{UpdateStatus.OK}')",
    "errors": f"coalesce({read('errors')}, 0)",
    "release": f"coalesce({read('release')}, '')",
    "environment": "CASE WHEN "
    + _bad_name("environment", ENVIRONMENT_BYTES, _FORBIDDEN_ENVIRONMENTS)
    + f" THEN '' ELSE coalesce({read('environment')}, '') END",
    "abnormal_mechanism": f"CASE WHEN {read('abnormal_mechanism')} IN"
    f" {_listed(tuple(Mechanism))} THEN {read('abnormal_mechanism')} END",
    "duration": f"{_DURATION} + 0.0",  # a duration of -0.0 is one of 0.0
    **{name: f"CASE WHEN {_COUNTED} THEN coalesce({read(name)}, 0) END" for name in COUNT_COLUMNS},
}


def problems(forms: Mapping[str, Form]) -> str:
    """Write the SQL that gives the position and the PROBLEM of every bad row, in order.

    `forms` says what the columns of the rows are, by their names.
    """
    return f"WITH {_judged(forms)} SELECT {POSITION}, {PROBLEM} FROM judged {_BAD} ORDER BY ALL"  # noqa: S608  (names of our own only)


def users(forms: Mapping[str, Form], *, of_good_rows: bool) -> str:
    """Write the SQL that gives each user of the rows once, as `told` and as `distinct_id`.

    A user whom only bad rows name is among them, unless `of_good_rows` says that it matters.
    """
    told, source = quoted("distinct_id"), INCOMING
    if of_good_rows:
        source = f"(WITH {_judged(forms)} SELECT {told} FROM judged {_GOOD})"  # noqa: S608  (names of our own only)
    value = reading("distinct_id", forms.get("distinct_id", Form.ABSENT))
    return (
        f"SELECT {told} AS told, {_USER} AS distinct_id"  # noqa: S608  (names of our own only)
        f" FROM (SELECT {value} FROM (SELECT DISTINCT {told} FROM {source}))"
    )


def updates(forms: Mapping[str, Form]) -> str:
    """Write the SQL that gives the UPDATE_COLUMNS of every good row, counted from `$first`.

    The numbers of its users are looked for by what was `told`, in the relation USERS. Each update
    of a session is `alone` until it is known better.

    The numbers are looked up, not joined: DuckDB does not know how many rows there are, and would
    join the other way round, which gives them out of order and to one thread.
    """
    values = ", ".join(
        f"{_value(column.name, forms)} AS {quoted(column.name)}" for column in UPDATE_COLUMNS
    )
    return (
        f"WITH {_judged(forms)}, numbers AS ("  # noqa: S608  (names of our own only)
        f"SELECT told, number FROM {USERS} JOIN people USING (distinct_id)"
        f") SELECT {values} FROM judged {_GOOD}"
    )


_GOOD = f"WHERE {PROBLEM} IS NULL"
_BAD = f"WHERE {PROBLEM} IS NOT NULL"


def _value(column: str, forms: Mapping[str, Form]) -> str:
    if forms.get(column) is Form.NAME:
        return f"coalesce({read(column)}, '')"
    return _VALUES.get(column, read(column))


def _judged(forms: Mapping[str, Form]) -> str:
    tries = " ".join(
        f"WHEN {check.broken} THEN {index}"
        for index, check in enumerate(CHECKS)
        if forms.get(check.column) is not Form.NAME
    )
    judged = f"SELECT *, CAST(CASE {tries} END AS UTINYINT) AS {PROBLEM} FROM readings"  # noqa: S608  (names and constants of our own only)
    return f"readings AS ({readings(forms)}), judged AS ({judged})"
