"""Of a day that goes on changing only that is read which came, or which has changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine.engine import Engine
from engine.explain import Explanation
from engine.plan import Source
from engine.rollup.arrivals import Arrivals
from engine.rollup.build import build
from engine.rollup.snapshot import LIVELY_DAYS
from tests.building import ORGANIZATION_ID, open_engine, pairs_of, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
BUILT = (Source.HOURS, Source.DAYS)
QUESTION = (
    "field=sum(session)&field=count_unique(user)&field=p50(session.duration)"
    "&groupBy=release&interval=1h&statsPeriod=14d"
)


def row(session: int, **fields: object) -> dict[str, object]:
    """Spell an update of a session of today."""
    return {
        "project_id": 1,
        "session_id": f"{session:032x}",
        "distinct_id": f"user-{session}",
        "started": NOW.timestamp() - 60,
        "status": "exited",
        "duration": 1.5,
        "release": "app@1",
        "environment": "prod",
        **fields,
    }


def opened(size: int = 4) -> Engine:
    """Open an engine with pieces of a few updates, and let it know a first label."""
    engine = open_engine(sources=BUILT)
    engine._storage.changes.piece_updates = size  # noqa: SLF001  (no setting of it)
    engine.load([row(1)])
    engine.build()
    return engine


def ask(engine: Engine, question: str = QUESTION) -> Explanation:
    """Ask for everything, by the hour."""
    request = request_of(pairs_of(question))
    return engine.explain(request, engine.directory.scope(ORGANIZATION_ID), NOW)


def sessions_in(found: Explanation) -> float | None:
    """Add up the sessions of all groups."""
    totals = [(group.totals or {})["sum(session)"] for group in found.answer.result.groups]
    return sum(total for total in totals if total is not None)


def pieces_read(found: Explanation) -> set[str]:
    """Tell which pieces were read anew by the statements that ask for arrivals."""
    return {str(one.parameters["pieces"]) for one in found.statements if "end" in one.parameters}


def load(engine: Engine, *sessions: int, **fields: object) -> None:
    """Load updates in one go."""
    engine.load([row(session, **fields) for session in sessions])


def test_only_what_came_is_read() -> None:
    """The second time nothing is, and then each new session once."""
    with opened() as engine:
        load(engine, *range(2, 12))
        first, again = ask(engine), ask(engine)
        load(engine, 20, 21)
        more = ask(engine)

    assert sessions_in(first) == sessions_in(again) == 11
    assert again.statements == ()
    assert sessions_in(more) == 13
    assert [statement.parameters["end"] for statement in more.statements] == [12]
    assert pieces_read(more) == {"[]"}
    assert more.answer.trace.rows == 2


def test_piece_that_has_changed_is_read_anew() -> None:
    """An update of a known session counts once, and the other pieces are left alone."""
    with opened() as engine:
        load(engine, *range(2, 12))
        ask(engine)
        load(engine, 6, status="crashed", seq=9)
        changed = ask(engine)

    assert sessions_in(changed) == 11
    assert pieces_read(changed) == {"[1]"}


def test_labels_without_a_number_are_kept_until_they_have_one() -> None:
    """Then what went by provisional numbers is read anew, whole."""
    with opened() as engine:
        load(engine, 2, 3, release="app@new")
        first, again = ask(engine), ask(engine)
        engine.build()
        load(engine, 4)
        numbered = ask(engine)

    names = [{group.by["release"] for group in one.answer.result.groups} for one in (first, again)]
    assert again.statements == ()
    assert names == [{"app@1", "app@new"}] * 2
    assert sessions_in(numbered) == 4
    ends = [one.parameters["end"] for one in numbered.statements if "end" in one.parameters]
    assert set(ends) == {0}


def test_expiry_lets_nothing_stand() -> None:
    """Numbers of arrivals may be given again after the last ones were deleted."""
    with opened() as engine:
        load(engine, 2, 3)
        ask(engine)
        engine.expire(ORGANIZATION_ID, before=NOW)
        load(engine, 7)
        found = ask(engine)

    assert sessions_in(found) == 1


def test_label_that_was_forgotten_is_still_told() -> None:
    """Its sessions of a day that has not been built go on under the number they had."""
    with opened() as engine:
        load(engine, 2, started=NOW.timestamp() - 86_400 * 5, release="app@old")
        load(engine, 4, release="app@z")
        engine.build()
        load(engine, 3, release="app@old")
        ask(engine, "field=sum(session)&groupBy=release&interval=1h&statsPeriod=1d")
        engine.expire(ORGANIZATION_ID, before=NOW - timedelta(days=3))
        storage = engine._storage  # noqa: SLF001  (the engine builds all there is)
        build(storage, spared=[(1, int(NOW.timestamp()) // 86_400)])
        with storage.reading() as cursor:
            names = cursor.execute("SELECT release FROM labels ORDER BY number").fetchall()
        groups = ask(engine).answer.result.groups

    numbers = {group.by["release"]: tuple((group.totals or {}).values()) for group in groups}
    assert names == [("app@1",), ("app@z",)]
    assert numbers == dict.fromkeys(("app@1", "app@old", "app@z"), (1, 1, 1500.0))


def test_label_is_learnt_although_the_days_are_as_before() -> None:
    """It got its number from a day that was built, and then turned out to be of another day."""
    yesterday = NOW.timestamp() - 86_400
    with opened() as engine:
        load(engine, 2, started=yesterday, timestamp=yesterday + 50, release="new@1", init=False)
        ask(engine)
        engine.build()
        load(engine, 2, timestamp=yesterday + 20, init=True)
        today = int(NOW.timestamp()) // 86_400
        build(engine._storage, spared=[(1, today)])  # noqa: SLF001  (the engine builds all there is)
        load(engine, 5, 6, release="new@1")
        groups = ask(engine).answer.result.groups

    numbers = {group.by["release"]: tuple((group.totals or {}).values()) for group in groups}
    assert numbers == {"app@1": (2, 2, 1500.0), "new@1": (2, 2, 1500.0)}


def test_built_day_is_taken_from_its_pieces() -> None:
    """The hours of a day that was kept in pieces are not read anew when it has been built."""
    with opened() as engine:
        load(engine, *range(2, 9))
        ask(engine, "field=count_unique(user)&interval=1h&statsPeriod=2d")
        engine.build()
        built = ask(engine, "field=count_unique(user)&interval=1h&statsPeriod=2d")

    assert not [one for one in built.statements if "FROM sessions" in one.text]
    assert built.answer.trace.groups == 1


def test_new_release_in_a_second_environment_keeps_what_it_had() -> None:
    """By release its users are counted over both, and nobody is lost."""
    question = "field=sum(session)&field=count_unique(user)&groupBy=release&statsPeriod=1d"
    with opened() as engine:
        load(engine, 2, 3, release="new@1")
        ask(engine, question)
        load(engine, 4, release="new@1", environment="dev")
        groups = ask(engine, question).answer.result.groups

    numbers = {group.by["release"]: tuple((group.totals or {}).values()) for group in groups}
    assert numbers == {"app@1": (1, 1), "new@1": (3, 3)}


def test_only_days_that_changed_are_read() -> None:
    """Not those between, nor the same days of other projects."""
    question = "field=sum(session)&interval=1h&statsPeriod=14d"
    old = NOW.timestamp() - 86_400 * 9
    with opened() as engine:
        load(engine, *range(20, 40), started=NOW.timestamp() - 86_400 * 5)
        load(engine, *range(40, 60), project_id=2, started=old)
        engine.build()
        ask(engine, question)
        load(engine, 2, started=old)
        load(engine, 3, project_id=2)
        found = ask(engine, question)

    assert sessions_in(found) == 43
    assert found.answer.trace.rows == 2


def test_old_days_are_not_cut() -> None:
    """Of many days that have changed only the latest are kept."""
    with opened() as engine:
        for day in range(LIVELY_DAYS + 2):
            load(engine, 100 + day, started=NOW.timestamp() - 60 - 86_400 * day)
        first, again = ask(engine), ask(engine)

    assert sessions_in(first) == sessions_in(again) == LIVELY_DAYS + 3
    assert {statement.parameters["size"] for statement in again.statements} == {2**63 - 1}
    assert again.answer.trace.rows < first.answer.trace.rows


@pytest.mark.parametrize(
    ("end", "pieces", "first"), [(0, (), 0), (100, (), 100), (100, (3, 7), 30), (25, (7,), 25)]
)
def test_reading_begins_at_the_first_arrival(end: int, pieces: Sequence[int], first: int) -> None:
    """So the database need not look at what came before."""
    arrivals = Arrivals(size=10, end=end, pieces=frozenset(pieces))

    (part,) = arrivals.parts(latest=200)

    assert part.since == first
    assert part.until > 200


def test_many_arrivals_are_read_one_part_after_another() -> None:
    """Whole pieces each, and none is left out or read twice."""
    parts = list(Arrivals(size=10, end=25).parts(latest=2_000))

    assert [part.since for part in parts] == [25, 660, 1300, 1940]
    assert [part.until for part in parts] == [660, 1300, 1940, 2580]


def test_what_lies_far_between_changed_pieces_is_not_looked_at() -> None:
    """A late update of an old session costs one more part."""
    arrivals = Arrivals(size=10, end=5_000, pieces=frozenset({3, 4, 200}))

    parts = list(arrivals.parts(latest=5_100))

    assert [(part.since, part.until) for part in parts] == [
        (30, 670),
        (2_000, 2_640),
        (5_000, 5_640),
    ]


def test_nothing_is_read_where_nothing_came() -> None:
    """After the latest arrival there is none."""
    assert list(Arrivals(size=10, end=26).parts(latest=25)) == []
