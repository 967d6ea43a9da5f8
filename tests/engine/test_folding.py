"""Bringing sessions up to date: alone, repeated or known before, each session gets its one row."""

from collections.abc import Iterator, Mapping

import duckdb
import pytest

from engine.engine import Engine
from engine.fold import expand_counted, fold_updates
from engine.limits import Limits
from engine.storage import Storage
from schema.ddl import TABLES
from schema.session import SESSION_COLUMNS
from schema.session_view import project_updates
from tests.building import named_uuid

NOON = 1_773_144_000
NAMES = ", ".join(column.name for column in SESSION_COLUMNS)
STATUSES = ("ok", "exited", "errored", "unhandled", "abnormal", "crashed", "odd")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Open an engine with projects 1 and 2."""
    engine = Engine(Storage.open(None), limits=Limits())
    owner = engine.directory.create_organization("acme").id
    for number in (1, 2):
        engine.directory.create_project(owner, f"project-{number}", id=number)
    with engine:
        yield engine


def update(name: str, seconds: int = 0, **more: object) -> Mapping[str, object]:
    """Make an update of a session, so many seconds after it began."""
    usual = {"project_id": 1, "session_id": named_uuid(name), "started": NOON}
    return {**usual, "timestamp": NOON + seconds, "release": "app@1.0", **more}


def test_sessions_told_once_often_and_before_are_folded_alike(engine: Engine) -> None:
    """One load brings all kinds; what is stored is what all updates together give."""
    counted = {"project_id": 1, "started": NOON, "exited": 3, "abnormal": 1}
    engine.load([update("known"), update("moved", started=NOON + 86_400), counted])

    engine.load(
        [
            update("alone", status="crashed"),
            update("alone", project_id=2),
            update("repeated"),
            update("known", 5, status="exited", duration=5),
            update("repeated", 9, status="abnormal", abnormal_mechanism="anr_foreground"),
            update("moved", init=True),
            {**counted, "unhandled": 2, "errored": 7, "crashed": 1},
        ]
    )

    assert engine.verify().clean
    assert engine.inventory().sessions == 5 + 4 + 14


def test_one_update_becomes_the_row_that_folding_it_would_give() -> None:
    """Every status, with and without errors, a user, a duration, a mechanism."""
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(table)
        connection.execute(
            f"""
            INSERT INTO session_updates BY NAME
            SELECT row_number() OVER () AS arrival, 1 AS project_id, uuid() AS session_id, *,
                -1 AS started, 500 AS started_ms, 0 AS started_us,
                0 AS late_us, 0 AS seq,
                'app@1.0' AS release, 'prod' AS environment
            FROM (SELECT unnest({list(STATUSES)}) AS status)
                CROSS JOIN (SELECT unnest([0, 2]) AS errors)
                CROSS JOIN (SELECT unnest([true, false]) AS init)
                CROSS JOIN (SELECT unnest([NULL, 7]) AS person)
                CROSS JOIN (SELECT unnest([NULL, 1.5]) AS duration)
                CROSS JOIN (SELECT unnest([NULL, '', 'anr_background']) AS abnormal_mechanism)
            """  # noqa: S608  (constants of this file)
        )
        projected, folded = (
            connection.execute(f"SELECT {NAMES} FROM ({text}) ORDER BY first_update").fetchall()  # noqa: S608  (ours)
            for text in (project_updates("session_updates"), fold_updates("session_updates"))
        )

    assert len(projected) == len(STATUSES) * 2 * 2 * 2 * 2 * 3
    assert projected == folded


def test_counts_become_a_row_for_each_outcome_that_occurred() -> None:
    """Five columns, five outcomes; nothing is told of those that are 0, nor of single sessions."""
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(table)
        connection.execute(
            """
            INSERT INTO session_updates BY NAME
            SELECT 1 AS arrival, 1 AS project_id, CAST(NULL AS UUID) AS session_id,
                1773100800 AS started, 5 AS exited, 4 AS errored, 3 AS unhandled,
                2 AS abnormal, 1 AS crashed
            UNION ALL
            SELECT 2, 1, NULL, 1773100800, 0, 0, 0, 9, 0
            UNION ALL
            SELECT 3, 1, uuid(), 1773100800, NULL, NULL, NULL, NULL, NULL
            """
        )
        rows = connection.execute(
            f"SELECT first_update, outcome, quantity FROM ({expand_counted('session_updates')})"  # noqa: S608  (ours)
            " ORDER BY ALL"
        ).fetchall()

    assert rows == [(1, 0, 5), (1, 1, 4), (1, 2, 3), (1, 3, 2), (1, 4, 1), (2, 3, 9)]
