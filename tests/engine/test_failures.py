"""What happens when the disk fails: nothing acknowledged is lost, and questions are answered."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.storage import Storage
from tests.building import open_engine
from tests.disks import Disk, needs_disk, small_disk

STARTED = 1_773_144_000
SHORT_LOG_BYTES = 4 * 2**20
"""A log of this size is written over in a commit once it is four times as long."""
MOST = 400
"""More submissions than any of the disks can hold: no test runs on for ever."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk that DuckDB's log fills before it is written over into the file."""
    with small_disk(tmp_path / "disk", megabytes=12) as mounted:
        yield mounted


@pytest.fixture
def larger_disk(tmp_path: Path) -> Iterator[Disk]:
    """Mount a disk that is full when DuckDB writes its log over into the file."""
    with small_disk(tmp_path / "disk", megabytes=28) as mounted:
        yield mounted


def rows(count: int) -> list[dict[str, object]]:
    """Make pre-counted rows with long users: written twice, they would count twice."""
    return [
        {
            "project_id": 1,
            "started": STARTED,
            "distinct_id": f"{uuid.uuid4()}{uuid.uuid4()}",
            "exited": 1,
            "release": "app@1.0",
        }
        for _ in range(count)
    ]


def counted(engine: Engine) -> int:
    """Count the sessions that any question would see."""
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the truth, beside any question)
        ((found,),) = cursor.execute("SELECT sum(quantity) FROM sessions").fetchall()
    return int(found or 0)


def fill(engine: Engine, *, size: int = 1500) -> int:
    """Write until the disk refuses; give how much was acknowledged."""
    kept = 0
    for _ in range(MOST):
        try:
            engine.sink.submit(rows(size)).result()
        except StorageUnavailable as refused:
            assert "the disk is full; make room on it" in refused.message  # noqa: PT017  (one of many)
            return kept
        kept += size
    pytest.fail("the disk never was full")


@needs_disk
def test_full_disk_loses_nothing_and_answers(disk: Disk) -> None:
    """Writing is refused and reading goes on; with room again, writing goes on by itself."""
    with open_engine(disk.folder / "sessions.duckdb") as engine:
        kept = fill(engine)
        during = counted(engine)
        disk.change("size=64m")
        engine.sink.submit(rows(10)).result()
        after = counted(engine)

    assert kept > 0
    assert during == kept
    assert after == kept + 10
    with open_engine(disk.folder / "sessions.duckdb") as again:
        assert counted(again) == kept + 10


@needs_disk
def test_store_that_does_not_survive_is_opened_again(larger_disk: Disk) -> None:
    """What was kept though the store failed afterwards is acknowledged, and counted once."""
    with open_engine(larger_disk.folder / "sessions.duckdb", log_bytes=SHORT_LOG_BYTES) as engine:
        kept = fill(engine)
        during = counted(engine)
        reopened = engine._storage.reopened  # noqa: SLF001  (how it went on)
        tidied_full = engine._storage.tidy()  # noqa: SLF001  (what upkeep does)
        larger_disk.change("size=256m")
        tidied = engine._storage.tidy()  # noqa: SLF001  (what upkeep does)
        engine.sink.submit(rows(10)).result()
        after = counted(engine)

    assert during == kept
    assert reopened >= 1
    assert (tidied_full, tidied) == (False, True)
    assert after == kept + 10


@needs_disk
def test_disk_that_turns_read_only_is_told(disk: Disk) -> None:
    """A service goes on answering where it can; one that starts there is told what to do."""
    path = disk.folder / "sessions.duckdb"
    with open_engine(path) as engine:
        engine.sink.submit(rows(10)).result()
    disk.change("ro")

    with pytest.raises(StorageUnavailable) as refused:
        Storage.open(path)

    assert "the disk can only be read; mount it for writing" in refused.value.message
    assert str(path) in refused.value.message


def test_log_that_was_left_behind_is_noted(tmp_path: Path) -> None:
    """After a crash it is known how much of the log was replayed; after an orderly end, nothing."""
    path = tmp_path / "sessions.duckdb"
    with open_engine(path) as engine:
        engine.sink.submit(rows(10)).result()
        for name in ("sessions.duckdb", "sessions.duckdb.wal"):
            (tmp_path / f"crashed-{name}").write_bytes((tmp_path / name).read_bytes())
    crashed = tmp_path / "crashed-sessions.duckdb"

    with open_engine(crashed) as engine:
        replayed, found = engine._storage.replayed_bytes, counted(engine)  # noqa: SLF001  (kept inside)
    with open_engine(crashed) as engine:
        orderly = engine._storage.replayed_bytes  # noqa: SLF001  (kept inside)

    assert replayed > 0
    assert (found, orderly) == (10, 0)
