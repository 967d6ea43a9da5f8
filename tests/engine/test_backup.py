"""Copies are whole, of one moment, and never replace anything; so are databases made of them."""

import threading
from pathlib import Path

import duckdb
import pytest

from engine.backup import BackupError, back_up, restore, unfinished
from engine.engine import Engine
from engine.errors import StorageUnavailable
from schema.ddl import LAYOUT_TABLE
from tests.building import open_engine
from tests.disks import needs_disk, small_disk

STARTED = 1_773_144_000
BLOCK = 4096
MOST = 2000
"""More submissions than are made while a copy is: the writer stops by itself."""


def rows(first: int, count: int) -> list[dict[str, object]]:
    """Make sessions with users of their own."""
    return [
        {
            "project_id": 1,
            "session_id": f"{number + 1:032x}",
            "started": STARTED + number % 86_400,
            "distinct_id": f"user-{number}",
            "release": "app@1.0",
        }
        for number in range(first, first + count)
    ]


def counts(path: Path) -> tuple[int, int]:
    """Count updates and sessions of a file, beside any engine."""
    with duckdb.connect(path, read_only=True) as connection:
        (row,) = connection.execute(
            "SELECT (SELECT count(*) FROM session_updates),"
            " (SELECT count(DISTINCT session_id) FROM session_updates)"
        ).fetchall()
    return int(row[0]), int(row[1])


def refusal(source: Path, path: Path) -> str:
    """Restore what cannot be restored; give the reason."""
    with pytest.raises((BackupError, StorageUnavailable)) as caught:
        restore(source, path)
    assert not path.exists()
    assert not unfinished(path).exists()
    return caught.value.message


def test_copy_while_writing_is_of_one_moment(tmp_path: Path) -> None:
    """Acknowledgements go on; what the copy holds is a prefix of them, and agrees with itself."""
    over = threading.Event()
    acknowledged = 0
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        engine.load(rows(0, 50_000))

        def write() -> None:
            nonlocal acknowledged
            for number in range(MOST):
                if over.is_set():
                    return
                engine.sink.submit(rows(50_000 + number * 20, 20)).result()
                acknowledged += 20

        writer = threading.Thread(target=write)
        writer.start()
        while not acknowledged:
            over.wait(0.01)
        before = acknowledged
        copied = back_up(engine._storage, tmp_path / "copy.duckdb")  # noqa: SLF001  (the room itself)
        after = acknowledged
        over.set()
        writer.join()

    with open_engine(copied.path) as copy:
        verdict = copy.verify()
    updates, sessions = counts(copied.path)
    assert verdict.clean
    assert updates == sessions == copied.updates
    assert 50_000 + before <= updates <= 50_000 + after + 20
    assert (updates - 50_000) % 20 == 0
    assert counts(tmp_path / "sessions.duckdb")[0] == 50_000 + acknowledged


def test_copy_comes_back(tmp_path: Path) -> None:
    """A database made of a backup answers as the one that was copied, and is written to."""
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        engine.load(rows(0, 100))
        back_up(engine._storage, tmp_path / "copy.duckdb")  # noqa: SLF001  (the room itself)

    restored = restore(tmp_path / "copy.duckdb", tmp_path / "new" / "again.duckdb")

    assert restored.updates == 100
    with open_engine(restored.path) as again:
        again.load(rows(100, 1))
        assert again.verify().clean
        assert again.directory.find_organization("acme") is not None
    assert counts(restored.path) == (101, 101)
    assert counts(tmp_path / "copy.duckdb") == (100, 100)
    assert (tmp_path / "copy.duckdb").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Neither by a backup nor by a restored database; a log that lies there counts too."""
    taken, log = tmp_path / "taken", tmp_path / "free.wal"
    taken.write_text("mine")
    log.write_text("mine")
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        back_up(engine._storage, tmp_path / "copy.duckdb")  # noqa: SLF001  (the room itself)
        for path, named in ((taken, taken), (tmp_path / "free", log)):
            with pytest.raises(BackupError, match=f"{named} exists, and nothing is overwritten"):
                back_up(engine._storage, path)  # noqa: SLF001  (the room itself)
            with pytest.raises(BackupError, match=f"{named} exists, and nothing is overwritten"):
                restore(tmp_path / "copy.duckdb", path)

    assert (taken.read_text(), log.read_text()) == ("mine", "mine")


def test_only_backups_of_ours_are_restored(tmp_path: Path) -> None:
    """Anything else is refused by name, and leaves nothing behind."""
    target = tmp_path / "sessions.duckdb"
    text, foreign, empty, other = (
        tmp_path / name for name in ("text", "foreign", "empty", "other")
    )
    text.write_text("no database" * 1000)
    with duckdb.connect(foreign) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    duckdb.connect(empty).close()
    Engine.open(other).close()
    with duckdb.connect(other) as connection:
        connection.execute(f"UPDATE {LAYOUT_TABLE} SET version = 77")  # noqa: S608  (a constant of ours)

    assert refusal(tmp_path / "none", target) == f"there is no backup {tmp_path / 'none'}"
    assert "is no DuckDB file" in refusal(text, target)
    assert "is a DuckDB file of something else" in refusal(foreign, target)
    assert "is a DuckDB file of something else" in refusal(empty, target)
    assert "has layout 77" in refusal(other, target)
    (tmp_path / "other.wal").write_bytes(b"log")
    assert "was not closed in order" in refusal(other, target)


def test_damaged_backup_is_not_restored(tmp_path: Path) -> None:
    """All of it is read before it gets its name."""
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        engine.load(rows(0, 30_000))
        copied = back_up(engine._storage, tmp_path / "copy.duckdb")  # noqa: SLF001  (the room itself)
    content = bytearray(copied.path.read_bytes())
    for start in range(len(content) // 2, len(content), BLOCK):
        content[start : start + 8] = b"damaged!"
    copied.path.write_bytes(content)

    assert f"{copied.path} is damaged" in refusal(copied.path, tmp_path / "new" / "again.duckdb")


@needs_disk
def test_backup_onto_a_full_disk_leaves_the_service_alone(tmp_path: Path) -> None:
    """The reason is told, nothing is left behind, and the database goes on being used."""
    with (
        small_disk(tmp_path / "disk", megabytes=2) as disk,
        open_engine(tmp_path / "sessions.duckdb") as engine,
    ):
        engine.load(rows(0, 60_000))
        with pytest.raises(BackupError) as refused:
            back_up(engine._storage, disk.folder / "copy.duckdb")  # noqa: SLF001  (the room itself)
        left = list(disk.folder.iterdir())
        engine.sink.submit(rows(60_000, 1)).result()
        found = engine.inventory()

    assert "the disk is full" in refused.value.message
    assert left == []
    assert found.updates == 60_001


def test_unfinished_copy_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    """What a crash left behind is in nobody's way."""
    unfinished(tmp_path / "copy.duckdb").write_bytes(b"half a copy")
    with open_engine(tmp_path / "sessions.duckdb") as engine:
        engine.load(rows(0, 10))
        copied = back_up(engine._storage, tmp_path / "copy.duckdb")  # noqa: SLF001  (the room itself)

    assert counts(copied.path) == (10, 10)
    assert not unfinished(copied.path).exists()
