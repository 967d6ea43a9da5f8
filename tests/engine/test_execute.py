"""A statement is run, or it is told why it was not."""

import time
from pathlib import Path
from random import Random

import pytest

from engine.engine import Engine
from engine.errors import QueryTimeout, StorageUnavailable
from engine.execute import Rows, run
from engine.limits import Limits
from engine.plan import plan
from engine.sql.lower import Statement, lower
from engine.storage import Storage
from tests.engine.asking import DAY, meant

PATIENT_SECONDS = 60.0
ENDLESS = Statement(
    text="SELECT sum(one.i * two.i) AS total FROM range(10000000) AS one(i), range(10000000)"
    " AS two(i)",
    parameters={},
)
FAITHFUL = Statement(text="SELECT $number AS number", parameters={"number": 7})


def test_rows_come_as_columns() -> None:
    """Parameters are bound by name, and the rows come as columns."""
    rows = run(FAITHFUL, Storage.open(None), timeout_seconds=PATIENT_SECONDS)

    assert rows == Rows(columns={"number": (7,)}, count=1)
    assert rows.numbers("number") == (7,)
    assert rows.places("place") == (None,)


def test_lowered_plan_runs_on_an_empty_store() -> None:
    """A statement of ours runs on a new database and finds nothing."""
    statement = lower(plan(meant(f"{DAY}&field=sum(session)&groupBy=release")), most_rows=100)

    rows = run(statement, Storage.open(None), timeout_seconds=PATIENT_SECONDS)

    assert rows == Rows(columns={"release": (), "bucket": (), "sessions": ()}, count=0)


def test_query_over_its_time_is_stopped() -> None:
    """An endless statement ends soon after its time, and the store goes on answering."""
    storage = Storage.open(None)
    began = time.perf_counter()

    with pytest.raises(QueryTimeout) as caught:
        run(ENDLESS, storage, timeout_seconds=0.05)

    assert time.perf_counter() - began < PATIENT_SECONDS / 2
    assert caught.value.message == (
        "Query timeout. Please try again. If the problem persists try a smaller date range or"
        " fewer projects."
    )
    assert run(FAITHFUL, storage, timeout_seconds=PATIENT_SECONDS).count == 1


def test_query_within_its_time_is_not_stopped_by_an_earlier_limit() -> None:
    """The limit of a finished statement does not hit the next one."""
    storage = Storage.open(None)

    for _ in range(20):
        assert run(FAITHFUL, storage, timeout_seconds=0.5).count == 1


def test_too_little_memory_is_told() -> None:
    """A store that cannot hold what it needs says so, and is not lost."""
    storage = Storage.open(None, memory_limit="20MB", threads=1)
    greedy = Statement(
        text="SELECT list(i::VARCHAR || 'some longer text') AS all FROM range(3000000) AS one(i)",
        parameters={},
    )

    with pytest.raises(StorageUnavailable, match=r"^The store cannot answer: Out of Memory"):
        run(greedy, storage, timeout_seconds=PATIENT_SECONDS)

    assert run(FAITHFUL, storage, timeout_seconds=PATIENT_SECONDS).count == 1


def test_file_that_was_damaged_is_told(tmp_path: Path) -> None:
    """Rows whose checksum is wrong are never answered from."""
    path = tmp_path / "sessions.duckdb"
    with Engine.open(path, limits=Limits()) as engine:
        organization = engine.directory.create_organization("acme")
        engine.directory.create_project(organization.id, "web", id=1)
        engine.load(
            {"project_id": 1, "session_id": f"{number:032x}", "started": 1_773_144_000 + number}
            for number in range(1, 20_000)
        )
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third:] = Random(7).randbytes(len(content) - third)  # noqa: S311  (nothing to guess; equal bytes could cancel out in a checksum)
    path.write_bytes(content)

    with pytest.raises(StorageUnavailable):
        run(
            lower(plan(meant(f"{DAY}&field=sum(session)")), most_rows=100),
            Storage.open(path),
            timeout_seconds=PATIENT_SECONDS,
        )
