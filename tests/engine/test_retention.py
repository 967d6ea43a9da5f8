"""Retention: whole sessions go, with all their updates, and only of one organization."""

from datetime import UTC, datetime, timedelta

from engine.retention import Expired
from tests.building import ORGANIZATION_ID, named_uuid, open_engine

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
