"""What no session is left of is forgotten in the tables, and nothing kept is taken for it."""

from datetime import UTC, datetime
from pathlib import Path

from engine.engine import Engine
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
DAY = int(NOW.timestamp()) // 86_400
FIELDS = ("sum(session)", "count_unique(user)", "p50(session.duration)")


def load(engine: Engine, release: str, *, days_ago: int) -> None:
    """Load and build a session."""
    engine.load(
        [
            {
                "project_id": 1,
                "session_id": f"{days_ago + 1:032x}",
                "distinct_id": release,
                "started": (DAY - days_ago) * 86_400 + 3_600,
                "duration": 2.5,
                "release": release,
                "status": "exited",
            }
        ]
    )
    engine.build()


def expire(engine: Engine, *, days_ago: int) -> None:
    """Delete what is older than a day, and build."""
    moment = datetime.fromtimestamp((DAY - days_ago) * 86_400, UTC)
    engine.expire(ORGANIZATION_ID, before=moment)
    engine.build()


def labels(engine: Engine) -> dict[str, int]:
    """Give the numbers of releases in the table."""
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the engine does not show its store)
        return dict(cursor.execute("SELECT release, number FROM labels").fetchall())


def days(engine: Engine) -> list[int]:
    """List how long ago the days were that count as built."""
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the engine does not show its store)
        rows = cursor.execute("SELECT day FROM rolled_days ORDER BY day DESC").fetchall()
    return [DAY - day for (day,) in rows]


def ask(engine: Engine) -> dict[object, object]:
    """Ask for everything by release; give the sessions, users and medians."""
    fields = tuple(("field", name) for name in FIELDS)
    period = (("statsPeriod", "30d"), ("interval", "1d"), ("groupBy", "release"))
    scope = engine.directory.scope(ORGANIZATION_ID)
    groups = engine.query(request_of((*fields, *period)), scope, NOW).result.groups
    return {group.by["release"]: tuple((group.totals or {}).values()) for group in groups}


ONE = (1, 1, 2_500.0)


def test_days_without_sessions_are_forgotten() -> None:
    """Neither an empty day nor one that only ever was noted counts as built."""
    with open_engine() as engine:
        load(engine, "app@1", days_ago=4)
        load(engine, "app@2", days_ago=2)
        assert days(engine) == [2, 4]
        expire(engine, days_ago=3)

        assert days(engine) == [2]


def test_what_was_kept_of_a_forgotten_day_is_not_answered() -> None:
    """The other days of its block are as they were, and have the versions they had."""
    with open_engine() as engine:
        for number in range(3):
            load(engine, f"app@{number}", days_ago=4 - number)
        assert ask(engine) == {f"app@{number}": ONE for number in range(3)}
        expire(engine, days_ago=3)

        assert ask(engine) == {"app@1": ONE, "app@2": ONE}


def test_labels_without_sessions_are_forgotten() -> None:
    """All but the greatest number, which tells which ones were given."""
    with open_engine() as engine:
        load(engine, "app@2", days_ago=2)
        load(engine, "app@1", days_ago=5)
        load(engine, "app@0", days_ago=4)
        expire(engine, days_ago=3)

        assert labels(engine) == {"app@2": 1, "app@0": 3}


def test_numbers_are_not_given_twice(tmp_path: Path) -> None:
    """Neither to another label nor to the same one when it comes back; answers stay right."""
    with open_engine(tmp_path / "file.duckdb") as engine:
        load(engine, "app@2", days_ago=2)
        load(engine, "app@1", days_ago=5)
        load(engine, "app@0", days_ago=4)
        first = ask(engine)
        expire(engine, days_ago=3)
        load(engine, "app@3", days_ago=1)
        load(engine, "app@1", days_ago=0)
        numbers, again = labels(engine), ask(engine)
    with open_engine(tmp_path / "file.duckdb") as engine:
        reopened = ask(engine)

    assert first == {"app@0": ONE, "app@1": ONE, "app@2": ONE}
    assert numbers == {"app@2": 1, "app@0": 3, "app@3": 4, "app@1": 5}
    assert again == reopened == {"app@1": ONE, "app@2": ONE, "app@3": ONE}
