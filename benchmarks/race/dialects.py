"""How each contestant spells a field: DuckDB, ClickHouse exactly, ClickHouse over hourly states.

Owns the column expressions. Nothing here comes from our planner, so that answers can be held
against each other. A column is named after its field, and its status where there is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

STATUSES = ("healthy", "errored", "unhandled", "abnormal", "crashed")
"""In the order of their numbers in the column `outcome`."""

_ABSENT = "00000000-0000-0000-0000-000000000000"
_LEVELS = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1}
_HUNG = "abnormal_mechanism IN ('anr_foreground', 'anr_background')"
_HUNG_IN_FRONT = "abnormal_mechanism = 'anr_foreground'"

Columns: TypeAlias = Mapping[str, str]
_Counter: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to write: expressions by field, and by field and status; and where the rows are.

    `moment` spells a Unix second as the column `started` holds it, `bucket` counts steps from a
    start. A field that is in neither mapping cannot be answered; a status that is missing is left
    out. `users` and `durations` tell whether a group has any, without which it is not listed.
    `organization` is the column that its key begins with, empty where there is none.
    """

    table: str
    organization: str = ""
    fields: Columns
    by_status: Columns
    users: str
    durations: str
    moment: Callable[[int], str]
    bucket: Callable[[int, int], str]


def _exact(sessions: _Counter, users: _Counter, ratio: Callable[[str, str], str]) -> Columns:
    """Spell the fields that only need to count sessions or users of some rows."""
    crashed, everybody = "outcome = 4", "true"
    return {
        "sum(session)": sessions(everybody),
        "count_unique(user)": users(everybody),
        "crash_free_rate(session)": f"1 - {ratio(sessions(crashed), sessions(everybody))}",
        "crash_free_rate(user)": f"1 - {ratio(users(crashed), users(everybody))}",
        "anr_rate()": ratio(users(_HUNG), users(everybody)),
        "foreground_anr_rate()": ratio(users(_HUNG_IN_FRONT), users(everybody)),
    }


def _exact_by_status(sessions: _Counter, users: _Counter) -> Columns:
    failed = [users(f"outcome = {number}") for number in (2, 3, 4)]
    rest = f"{users('outcome > 0')} - {' - '.join(failed)}"
    return {
        **{
            f"sum(session) {status}": sessions(f"outcome = {number}")
            for number, status in enumerate(STATUSES)
        },
        "count_unique(user) healthy": f"{users('true')} - {users('outcome > 0')}",
        "count_unique(user) errored": f"greatest(0, {rest})",
        **{
            f"count_unique(user) {status}": users(f"outcome = {number}")
            for number, status in enumerate(STATUSES)
            if number > 1
        },
    }


def _duck_sessions(condition: str) -> str:
    return f"coalesce(sum(quantity) FILTER ({condition}), 0)"


def _duck_users(condition: str) -> str:
    return f"count(DISTINCT distinct_id) FILTER ({condition})"


def _house_sessions(condition: str) -> str:
    return f"toInt64(sumIf(quantity, {condition}))"


def _house_users(condition: str) -> str:
    known = f"distinct_id != toUUID('{_ABSENT}')"
    return f"toInt64(uniqExactIf(distinct_id, {known} AND {condition}))"


def _percentiles(values: str, place: Callable[[int], str], *, scale: float) -> Columns:
    return {
        f"{name}(session.duration)": f"{values}{place(number)} * {scale}"
        for number, name in enumerate(_LEVELS, start=1)
    }


_LEVEL_LIST = ", ".join(str(level) for level in _LEVELS.values())

DUCK = Dialect(
    table="folded",
    fields={
        **_exact(_duck_sessions, _duck_users, lambda part, whole: f"{part} / nullif({whole}, 0)"),
        **_percentiles(
            f"quantile_cont(duration, [{_LEVEL_LIST}])", lambda number: f"[{number}]", scale=1000
        ),
    },
    by_status=_exact_by_status(_duck_sessions, _duck_users),
    users="count(distinct_id) > 0",
    durations="count(duration) > 0",
    moment=str,
    bucket=lambda start, step: f"(started - {start}) // {step}",
)

_EXACT_QUANTILES = f"quantilesExactInclusiveIf({_LEVEL_LIST})(duration, duration >= 0)"


