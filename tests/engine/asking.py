"""Readable questions for tests of single rooms: a request line becomes a Request or a Query.

Owns the moment and the caller that these tests share. Does not know what any answer should be.
"""

from datetime import UTC, datetime

from engine.limits import Limits
from engine.query import Query
from engine.request import Request
from engine.resolve import resolve
from engine.scope import Scope
from tests.building import PlainRegistry, pairs_of, plain_scope, request_of

NOW = datetime(2026, 3, 10, 14, 25, 40, 500_000, tzinfo=UTC)
DAY = "statsPeriod=1d&interval=1h"
"""A range of 25 buckets."""


def asked(line: str) -> Request:
    """Read a request line such as `field=sum(session)&groupBy=release`."""
    return request_of(pairs_of(line))


def meant(
    line: str,
    *,
    scope: Scope | None = None,
    registry: PlainRegistry | None = None,
    limits: Limits | None = None,
) -> Query:
    """Resolve a request line at NOW, for a caller who may read every project."""
    return resolve(
        asked(line),
        scope or plain_scope(),
        NOW,
        registry=registry or PlainRegistry(names={"prod", "dev"}),
        limits=limits or Limits(),
    )
