"""What is asked: the shapes of real callers, and what release health is asked most, with filters.

Owns the questions. Does not know how anybody answers them.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from benchmarks.data.catalogue import releases_of
from benchmarks.shapes import PROBE, SESSION_HEALTH, SESSIONS, STATUS, USERS, Shape
from engine.request import Request

_SHOP = releases_of("shop-android")
_NAMED = (*releases_of("shop-web")[-12:], *_SHOP[-10:])
RELEASE = _SHOP[-3]
"""The release that filters name."""

_FREE = ("crash_free_rate(session)", "crash_free_rate(user)")
_LEVELS = ("p50", "p75", "p90", "p95", "p99", "max")
_PERCENTILES = tuple(f"{level}(session.duration)" for level in _LEVELS)
_ANR = ("anr_rate()", "foreground_anr_rate()")
_BIGGEST = (f"-{SESSIONS}",)


class Kind(StrEnum):
    """What a bar is about."""

    SHAPE = "shape"
    COUNTS = "counts"
    USERS = "users"
    CRASH_FREE = "crash-free"
    PERCENTILES = "percentiles"


def _shape(name: str, title: str, **parts: object) -> Shape:
    return Shape(name=name, title=title, request=Request(**parts))  # type: ignore[arg-type]


_REAL = (
    _shape(
        "releases-list",
        "Named releases by project, release and status, 90 d by 1 d",
        fields=(SESSIONS, USERS),
        groups=("project", "release", STATUS),
        query=" OR ".join(f'release:"{name}"' for name in _NAMED),
        period="90d",
        interval="1d",
    ),
    _shape(
        "release-details",
        "One release by status, 28 d by 4 h",
        fields=(SESSIONS, USERS),
        groups=(STATUS,),
        projects=("shop-android",),
        query=f"release:{RELEASE}",
        period="28d",
        interval="4h",
    ),
    _shape(
        "project-chart",
        "Crash-free sessions and users of a project, 28 d by 1 h",
        fields=_FREE,
        projects=("shop-android",),
        period="28d",
        interval="1h",
    ),
    PROBE,
    _shape(
        "team-stability",
        "Every project by status, 7 d by 1 d",
        fields=(SESSIONS,),
        groups=(STATUS, "project"),
        period="7d",
        interval="1d",
    ),
    SESSION_HEALTH,
    _shape(
        "anr-card",
        "How many users saw the app hang, totals only, 28 d",
        fields=(*_ANR, USERS),
        projects=("shop-android",),
        period="28d",
        interval="1d",
        series="0",
    ),
    _shape(
        "dashboard-widget",
        "Releases of an app by status, 7 d by 1 h",
        fields=(SESSIONS, USERS),
        groups=("release", STATUS),
        projects=("shop-watch",),
        environments=("production",),
        period="7d",
        interval="1h",
    ),
    _shape(
        "releases-table",
        "Totals of releases, ordered, first page, 90 d",
        fields=("crash_free_rate(session)", USERS, SESSIONS),
        groups=("release",),
        orders=_BIGGEST,
        period="90d",
        interval="1d",
        per_page="20",
        cursor="0:0:0",
        totals="1",
        series="0",
    ),
    _shape(
        "duration-chart",
        "Sessions, median and 95th percentile by project, 30 d by 4 h",
        fields=(SESSIONS, "p50(session.duration)", "p95(session.duration)"),
        groups=("project",),
        period="30d",
        interval="4h",
    ),
    _shape(
        "alert-chart",
        "Production by status, 10 000 minutes by 60 minutes",
        fields=(SESSIONS,),
        groups=(STATUS,),
        projects=("shop-web",),
        environments=("production",),
        period="10000m",
        interval="60m",
    ),
    _shape(
        "release-script",
        "Releases with crash-free rates, users and ANRs, ordered, 90 d by 1 d",
        fields=(SESSIONS, USERS, *_FREE, *_ANR),
        groups=("release",),
        orders=_BIGGEST,
        period="90d",
        interval="1d",
        per_page="100",
    ),
)

_ASKED_MOST = {
    Kind.COUNTS: (
        _shape(
            "sessions-by-release",
            "Sessions of the 109 biggest releases, 90 d by 1 d",
            fields=(SESSIONS,),
            groups=("release",),
            orders=_BIGGEST,
            period="90d",
            interval="1d",
        ),
        _shape(
            "sessions-hourly", "Sessions, 41 d by 1 h", fields=(SESSIONS,), period="41d",
            interval="1h",
        ),
    ),
    Kind.USERS: (
        _shape(
            "users-total", "Distinct users, 90 d, totals only", fields=(USERS,), period="90d",
            interval="1d", series="0",
        ),
        _shape("users-daily", "Distinct users, 90 d by 1 d", fields=(USERS,), period="90d",
               interval="1d"),
        _shape("users-hourly", "Distinct users, 14 d by 1 h", fields=(USERS,), period="14d",
               interval="1h"),
    ),
    Kind.CRASH_FREE: (
        _shape(
            "crash-free-by-release",
            "Crash-free users of the 109 biggest releases, 90 d by 1 d",
            fields=(SESSIONS, "crash_free_rate(user)"),
            groups=("release",),
            orders=_BIGGEST,
            period="90d",
            interval="1d",
        ),
        _shape(
            "crash-free-by-project",
            "Crash-free users by project, 90 d by 1 d",
            fields=("crash_free_rate(user)",),
            groups=("project",),
            period="90d",
            interval="1d",
        ),
    ),
    Kind.PERCENTILES: (
        _shape("percentiles-daily", "All percentiles, 90 d by 1 d", fields=_PERCENTILES,
               period="90d", interval="1d"),
        _shape("percentiles-hourly", "All percentiles, 14 d by 1 h", fields=_PERCENTILES,
               period="14d", interval="1h"),
        _shape("percentiles-daily-by-project", "All percentiles by project, 90 d by 1 d",
               fields=_PERCENTILES, groups=("project",), period="90d", interval="1d"),
        _shape("percentiles-hourly-by-project", "All percentiles by project, 14 d by 1 h",
               fields=_PERCENTILES, groups=("project",), period="14d", interval="1h"),
        _shape("percentiles-daily-by-release",
               "All percentiles of the 109 biggest releases, 90 d by 1 d",
               fields=(SESSIONS, *_PERCENTILES), groups=("release",), orders=_BIGGEST,
               period="90d", interval="1d"),
    ),
}  # fmt: skip

_FILTERS: dict[str, dict[str, object]] = {
    "": {},
    "@project": {"projects": ("shop-ios",)},
    "@environment": {"environments": ("production",)},
    "@release": {"query": f'release:"{RELEASE}"'},
}


def _questions() -> Iterator[tuple[Kind, Shape]]:
    for shape in _REAL:
        yield Kind.SHAPE, shape
    for kind, shapes in _ASKED_MOST.items():
        for shape in shapes:
            for ending, parts in _FILTERS.items():
                request = replace(shape.request, **parts)  # type: ignore[arg-type]
                title = f"{shape.title}{ending.replace('@', ', of one ')}"
                yield kind, replace(shape, name=shape.name + ending, title=title, request=request)


KINDS = {shape.name: kind for kind, shape in _questions()}
QUESTIONS = tuple(shape for _, shape in _questions())
"""Every question, in the order of the report."""
