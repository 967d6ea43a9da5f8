"""Loads, builds and questions at the same time: each answer is of one moment, and none fails."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

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


def until(done: threading.Event, work: Callable[[], object]) -> None:
    """Work again and again, until it is done, and once more."""
    while not done.is_set():
        work()
    work()


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
    done, totals = threading.Event(), list[int]()
    with open_engine() as engine, ThreadPoolExecutor(2) as pool:
        others = [
            pool.submit(until, done, engine.build),
            pool.submit(until, done, lambda: ask(engine, totals)),
        ]
        try:
            for load in range(LOADS):
                engine.load(rows(load))
        finally:
            done.set()
        for other in others:
            other.result()

        assert totals == sorted(totals)
        assert totals[-1] == LOADS * ROWS
        assert engine.verify().clean
