"""Loads, builds and questions at the same time: each answer is of one moment, and none fails."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from engine.engine import Engine
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
LOADS, ROWS = 25, 40
QUESTION = request_of(
    (
        ("field", "sum(session)"),
        ("field", "count_unique(user)"),
        ("field", "max(session.duration)"),
        ("groupBy", "release"),
        ("statsPeriod", "3d"),
        ("interval", "6h"),
    )
)


def rows(load: int) -> list[dict[str, object]]:
    """Make the sessions of one load, over two days."""
    return [
        {
            "project_id": 1 + number % 2,
            "session_id": f"{load * ROWS + number + 1:032x}",
            "distinct_id": f"user-{number % 7}",
            "started": NOW.timestamp() - 3600 * (number % 40),
            "status": "exited",
            "duration": float(load),
            "release": f"app@{number % 3}",
        }
        for number in range(ROWS)
    ]


@contextmanager
def beside(*works: Callable[[], object]) -> Iterator[None]:
    """Do each work again and again, in a thread of its own, until the block ends, and once more.

    What fails in one of them fails here.
    """
    done = threading.Event()

    def go_on(work: Callable[[], object]) -> None:
        while not done.is_set():
            work()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        others = [pool.submit(go_on, work) for work in works]
        try:
            yield
        finally:
            done.set()
        for other in others:
            other.result()


def ask(engine: Engine, totals: list[int]) -> None:
    """Ask, and hold the parts of one answer against each other."""
    scope = engine.directory.scope(ORGANIZATION_ID)
    groups = engine.query(QUESTION, scope, NOW).result.groups
    total = 0
    for group in groups:
        assert group.totals is not None
        assert group.series is not None
        sessions = int(group.totals["sum(session)"] or 0)
        users = int(group.totals["count_unique(user)"] or 0)
        assert sessions == sum(int(one or 0) for one in group.series["sum(session)"])
        assert 0 < users <= min(sessions, 7)
        total += sessions
    assert total % ROWS == 0
    totals.append(total)


def test_each_answer_is_of_one_moment() -> None:
    """Totals only grow, load by load, and agree with their series, whatever is being built."""
    totals = list[int]()
    with open_engine() as engine:
        with beside(engine.build, partial(ask, engine, totals)):
            for load in range(LOADS):
                engine.load(rows(load))

        assert totals == sorted(totals)
        assert totals[-1] == LOADS * ROWS
        assert engine.verify().clean


NEWEST = request_of(
    (
        ("field", "sum(session)"),
        ("field", "count_unique(user)"),
        ("field", "p50(session.duration)"),
        ("groupBy", "release"),
        ("groupBy", "environment"),
        ("statsPeriod", "30d"),
        ("interval", "1d"),
    )
)


def newest(load: int) -> list[dict[str, object]]:
    """Make sessions of a release and of environments that nobody knows, each of its own user."""
    return [
        {
            **row,
            "distinct_id": f"{load}-{number}",
            "release": f"new@{load}",
            "environment": f"of-{number % 3}-{load % 5}",
        }
        for number, row in enumerate(rows(load)[:6])
    ]


def ask_for_newest(engine: Engine, seen: list[int]) -> None:
    """Ask by release and environment: each session has its user and its duration."""
    scope = engine.directory.scope(ORGANIZATION_ID)
    for group in engine.query(NEWEST, scope, NOW).result.groups:
        totals = group.totals or {}
        assert totals["count_unique(user)"] == totals["sum(session)"]
        assert totals["p50(session.duration)"] is not None
        seen.append(int(totals["sum(session)"] or 0))


def test_new_releases_are_found_while_they_get_their_numbers() -> None:
    """Sessions, users and durations of one answer are told apart by the same labels."""
    seen = list[int]()
    with open_engine() as engine:
        before = {"started": NOW.timestamp() - 86_400 * 5}
        engine.load([{**row, **before} for row in newest(4 * LOADS)])
        engine.build()
        asking = partial(ask_for_newest, engine, seen)
        with beside(engine.build, asking, asking, asking):
            for load in range(LOADS):
                engine.load(newest(load))

    assert seen


BY_STATUS = request_of(
    (
        ("field", "sum(session)"),
        ("field", "count_unique(user)"),
        ("groupBy", "session.status"),
        ("statsPeriod", "3d"),
        ("interval", "6h"),
    )
)


def changing(load: int) -> list[dict[str, object]]:
    """Make new sessions, each of its own user, and let half of those of the load before crash."""
    new = [{**row, "distinct_id": row["session_id"], "status": "ok"} for row in rows(load)]
    before = [
        {**row, "distinct_id": row["session_id"], "status": "crashed", "seq": 9}
        for row in (rows(load - 1) if load else [])[::2]
    ]
    return [*new, *before]


def ask_by_status(engine: Engine, totals: list[int]) -> None:
    """Ask, and hold sessions, users and outcomes of one answer against each other."""
    scope = engine.directory.scope(ORGANIZATION_ID)
    groups = engine.query(BY_STATUS, scope, NOW).result.groups
    found = {str(group.by["session.status"]): group.totals or {} for group in groups}
    total = sum(int(one["sum(session)"] or 0) for one in found.values())
    for one in found.values():
        assert one["count_unique(user)"] == one["sum(session)"]
    assert total % ROWS == 0
    crashed = max(0, total // ROWS - 1) * (ROWS // 2)
    assert found["crashed"]["sum(session)"] == crashed
    totals.append(total)


def test_sessions_that_change_are_counted_as_of_one_moment() -> None:
    """Several questions keep and use what others have read, while known sessions change."""
    totals = list[list[int]]([[], [], []])
    with open_engine() as engine:
        engine._storage.changes.piece_updates = 64  # noqa: SLF001  (no setting of it)
        with beside(engine.build, *(partial(ask_by_status, engine, some) for some in totals)):
            for load in range(LOADS):
                engine.load(changing(load))

    assert [some[-1] for some in totals] == [LOADS * ROWS] * 3
    assert all(some == sorted(some) for some in totals)
