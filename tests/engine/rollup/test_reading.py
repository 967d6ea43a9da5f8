"""What a question reads: what is not kept yet, of built days from their tables; no day twice."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.explain import Explanation
from engine.plan import Source
from engine.result import Group
from engine.rollup import build
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
FIELDS = ("sum(session)", "count_unique(user)", "p50(session.duration)")
TABLES = ("session_days", "people_days", "duration_days")


def load(engine: Engine, number: int, *, day: int, release: str = "app@1") -> None:
    """Load a session of both projects that started some days ago."""
    engine.load(
        [
            {
                "project_id": project,
                "session_id": f"{number * 10 + project:032x}",
                "distinct_id": f"user-{number % 3}",
                "started": NOW.timestamp() - 86_400 * day,
                "status": "exited",
                "duration": number / 7,
                "release": release,
                "environment": "prod" if project == 1 else "dev",
            }
            for project in (1, 2)
        ]
    )


def ask(engine: Engine, *more: tuple[str, str]) -> Explanation:
    """Ask for everything by day, over a month."""
    fields = tuple(("field", name) for name in FIELDS)
    period = (("statsPeriod", "30d"), ("interval", "1d"))
    request = request_of((*fields, *period, *more))
    return engine.explain(request, engine.directory.scope(ORGANIZATION_ID), NOW)


def tables_read(found: Explanation) -> list[str]:
    """List the tables that the statements of an explanation read, each once, in order."""
    texts = [statement.text for statement in found.statements]
    words = [word for text in texts for word in text.split() if word in (*TABLES, "sessions")]
    return list(dict.fromkeys(words))


QUESTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "all": (),
    "project": (("groupBy", "project"),),
    "environment": (("environment", "prod"),),
    "release": (("query", "release:app@1"),),
    "label": (("groupBy", "release"), ("environment", "prod")),
}


@pytest.mark.parametrize("more", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_days_are_read_once(more: tuple[tuple[str, str], ...]) -> None:
    """The second time all days are at hand; of a changed one the sessions are read, until built."""
    with open_engine() as engine:
        for number in range(20):
            load(engine, number, day=number)
        engine.build()

        first, second = ask(engine, *more), ask(engine, *more)
        load(engine, 33, day=4)
        changed = ask(engine, *more)
        engine.build()
        built, last = ask(engine, *more), ask(engine, *more)

    assert tables_read(first) == list(TABLES)
    assert second.statements == ()
    assert first.answer.trace.rows > second.answer.trace.rows == 0
    assert second.answer.result == first.answer.result
    assert tables_read(changed) == ["sessions"]
    assert tables_read(built) == list(TABLES)
    assert last.statements == ()
    assert last.answer.result == built.answer.result == changed.answer.result
    assert built.answer.result != first.answer.result


def test_only_the_day_that_was_built_is_read_anew() -> None:
    """A build of one day leaves the others where they are."""
    with open_engine() as engine:
        for number in range(20):
            load(engine, number, day=number)
        engine.build()
        ask(engine)
        load(engine, 33, day=4)
        engine.build()
        again = [one for one in ask(engine).statements if "session_days" not in one.text]

    day = int(NOW.timestamp() // 86_400) - 4
    assert [one.parameters for one in again] == [{"first": day, "last": day}] * 2


def test_release_that_no_build_has_seen_is_a_group() -> None:
    """Its sessions are on a day that has changed; it has no number in the tables yet."""
    with open_engine() as engine:
        for number in range(20):
            load(engine, number, day=number)
        engine.build()
        load(engine, 33, day=4, release="app@2")
        found = ask(engine, ("groupBy", "release"))
        engine.build()
        built = ask(engine, ("groupBy", "release"))

    assert releases(found.answer.result.groups) == {"app@1": 40, "app@2": 2}
    assert built.answer.result == found.answer.result


def releases(groups: tuple[Group, ...]) -> dict[object, object]:
    """Map releases to their sessions."""
    return {group.by["release"]: (group.totals or {})["sum(session)"] for group in groups}


def test_load_is_kept_where_building_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads is told the truth: the rows are there, and answered from the sessions."""
    started = NOW.timestamp() - 86_400
    rows = [{"project_id": 1, "started": started, "exited": 1} for _ in range(50_000)]
    with open_engine() as engine:
        monkeypatch.setattr(engine, "build", no_room)
        report = engine.load(rows)
        found = ask(engine).answer

    assert report.counted == 50_000
    assert (found.result.groups[0].totals or {})["sum(session)"] == 50_000
    assert found.trace.source.endswith("sessions")


def no_room() -> int:
    """Fail as a build does on a full disk."""
    message = "no room"
    raise StorageUnavailable(message)


@pytest.mark.parametrize("table", TABLES)
def test_build_that_fails_changes_nothing(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever statement fails: the days stay noted, answers stay right, and it is done later."""
    with open_engine() as engine:
        load(engine, 1, day=4)
        engine.build()
        load(engine, 2, day=4)
        load(engine, 3, day=5)
        before = ask(engine).answer.result
        name = "_COUNT" if table == "session_days" else "_LABEL"
        whole = getattr(build, name)
        place = next(place for place, one in enumerate(whole) if f"INTO {table}" in one)
        with monkeypatch.context() as patched:
            patched.setattr(build, name, (*whole[: place + 1], "SELECT error('no')"))
            with pytest.raises(StorageUnavailable, match=r"^days cannot be built: .*no"):
                engine.build()
        after = ask(engine)
        places = engine.build()

        assert after.answer.result == before
        assert "sessions" in after.answer.trace.source
        assert places == 4
        assert ask(engine).answer.result == before


MOMENTS = ("0001-01-09", "1901-12-10", "1969-12-24", "2038-01-22", "9999-12-28")


@pytest.mark.parametrize("moment", MOMENTS)
def test_hours_of_any_year_are_those_of_their_day(moment: str) -> None:
    """Built days and the sessions themselves agree on sessions, users and durations by hour."""
    past = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    rows = [
        {
            "project_id": 1,
            "session_id": f"{number + 1:032x}",
            "distinct_id": f"user-{number}",
            "started": past.timestamp() - 3_600 * number,
            "status": "exited",
            "duration": float(number),
        }
        for number in range(60)
    ]
    fields = tuple(("field", name) for name in FIELDS)
    start, end = past - timedelta(days=2, hours=19), past + timedelta(days=1)
    period = (("start", start.isoformat()), ("end", end.isoformat()))
    request = request_of((*fields, *period, ("interval", "6h")))
    results = []
    for sources in (tuple(Source), (Source.SESSIONS,)):
        with open_engine(sources=sources) as engine:
            engine.load(rows[:40])
            engine.build()
            engine.load(rows[40:])
            scope = engine.directory.scope(ORGANIZATION_ID)
            results.append(engine.query(request, scope, end).result)

    assert results[0] == results[1]
    assert (results[0].groups[0].totals or {})["count_unique(user)"] == 60
