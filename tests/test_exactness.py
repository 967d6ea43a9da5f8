"""Counts and percentiles are exact at any size: no sketches, no samples."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests.building import named_uuid, open_engine, plain_scope, request_of

SESSIONS = 30_011
USERS = 20_011
NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)


def test_users_and_percentiles_are_exact() -> None:
    """Twenty thousand users are counted to the last, and percentiles are those of all durations."""
    numbers = range(SESSIONS)
    rows = pa.table(
        {
            "project_id": [1] * SESSIONS,
            "session_id": [named_uuid(str(number)) for number in numbers],
            "started": ["2026-03-10T10:00:00Z"] * SESSIONS,
            "status": ["exited"] * SESSIONS,
            "distinct_id": [f"user {number % USERS}" for number in numbers],
            "duration": [float(number * 7919 % SESSIONS) for number in numbers],
        }
    )
    fields = ("count_unique(user)", "p50(session.duration)", "p99(session.duration)")
    pairs = [("statsPeriod", "1d"), ("interval", "1d"), *(("field", name) for name in fields)]
    with open_engine() as engine:
        engine.load(rows)
        (group,) = engine.query(request_of(pairs), plain_scope(), NOW).result.groups

    assert group.totals == {
        "count_unique(user)": USERS,
        "p50(session.duration)": (SESSIONS - 1) * 500.0,
        "p99(session.duration)": pytest.approx((SESSIONS - 1) * 990.0, rel=1e-12),
    }
