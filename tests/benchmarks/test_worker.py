"""A contestant in a process of its own: it answers, tells what went wrong, and can be missed."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.race import duck
from benchmarks.race.dialects import DUCKDB
from benchmarks.race.statements import Asked
from benchmarks.race.worker import Worker, first_answer, in_own_process

ASKED = Asked(
    fields=("sum(session)",),
    groups=("release",),
    organization_id=1,
    project_ids=(1,),
    environments=(),
    releases=(),
    window=(0, 7200, 3600),
    most=None,
    series=True,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Make a table of two folded sessions."""
    path = tmp_path / "folded"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE TABLE folded AS SELECT 1 AS project_id, release, started, quantity
            FROM (VALUES ('1.0', 60, 1), ('1.0', 3700, 2)) AS given(release, started, quantity)
        """)
    return path


@pytest.fixture
def worker(place: Path) -> Iterator[Worker]:
    """Start a process over that table."""
    started = Worker(duck.open_file, place)
    yield started
    started.close()


def _stop(_path: Path) -> duck.Duck:
    os._exit(3)


def test_rows_come_back_with_their_time(worker: Worker) -> None:
    """Totals and series are what the table holds; the whole took some time."""
    answered = worker.ask(DUCKDB, ASKED)

    assert list(answered.totals.rows) == [("1.0", 3)]
    assert answered.series is not None
    assert sorted(answered.series.rows) == [("1.0", 0, 1), ("1.0", 1, 2)]
    assert answered.seconds > 0


def test_eight_at_once_are_answered(worker: Worker) -> None:
    """Every question that could be begun is counted."""
    answered, seconds = worker.ask_all(DUCKDB, [ASKED] * 20, clients=8, within=60.0)

    assert answered == 20
    assert seconds > 0


def test_mistake_is_told_and_work_goes_on(worker: Worker) -> None:
    """What the database says of a wrong statement is raised here; the process still answers."""
    with pytest.raises(ChildProcessError, match="no_such_dialect"):
        worker.ask("no_such_dialect", ASKED)

    assert worker.ask(DUCKDB, ASKED).totals.rows


def test_process_that_stopped_is_told(tmp_path: Path) -> None:
    """Nobody waits for an answer that cannot come."""
    started = Worker(_stop, tmp_path)

    with pytest.raises(ChildProcessError, match="stopped"):
        started.ask(DUCKDB, ASKED)
    started.close()


def test_first_answer_is_timed_after_opening(place: Path) -> None:
    """A process of its own opens, asks once, and gives the seconds of both."""
    opening, seconds = in_own_process(first_answer, duck.open_file, place, DUCKDB, ASKED)

    assert opening > 0
    assert seconds > 0
