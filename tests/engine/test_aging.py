"""What is too old goes, day by whole day, organization by organization, and nothing else does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.aging import FOREVER, Retention, limit_of
from engine.engine import Engine
from engine.retention import Expired
from tests.building import FOREIGN_PROJECT, ORGANIZATION_ID, open_engine, plain_scope, request_of

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
KEPT = Retention(now=NOW, default_days=90)
Step = tuple[int, str, int]


def rows(project_id: int, days: range) -> list[dict[str, object]]:
    """Make one session on each of these days before NOW, a second after midnight."""
    midnight = limit_of(0, NOW)
    return [
        {
            "project_id": project_id,
            "session_id": f"{project_id:016x}{day:016x}",
            "started": midnight - timedelta(days=day) + timedelta(seconds=1),
            "release": f"app@{day // 50}",
            "environment": "prod",
        }
        for day in days
    ]


def kept(engine: Engine, project_id: int) -> int:
    """Count the sessions that are left of a project."""
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the truth, beside any question)
        ((left,),) = cursor.execute(
            "SELECT count(*) FROM sessions WHERE project_id = $project", {"project": project_id}
        ).fetchall()
    return int(left)


def expired(engine: Engine, retention: Retention = KEPT) -> list[Step]:
    """Delete what is too old; give the steps that were told."""
    steps: list[Step] = []

    def progress(project_id: int, limit: datetime, gone: Expired) -> None:
        steps.append((project_id, limit.date().isoformat(), gone.sessions))

    engine.upkeep.expire(retention, progress)
    return steps


def test_limit_is_a_midnight() -> None:
    """A question over as many days as are kept has every one of its buckets whole."""
    assert limit_of(90, NOW) == datetime(2025, 12, 10, tzinfo=UTC)
    assert limit_of(1, NOW.replace(hour=0, minute=0, second=0)) == datetime(2026, 3, 9, tzinfo=UTC)


def test_old_sessions_go_in_small_steps() -> None:
    """Each organization has its own limit; nothing of a day within it goes."""
    with open_engine() as engine:
        engine.load([*rows(1, range(100)), *rows(2, range(95)), *rows(9, range(100))])
        foreign = next(one for one in engine.directory.organizations() if one.id != ORGANIZATION_ID)
        engine.directory.keep_for(foreign.id, 97)
        steps = expired(engine)
        again = expired(engine)
        left = [kept(engine, project) for project in (1, 2, FOREIGN_PROJECT.id)]
        verdict = engine.verify()
        counts = engine.upkeep.counts()

    assert steps == [
        (1, "2025-12-04", 3),
        (2, "2025-12-09", 3),
        (1, "2025-12-07", 3),
        (2, "2025-12-10", 1),
        (1, "2025-12-10", 3),
        (9, "2025-12-03", 2),
    ]
    assert again == []
    assert left == [91, 91, 98]
    assert verdict.clean
    assert (counts.expired_sessions, counts.expired_updates) == (15, 15)


def test_question_over_all_that_is_kept_loses_nothing() -> None:
    """Its first bucket is the oldest day that is kept."""
    with open_engine() as engine:
        engine.load(rows(1, range(100)))
        pairs = [("field", "sum(session)"), ("statsPeriod", "90d"), ("interval", "1d")]
        before = engine.query(request_of(pairs), plain_scope(), NOW).result
        expired(engine)
        after = engine.query(request_of(pairs), plain_scope(), NOW).result

    assert after == before
    assert after.groups[0].totals == {"sum(session)": 91}


def test_forever_is_for_ever(tmp_path: Path) -> None:
    """By the organization or by default; what is said of an organization outlives the process."""
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        engine.load([*rows(1, range(100)), *rows(9, range(100))])
        engine.directory.keep_for(ORGANIZATION_ID, FOREVER)
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        none = expired(engine, Retention(now=NOW, default_days=FOREVER))
        steps = expired(engine)
        engine.directory.keep_for(ORGANIZATION_ID, None)
        later = expired(engine)

    assert none == []
    assert {project for project, _, _ in steps} == {9}
    assert {project for project, _, _ in later} == {1}


def test_adoption_is_that_of_what_is_left() -> None:
    """A rebuild says the same, since it reads the same."""
    with open_engine() as engine:
        engine.load(rows(1, range(100)))
        expired(engine)
        aged = _adoptions(engine)
        engine.rebuild()
        rebuilt = _adoptions(engine)

    assert [release for release, _ in aged] == ["app@0", "app@1"]
    assert aged == rebuilt


def _adoptions(engine: Engine) -> list[tuple[str, datetime]]:
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the times are asked by nobody else)
        return cursor.execute(
            "SELECT version, adopted FROM computed_adoptions ORDER BY version"
        ).fetchall()


def test_space_is_used_again(tmp_path: Path) -> None:
    """A file from which days go as fast as others come does not grow with them."""
    path = tmp_path / "sessions.duckdb"
    sizes = []
    with open_engine(path) as engine:
        for day in range(12):
            started = NOW + timedelta(days=day)
            engine.load(
                {
                    "project_id": 1,
                    "session_id": f"{day + 1:016x}{number:016x}",
                    "started": started,
                    "distinct_id": f"{number % 500}",
                }
                for number in range(30_000)
            )
            expired(engine, Retention(now=started, default_days=2))
            sizes.append(path.stat().st_size)

    assert max(sizes[6:]) <= 1.35 * max(sizes[:6])
