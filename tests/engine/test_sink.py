"""The sink: rows from many threads, written together, answered once they are on disk."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.intake import LoadReport
from engine.limits import Limits
from engine.outcomes import Outcomes
from engine.packed import plain
from engine.sink import REFUSED_ROW, Rows, Sink, SinkClosed, SinkFull
from engine.storage import Storage
from tests.building import named_uuid, open_engine

WAIT_SECONDS = 60
STARTED = datetime(2026, 3, 10, 12, tzinfo=UTC)


def session(name: str, **more: object) -> dict[str, object]:
    """Make one update of the session of this name."""
    first: dict[str, object] = {"project_id": 1, "session_id": named_uuid(name), "seq": 0}
    return {**first, "started": STARTED, "status": "exited", "release": "app@1.0.0", **more}


def count_of(storage: Storage, name: str) -> int:
    """Count the rows of a session, as a new reader sees them."""
    with storage.reading() as cursor:
        ((count,),) = cursor.execute(
            "SELECT count(*) FROM sessions JOIN session_updates ON arrival = first_update"
            " WHERE session_id = CAST($id AS UUID)",
            {"id": named_uuid(name)},
        ).fetchall()
    return int(count)


@contextmanager
def opened(path: Path | None = None) -> Iterator[tuple[Engine, Storage]]:
    """Open an engine whose storage can be read past it."""
    if path is not None:
        open_engine(path).close()
    storage = Storage.open(path)
    with Engine(storage, limits=Limits()) as engine:
        if path is None:
            owner = engine.directory.create_organization("acme")
            engine.directory.create_project(owner.id, "web", id=1)
        yield engine, storage


class Gate:
    """A place to write to that waits until it is opened, and refuses rows of status `poison`."""

    def __init__(self) -> None:
        """Begin closed."""
        self.open = threading.Event()
        self.entered = threading.Event()
        self.groups: list[Rows] = []

    def write(self, rows: Rows) -> LoadReport:
        """Keep the rows of a group."""
        self.entered.set()
        assert self.open.wait(WAIT_SECONDS)
        if any(row["status"] == "poison" for row in plain(rows)):
            message = "poisoned"
            raise StorageUnavailable(message)
        self.groups.append(rows)
        return LoadReport(
            updates=len(rows),
            counted=0,
            skipped=(),
            skipped_count=0,
            ignored_columns=(),
            known=False,
        )


def test_answered_means_on_disk_and_seen_by_everybody_soon(tmp_path: Path) -> None:
    """Two hundred threads: each sees its session once it is folded; the file keeps all."""
    path = tmp_path / "sessions.duckdb"
    names = [f"session {number}" for number in range(200)]
    with opened(path) as (engine, storage):

        def work(name: str) -> int:
            engine.sink.submit([session(name)]).result(WAIT_SECONDS)
            engine.sink.flush()
            return count_of(storage, name)

        with ThreadPoolExecutor(len(names)) as pool:
            seen = list(pool.map(work, names))
        counts = engine.sink.counts()
    with opened(path) as (engine, storage):
        kept = [count_of(storage, name) for name in names]
        verdict = engine.verify()

    assert seen == [1] * len(names)
    assert kept == seen
    assert verdict.clean
    assert counts.commits < len(names)
    assert counts.queued_rows == 0


def test_updates_of_one_session_fold_across_submissions() -> None:
    """Whatever start they claim, and in whatever order they come."""
    with opened() as (engine, storage):
        for seq, day in ((2, 3), (0, 9), (1, 1)):
            row = session("one", seq=seq, started=STARTED.replace(day=day), init=seq == 0)
            engine.sink.submit([row]).result(WAIT_SECONDS)
        engine.sink.flush()
        count = count_of(storage, "one")
        verdict = engine.verify()

    assert count == 1
    assert verdict.clean


def test_bad_rows_are_counted_and_block_nobody() -> None:
    """Their neighbours are written; only the column is told, never what stood in it."""
    rows = [session("a"), session("b", project_id=77), session("c", started="a@b.test")]
    with opened() as (engine, storage):
        engine.sink.submit(rows).result(WAIT_SECONDS)
        engine.sink.flush()
        counts = [count_of(storage, name) for name in "abc"]
        rejection = engine.outcomes[REFUSED_ROW]
        accepted = engine.outcomes.accepted()

    assert counts == [1, 0, 0]
    assert rejection.quantity == 2
    assert [(one.project_id, one.text) for one in rejection.examples] == [
        (77, "project_id"),
        (1, "started"),
    ]
    assert accepted == {1: 1}


def test_no_rows_are_answered_at_once() -> None:
    """There is nothing to wait for."""
    sink = Sink(Gate().write, outcomes=Outcomes())

    assert sink.submit([]).done()


def test_full_sink_refuses_and_recovers() -> None:
    """What is being written counts too; afterwards there is room again."""
    gate = Gate()
    sink = Sink(gate.write, outcomes=Outcomes(), queued_rows=3)
    first = sink.submit([session("a"), session("b")])

    with pytest.raises(SinkFull):
        sink.submit([session("c"), session("d")])
    waiting = sink.counts().queued_rows
    gate.open.set()
    first.result(WAIT_SECONDS)
    sink.flush()
    sink.submit([session("c"), session("d")]).result(WAIT_SECONDS)
    sink.close()

    assert waiting == 2


def test_submission_larger_than_the_bound_is_taken_alone() -> None:
    """Else it could never be sent."""
    gate = Gate()
    gate.open.set()
    sink = Sink(gate.write, outcomes=Outcomes(), queued_rows=1)

    sink.submit([session("a"), session("b")]).result(WAIT_SECONDS)
    sink.close()


def held(sink: Sink, gate: Gate, submissions: Sequence[Rows]) -> "list[Future[None]]":
    """Submit while the writer is busy with something else, so that all are one group."""
    sink.submit([session("busy")])
    assert gate.entered.wait(WAIT_SECONDS)
    futures = [sink.submit(rows) for rows in submissions]
    gate.open.set()
    return futures


def test_one_bad_submission_does_not_fail_others() -> None:
    """A group that fails is tried again one by one."""
    gate = Gate()
    outcomes = Outcomes()
    sink = Sink(gate.write, outcomes=outcomes)

    good, bad, late = held(
        sink, gate, [[session("a")], [session("b", status="poison")], [session("c")]]
    )
    sink.close()

    assert good.exception(WAIT_SECONDS) is None
    assert late.exception(WAIT_SECONDS) is None
    assert isinstance(bad.exception(WAIT_SECONDS), StorageUnavailable)
    assert outcomes.accepted() == {1: 3}
    assert sink.counts().failures == 2


def test_what_waits_is_written_together() -> None:
    """Many submissions, one transaction."""
    gate = Gate()
    sink = Sink(gate.write, outcomes=Outcomes())

    held(sink, gate, [[session(f"{number}")] for number in range(50)])
    sink.close()

    assert [len(rows) for rows in gate.groups] == [1, 50]


def test_writer_gives_way() -> None:
    """It begins when it may, and writes what came meanwhile, too."""
    gate, free, asked = Gate(), threading.Event(), threading.Event()
    gate.open.set()

    def give_way() -> None:
        asked.set()
        assert free.wait(WAIT_SECONDS)

    sink = Sink(gate.write, outcomes=Outcomes(), give_way=give_way)
    first = sink.submit([session("a")])
    assert asked.wait(WAIT_SECONDS)
    second = sink.submit([session("b")])
    assert not gate.entered.is_set()
    free.set()
    for written in (first, second):
        written.result(WAIT_SECONDS)
    sink.close()

    assert [len(group) for group in gate.groups] == [2]


def test_writer_that_is_to_end_does_not_give_way() -> None:
    """Who closes waits for the disk only."""
    gate, ways = Gate(), list[str]()
    sink = Sink(
        gate.write,
        outcomes=Outcomes(),
        give_way=lambda: ways.append(threading.current_thread().name),
    )
    sink.submit([session("a")])
    assert gate.entered.wait(WAIT_SECONDS)
    closing = threading.Thread(target=sink.close)
    closing.start()
    while True:
        try:
            sink.submit([session("b")])
        except SinkClosed:
            break
    gate.open.set()
    closing.join(WAIT_SECONDS)

    assert sum(len(group) for group in gate.groups) > 0
    assert ways.count("sink") == 1


def test_close_writes_everything_and_takes_nothing_more() -> None:
    """Twice is as good as once."""
    gate = Gate()
    sink = Sink(gate.write, outcomes=Outcomes())

    futures = held(sink, gate, [[session("a")], [session("b")]])
    sink.close()
    sink.close()

    assert all(future.done() for future in futures)
    with pytest.raises(SinkClosed):
        sink.submit([session("c")])


def test_closing_the_engine_flushes_the_sink(tmp_path: Path) -> None:
    """Nobody has to remember it."""
    path = tmp_path / "sessions.duckdb"
    with opened(path) as (engine, _):
        future = engine.sink.submit([session("a")])
    with opened(path) as (_, storage):
        assert count_of(storage, "a") == 1
    assert future.done()
