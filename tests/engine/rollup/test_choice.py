"""Many groups of few sessions each are measured by the database, in the sessions themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from engine.engine import Engine
from engine.plan import Source
from engine.result import Answer
from engine.rollup.choice import _MANY_GROUPS
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
BUILT = (Source.DAYS, Source.HOURS)
ORDERED = ("orderBy", "-sum(session)")
PAIRS = (("statsPeriod", "3d"), ("interval", "1d"), ("field", "sum(session)"))


def load(engine: Engine, *, releases: int, sessions: int = 1, project: int = 1) -> None:
    """Load and build some sessions of each of many releases."""
    engine.load(
        [
            {
                "project_id": project,
                "started": NOW.timestamp() - 86_400 * (number % 2),
                "exited": sessions,
                "release": f"app@1.0.{number}",
            }
            for number in range(releases)
        ]
    )
    engine.build()


def ask(engine: Engine, *more: tuple[str, str]) -> Answer:
    """Ask for the sessions of three days."""
    scope = engine.directory.scope(ORGANIZATION_ID)
    return engine.query(request_of((*PAIRS, *more)), scope, NOW)


@pytest.mark.parametrize(
    ("more", "source"),
    [
        ((), "session_days"),
        ((("groupBy", "project"),), "session_days"),
        ((("groupBy", "release"),), "sessions"),
        ((("groupBy", "release"), ("query", "release:app@1.0.7")), "session_days"),
        ((("groupBy", "release"), ("project", "2")), "session_days"),
    ],
    ids=["one group", "few groups", "many groups", "few that match", "few in the project"],
)
def test_source_depends_on_the_number_of_groups(
    more: Sequence[tuple[str, str]], source: str
) -> None:
    """On that of the groups which a question can have, and not on what else is there."""
    with open_engine() as engine:
        load(engine, releases=_MANY_GROUPS)
        load(engine, releases=1, project=2)

        assert ask(engine, *more).trace.source == source


def test_source_depends_on_the_sessions_of_each_group() -> None:
    """Where groups have many, adding up what was built is cheaper; for users they must be more."""
    by_release, users_first = ("groupBy", "release"), ("orderBy", "-count_unique(user)")
    with open_engine() as engine:
        load(engine, releases=_MANY_GROUPS, sessions=50)
        counted = ask(engine, by_release)
        users = ask(engine, by_release, ("field", "count_unique(user)"), users_first)

    assert counted.trace.source == "session_days"
    assert users.trace.source == "sessions"


def test_source_follows_the_builds() -> None:
    """What is known of the days is forgotten once another build has changed them."""
    by_release = ("groupBy", "release")
    with open_engine() as engine:
        load(engine, releases=_MANY_GROUPS)
        before = ask(engine, by_release).trace.source
        load(engine, releases=_MANY_GROUPS, sessions=100)
        after = ask(engine, by_release).trace.source

    assert (before, after) == ("sessions", "session_days")


def test_sources_can_be_forced() -> None:
    """Without the sessions among the sources it is answered from what was built, and the same."""
    results = []
    for sources in (tuple(Source), BUILT):
        with open_engine(sources=sources) as engine:
            load(engine, releases=_MANY_GROUPS)
            answer = ask(engine, ("groupBy", "release"), ORDERED)
            results.append((answer.trace.source, answer.result))

    assert [source for source, _ in results] == ["sessions", "session_days"]
    assert results[0][1] == results[1][1]
