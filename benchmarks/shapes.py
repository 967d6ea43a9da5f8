"""What a question of a benchmark is, and the two that several of them ask.

Owns how a question is spelled as an address. Does not know how it is answered or timed.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from engine.request import Request

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
    """One question about an organization; `title` says what it asks."""

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


PROBE = Shape(
    name="existence-probe",
    title="Has this project any sessions? 90 d by 1 d",
    organization="initech",
    request=Request(fields=(SESSIONS,), projects=("reports",), period="90d", interval="1d"),
)
"""The cheapest question, which tells that a service has started."""

SESSION_HEALTH = Shape(
    name="session-health",
    title="Sessions and users by status, 14 d by 1 h",
    request=Request(fields=(SESSIONS, USERS), groups=(STATUS,), period="14d", interval="1h"),
)
