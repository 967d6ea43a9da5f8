"""The public vocabulary: fields, groupBy keys, search keys.

One table that the resolver, the OpenAPI page and the documentation tests all read. Does not know
how a measure is computed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """A number that storage can compute for one group and one span of time."""

    SESSIONS = "sessions"
    SESSIONS_UNHEALTHY = "sessions_unhealthy"
    SESSIONS_CRASHED = "sessions_crashed"
    SESSIONS_ABNORMAL = "sessions_abnormal"
    SESSIONS_UNHANDLED = "sessions_unhandled"
    USERS = "users"
    USERS_UNHEALTHY = "users_unhealthy"
    USERS_CRASHED = "users_crashed"
    USERS_ABNORMAL = "users_abnormal"
    USERS_UNHANDLED = "users_unhandled"
    USERS_ANR = "users_anr"
    USERS_FOREGROUND_ANR = "users_foreground_anr"
    DURATION_COUNT = "duration_count"
    DURATION_AVG = "duration_avg"
    DURATION_P50 = "duration_p50"
    DURATION_P75 = "duration_p75"
    DURATION_P90 = "duration_p90"
    DURATION_P95 = "duration_p95"
    DURATION_P99 = "duration_p99"
    DURATION_MAX = "duration_max"


class Kind(StrEnum):
    """What a field's number is."""

    COUNT = "count"
    DURATION = "duration"
    RATE = "rate"


class Subject(StrEnum):
    """What a field counts or measures: the store a group must have rows in to be listed."""

    SESSION = "session"
    USER = "user"
    DURATION = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One public field: `name` as in `field=`, its unit, and one sentence for the reference."""

    name: str
    kind: Kind
    subject: Subject
    unit: str
    description: str


def _rate(name: str, subject: Subject, description: str) -> Field:
    return Field(
        name=name, kind=Kind.RATE, subject=subject, unit="fraction 0 to 1", description=description
    )


def _duration(function: str, description: str) -> Field:
    return Field(
        name=f"{function}(session.duration)",
        kind=Kind.DURATION,
        subject=Subject.DURATION,
        unit="milliseconds",
        description=description,
    )


FIELDS = (
    Field(
        name="sum(session)",
        kind=Kind.COUNT,
        subject=Subject.SESSION,
        unit="sessions",
        description="The number of sessions.",
    ),
    Field(
        name="count_unique(user)",
        kind=Kind.COUNT,
        subject=Subject.USER,
        unit="users",
        description="The number of distinct users.",
    ),
    _duration("avg", "The mean session duration."),
    _duration("p50", "The median session duration, interpolated linearly."),
    _duration("p75", "The 75th percentile of the session duration."),
    _duration("p90", "The 90th percentile of the session duration."),
    _duration("p95", "The 95th percentile of the session duration."),
    _duration("p99", "The 99th percentile of the session duration."),
    _duration("max", "The longest session duration."),
    _rate("crash_rate(session)", Subject.SESSION, "Crashed sessions over all sessions."),
    _rate("crash_rate(user)", Subject.USER, "Users with a crashed session over all users."),
    _rate("crash_free_rate(session)", Subject.SESSION, "One minus `crash_rate(session)`."),
    _rate("crash_free_rate(user)", Subject.USER, "One minus `crash_rate(user)`."),
    _rate("abnormal_rate(session)", Subject.SESSION, "Abnormal sessions over all sessions."),
    _rate("abnormal_rate(user)", Subject.USER, "Users with an abnormal session over all users."),
    _rate("unhandled_rate(session)", Subject.SESSION, "Unhandled sessions over all sessions."),
    _rate("unhandled_rate(user)", Subject.USER, "Users with an unhandled session over all users."),
    _rate(
        "errored_rate(session)",
        Subject.SESSION,
        "Sessions with errors that did not crash, were not abnormal and had no unhandled error,"
        " over all sessions; 0 where there are no sessions.",
    ),
    _rate(
        "errored_rate(user)",
        Subject.USER,
        "Users of the errored status group over all users; 0 where there are no users.",
    ),
    _rate(
        "unhealthy_rate(session)",
        Subject.SESSION,
        "Sessions that are not healthy over all sessions; 0 where there are no sessions.",
    ),
    _rate("anr_rate()", Subject.USER, "Users whose app did not respond over all users."),
    _rate(
        "foreground_anr_rate()",
        Subject.USER,
        "Users whose app did not respond while in the foreground over all users.",
    ),
)

FIELD_BY_NAME = {field.name: field for field in FIELDS}


class Key(StrEnum):
    """A base groupBy key: a column that rows are grouped and filtered by; order as in answers."""

    PROJECT = "project"
    RELEASE = "release"
    ENVIRONMENT = "environment"


STATUS_KEY = "session.status"
"""The fourth groupBy key: not a column, each base group is split into its status groups."""

GROUP_KEYS = (*(key.value for key in Key), STATUS_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchKey:
    """One key that `query` may filter on, and one sentence for the reference."""

    name: str
    description: str


SEARCH_KEYS = (
    SearchKey(name="project", description="The project's slug."),
    SearchKey(name="project_id", description="The project's number."),
    SearchKey(name="environment", description="The environment's exact name."),
    SearchKey(name="release", description="The release's exact name, or `latest`."),
    SearchKey(name="release.version", description="The semantic version; ordering and `1.*` work."),
    SearchKey(name="release.package", description="The part of the release before its `@`."),
    SearchKey(name="release.build", description="The build code; ordering works on numbers."),
    SearchKey(
        name="release.stage",
        description="`adopted`, `low_adoption` or `replaced` in the one chosen environment.",
    ),
    SearchKey(name="session.status", description="The session's outcome."),
)