def _house_moment(second: int) -> str:
    return f"toDateTime({second}, 'UTC')"


def _house_bucket(start: int, step: int) -> str:
    return f"intDiv(toInt64(toUnixTimestamp(started)) - {start}, {step})"


HOUSE_EXACT = Dialect(
    table="folded",
    fields={
        **_exact(_house_sessions, _house_users, lambda part, whole: f"{part} / {whole}"),
        **_percentiles(_EXACT_QUANTILES, lambda number: f"[{number}]", scale=1000),
    },
    by_status=_exact_by_status(_house_sessions, _house_users),
    users=f"countIf(distinct_id != toUUID('{_ABSENT}')) > 0",
    durations="countIf(duration >= 0) > 0",
    moment=_house_moment,
    bucket=_house_bucket,
)

_ALL, _CRASHED, _ABNORMAL = (
    f"toInt64(sumIfMerge({name}_preaggr))"
    for name in ("sessions", "sessions_crashed", "sessions_abnormal")
)
_ERRORED = "toInt64(uniqIfMerge(sessions_errored) + sumIfMerge(sessions_errored_preaggr))"
_USERS, _USERS_CRASHED, _USERS_ABNORMAL, _USERS_ERRORED = (
    f"toInt64(uniqIfMerge({name}))"
    for name in ("users", "users_crashed", "users_abnormal", "users_errored")
)

HOUSE_HOURLY = Dialect(
    table="sessions_hourly",
    organization="org_id",
    fields={
        "sum(session)": _ALL,
        "count_unique(user)": _USERS,
        "crash_free_rate(session)": f"1 - {_CRASHED} / {_ALL}",
        "crash_free_rate(user)": f"1 - {_USERS_CRASHED} / {_USERS}",
        **_percentiles(
            f"quantilesIfMerge({_LEVEL_LIST})(duration_quantiles)",
            lambda number: f"[{number}]",
            scale=1,
        ),
    },
    by_status={
        "sum(session) healthy": f"greatest(0, {_ALL} - {_ERRORED})",
        "sum(session) errored": f"greatest(0, {_ERRORED} - {_CRASHED} - {_ABNORMAL})",
        "sum(session) abnormal": _ABNORMAL,
        "sum(session) crashed": _CRASHED,
        "count_unique(user) healthy": f"greatest(0, {_USERS} - {_USERS_ERRORED})",
        "count_unique(user) errored": (
            f"greatest(0, {_USERS_ERRORED} - {_USERS_CRASHED} - {_USERS_ABNORMAL})"
        ),
        "count_unique(user) abnormal": _USERS_ABNORMAL,
        "count_unique(user) crashed": _USERS_CRASHED,
    },
    users=f"{_USERS} > 0",
    durations="isFinite(quantilesIfMerge(0.5)(duration_quantiles)[1])",
    moment=_house_moment,
    bucket=_house_bucket,
)

HOUSE_YARDSTICK = replace(
    HOUSE_EXACT,
    by_status={
        "sum(session) healthy": _house_sessions("outcome = 0"),
        "sum(session) errored": _house_sessions("outcome IN (1, 2)"),
        "sum(session) abnormal": _house_sessions("outcome = 3"),
        "sum(session) crashed": _house_sessions("outcome = 4"),
        "count_unique(user) healthy": f"{_house_users('true')} - {_house_users('outcome > 0')}",
        "count_unique(user) errored": (
            f"greatest(0, {_house_users('outcome > 0')} - {_house_users('outcome = 3')}"
            f" - {_house_users('outcome = 4')})"
        ),
        "count_unique(user) abnormal": _house_users("outcome = 3"),
        "count_unique(user) crashed": _house_users("outcome = 4"),
    },
)
"""What the hourly states would answer if they were exact: `unhandled` is younger than they are."""

DUCKDB, HOUSE, HOURLY, YARDSTICK = "DuckDB", "chDB exact", "hourly states", "yardstick"

DIALECTS: Mapping[str, Dialect] = {
    DUCKDB: DUCK,
    HOUSE: HOUSE_EXACT,
    HOURLY: HOUSE_HOURLY,
    YARDSTICK: HOUSE_YARDSTICK,
}
"""The contestants besides us, by the names they have in the report, and the yardstick."""
