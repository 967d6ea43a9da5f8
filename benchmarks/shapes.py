"""The twelve shapes of question that real callers send, each asked once of the demo.

Owns the requests and the moment they are asked at. Does not know how they are answered or timed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from api.demo.products import BAD_RELEASE, CUSTOMERS
from engine.request import Request

NOW = datetime(2026, 11, 3, 14, 25, 40, tzinfo=UTC)
"""When the demo ends and the questions are asked."""

SESSIONS = "sum(session)"
USERS = "count_unique(user)"
STATUS = "session.status"

_REPEATED = {
    "field": "fields",
    "groupBy": "groups",
    "orderBy": "orders",
    "project": "projects",
    "environment": "environments",
}
_SINGLE = {
    "statsPeriod": "period",
    "interval": "interval",
    "start": "start",
    "end": "end",
    "query": "query",
    "per_page": "per_page",
    "cursor": "cursor",
    "includeTotals": "totals",
    "includeSeries": "series",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One question about an organization; `title` says who asks it."""

    name: str
    title: str
    organization: str = "acme"
    request: Request

    def address(self) -> str:
        """Spell the question as the path and query string of the endpoint."""
        pairs = [
            (parameter, value)
            for parameter, name in _REPEATED.items()
            for value in getattr(self.request, name)
        ]
        singles = ((parameter, getattr(self.request, name)) for parameter, name in _SINGLE.items())
        pairs += [(parameter, value) for parameter, value in singles if value]
        return f"/api/0/organizations/{self.organization}/sessions/?{urlencode(pairs)}"


def _releases_of(organization: str) -> tuple[str, ...]:
    return tuple(
        version.name
        for customer in CUSTOMERS
        if customer.slug == organization
        for product in customer.products
        for version in product.versions
    )


SHAPES = (
    Shape(
        name="releases-list",
        title="Releases list: many named releases, by project, release and status, 90 d by 1 d",
        request=Request(
            fields=(SESSIONS, USERS),
            groups=("project", "release", STATUS),
            query=" OR ".join(f'release:"{name}"' for name in _releases_of("acme")),
            period="90d",
            interval="1d",
        ),
    ),
    Shape(
        name="release-details",
        title="Release details: one release by status, 28 d by 4 h",
        request=Request(
            fields=(SESSIONS, USERS),
            groups=(STATUS,),
            projects=("shop-android",),
            query=f"release:{BAD_RELEASE}",
            period="28d",
            interval="4h",
        ),
    ),
    Shape(
        name="project-chart",
        title="Project chart: crash-free sessions and users, doubled period, 28 d by 1 h",
        request=Request(
            fields=("crash_free_rate(session)", "crash_free_rate(user)"),
            projects=("shop-android",),
            period="28d",
            interval="1h",
        ),
    ),
    Shape(
        name="existence-probe",
        title="Existence probe: has this project any sessions? 90 d by 1 d",
        organization="initech",
        request=Request(fields=(SESSIONS,), projects=("reports",), period="90d", interval="1d"),
    ),
    Shape(
        name="team-stability",
        title="Team stability: every project by status, 7 d by 1 d",
        request=Request(fields=(SESSIONS,), groups=(STATUS, "project"), period="7d", interval="1d"),
    ),
    Shape(
        name="session-health",
        title="Session health: sessions and users by status, 14 d by 1 h",
        request=Request(fields=(SESSIONS, USERS), groups=(STATUS,), period="14d", interval="1h"),
    ),
    Shape(
        name="anr-card",
        title="ANR card: how many users saw the app hang, totals only, 28 d",
        request=Request(
            fields=("anr_rate()", "foreground_anr_rate()", USERS),
            projects=("shop-android",),
            period="28d",
            interval="1d",
            series="0",
        ),
    ),
    Shape(
        name="dashboard-widget",
        title="Dashboard widget: releases by status, 14 d by 1 h",
        request=Request(
            fields=(SESSIONS, USERS),
            groups=("release", STATUS),
            projects=("shop-android", "shop-ios"),
            environments=("production",),
            period="14d",
            interval="1h",
        ),
    ),
    Shape(
        name="releases-table",
        title="Table of releases: totals only, ordered, first page, 90 d",
        request=Request(
            fields=("crash_free_rate(session)", USERS, SESSIONS),
            groups=("release",),
            orders=(f"-{SESSIONS}",),
            period="90d",
            interval="1d",
            per_page="20",
            cursor="0:0:0",
            totals="1",
            series="0",
        ),
    ),
    Shape(
        name="duration-chart",
        title="Duration chart: sessions, median and 95th percentile by project, 30 d by 4 h",
        request=Request(
            fields=(SESSIONS, "p50(session.duration)", "p95(session.duration)"),
            groups=("project",),
            period="30d",
            interval="4h",
        ),
    ),
    Shape(
        name="alert-chart",
        title="Alert chart: production by status, 10 000 minutes by 60 minutes",
        request=Request(
            fields=(SESSIONS,),
            groups=(STATUS,),
            projects=("shop-web",),
            environments=("production",),
            period="10000m",
            interval="60m",
        ),
    ),
    Shape(
        name="release-script",
        title="Script: releases with crash-free rates, users and ANRs, ordered, 90 d by 1 d",
        request=Request(
            fields=(
                SESSIONS,
                USERS,
                "crash_free_rate(session)",
                "crash_free_rate(user)",
                "anr_rate()",
            ),
            groups=("release",),
            orders=(f"-{SESSIONS}",),
            period="90d",
            interval="1d",
            per_page="100",
        ),
    ),
)

PROBE = next(shape for shape in SHAPES if shape.name == "existence-probe")
"""The cheapest question, which tells that a service has started."""
