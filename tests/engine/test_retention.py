"""Retention: whole sessions go, with all their updates, and only of one organization."""

from datetime import UTC, datetime, timedelta

from engine.retention import Expired
from tests.building import ORGANIZATION_ID, named_uuid, open_engine, request_of

LIMIT = datetime(2026, 3, 10, tzinfo=UTC)


def update(name: str, *, hours: float, **more: object) -> dict[str, object]:
    """Make an update of a session that started some hours after the limit."""
    started = LIMIT + timedelta(hours=hours)
    return {"project_id": 1, "session_id": named_uuid(name), "started": started, **more}


def test_old_sessions_go_with_their_updates() -> None:
    """A session that stays keeps even the updates that claim an older start, so all agrees."""
    rows = [
        update("old", hours=-1, seq=0),
        update("old", hours=2, seq=1, status="crashed"),
        update("new", hours=1, seq=0),
        update("new", hours=-2, seq=1),
        update("edge", hours=0, seq=0),
        update("foreign", hours=-1, seq=0, project_id=9),
        {"project_id": 2, "started": LIMIT - timedelta(microseconds=1), "exited": 3, "crashed": 1},
        {"project_id": 2, "started": LIMIT, "exited": 3},
    ]
    with open_engine() as engine:
        engine.load(rows)
        first = engine.expire(ORGANIZATION_ID, before=LIMIT)
        again = engine.expire(ORGANIZATION_ID, before=LIMIT)
        verdict = engine.verify()
        left = engine.rebuild()

    assert first == Expired(sessions=3, updates=3)
    assert again == Expired(sessions=0, updates=0)
    assert verdict.clean
    assert left == 4


def test_users_of_whom_nothing_is_left_are_forgotten() -> None:
    """Their identifiers go; whoever is new afterwards is nobody else, whatever is kept of days."""
    rows = [
        update("old", hours=-1, distinct_id="gone", status="crashed"),
        update("both", hours=-2, distinct_id="stays"),
        update("new", hours=1, distinct_id="stays"),
    ]
    question = request_of(
        (("field", "count_unique(user)"), ("statsPeriod", "2d"), ("interval", "1d"))
    )
    with open_engine() as engine:
        engine.load(rows)
        engine.build()
        scope = engine.directory.scope(ORGANIZATION_ID)
        engine.query(question, scope, LIMIT + timedelta(hours=5))
        engine.expire(ORGANIZATION_ID, before=LIMIT)
        engine.load([update("next", hours=2, distinct_id="fresh")])
        found = engine.query(question, scope, LIMIT + timedelta(hours=5)).result.groups[0]
        with engine._storage.reading() as cursor:  # noqa: SLF001  (no door shows the names)
            names = cursor.execute("SELECT distinct_id FROM people ORDER BY 1").fetchall()

    assert names == [("fresh",), ("stays",)]
    assert found.totals == {"count_unique(user)": 2}
    assert found.series == {"count_unique(user)": (0, 0, 2)}
