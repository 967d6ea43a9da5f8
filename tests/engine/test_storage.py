"""Files are opened, or refused with a reason; changes are kept together, or not at all."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.opening import IN_MEMORY
from engine.storage import Storage
from schema.ddl import LAYOUT_TABLE, LAYOUT_VERSION

OWNER = """
import sys
from pathlib import Path
from engine.storage import Storage
storage = Storage.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
storage.close()
"""
"""A program that owns a file until its standard input ends."""

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 4096


def refusal(path: Path) -> str:
    """Open what cannot be opened; give the reason."""
    with pytest.raises(StorageUnavailable) as caught:
        Storage.open(path)
    return caught.value.message


def versions(storage: Storage) -> list[tuple[int]]:
    """Read the layout table."""
    with storage.reading() as cursor:
        return cursor.execute(f"SELECT version FROM {LAYOUT_TABLE}").fetchall()  # noqa: S608  (a constant of ours)


def test_new_file_has_our_layout(tmp_path: Path) -> None:
    """A file that does not exist is created with the folders above it, and opens again."""
    path = tmp_path / "some" / "where" / "sessions.duckdb"

    for _ in range(2):
        storage = Storage.open(path)
        assert versions(storage) == [(LAYOUT_VERSION,)]
        assert storage.place == str(path)
        storage.close()


def test_storages_in_memory_are_apart() -> None:
    """Each database in memory is its own."""
    one, two = Storage.open(None), Storage.open(None)
    with one.writing() as cursor:
        cursor.execute(f"INSERT INTO {LAYOUT_TABLE} VALUES (77)")  # noqa: S608  (a constant of ours)

    assert len(versions(one)) == 2
    assert len(versions(two)) == 1
    assert one.place == IN_MEMORY


FOREIGN = {
    "table": "CREATE TABLE orders (id INTEGER)",
    "view": "CREATE VIEW orders AS SELECT 1 AS id",
    "schema": "CREATE SCHEMA sales; CREATE TABLE sales.orders (id INTEGER)",
}


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN.keys())
def test_file_of_something_else_is_refused(tmp_path: Path, statement: str) -> None:
    """A DuckDB file with other tables, wherever they are, is neither used nor changed."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(statement)
    before = path.read_bytes()

    assert refusal(path) == f"{path} is a DuckDB file of something else; name another file"
    assert path.read_bytes() == before


CONTENTS = {
    "text": b"project_id,session_id\n" * 1000,
    "short": b"hello",
    "empty": b"",
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file of another kind is named as such, and left as it is."""
    path = tmp_path / "sessions.duckdb"
    path.write_bytes(content)

    assert refusal(path) == f"{path} is not a database of this service: it is no DuckDB file"
    assert path.read_bytes() == content


LAYOUTS = {
    "newer": (f"UPDATE {LAYOUT_TABLE} SET version = {LAYOUT_VERSION + 1}", LAYOUT_VERSION + 1),  # noqa: S608  (a constant of ours)
    "older": (f"UPDATE {LAYOUT_TABLE} SET version = 0", 0),  # noqa: S608  (a constant of ours)
    "none": (f"DELETE FROM {LAYOUT_TABLE}", "of no number"),  # noqa: S608  (a constant of ours)
}


@pytest.mark.parametrize(("statement", "layout"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_other_layout_is_refused(tmp_path: Path, statement: str, layout: int | str) -> None:
    """A file of another layout is refused with both numbers and what to do, and not changed."""
    path = tmp_path / "sessions.duckdb"
    Storage.open(path).close()
    with duckdb.connect(path) as connection:
        connection.execute(statement)
    before = path.read_bytes()

    assert refusal(path) == (
        f"{path} has layout {layout}, and this version reads layout {LAYOUT_VERSION};"
        " load the data into a new file"
    )
    assert path.read_bytes() == before


def test_directory_is_refused(tmp_path: Path) -> None:
    """A directory cannot be the file, and the message offers a name in it."""
    assert refusal(tmp_path) == (
        f"{tmp_path} is a directory; name a file in it, such as {tmp_path / 'sessions.duckdb'}"
    )


@pytest.mark.parametrize("below", ["sessions.duckdb", "deeper/sessions.duckdb"])
def test_path_below_a_file_is_refused(tmp_path: Path, below: str) -> None:
    """A path that goes through a regular file names the folder that cannot be made."""
    regular = tmp_path / "regular"
    regular.write_text("not a folder", encoding="utf-8")
    path = regular / below

    assert refusal(path).startswith(f"the directory {path.parent} cannot be created: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for the superuser")
def test_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    """Where no file may be made, the system's reason is given."""
    tmp_path.chmod(0o500)

    assert refusal(tmp_path / "sessions.duckdb").startswith(f"{tmp_path}/sessions.duckdb cannot be")
    assert refusal(tmp_path / "new" / "sessions.duckdb").startswith(f"the directory {tmp_path}/new")


def filled(path: Path) -> bytes:
    """Make a file with some thousand sessions; give its content."""
    with Engine.open(path) as engine:
        organization = engine.directory.create_organization("acme")
        engine.directory.create_project(organization.id, "web", id=1)
        engine.load(
            {"project_id": 1, "session_id": f"{number:032x}", "started": number}
            for number in range(1, 20_000)
        )
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5])
def test_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    """A file that was cut off does not open, whatever part of it is left."""
    path = tmp_path / "sessions.duckdb"
    content = filled(path)
    path.write_bytes(content[: int(share * len(content)) + 100])

    with pytest.raises(StorageUnavailable):
        Engine.open(path)


def test_damage_is_told_when_it_is_read(tmp_path: Path) -> None:
    """A wrong checksum in the middle of a file is told by whoever meets it first."""
    path = tmp_path / "sessions.duckdb"
    content = bytearray(filled(path))
    for start in range(3 * BLOCK, len(content), BLOCK):
        content[start : start + 8] = b"damaged!"
    path.write_bytes(content)

    with pytest.raises(StorageUnavailable):
        Engine.open(path)


def test_file_of_another_process_is_refused(tmp_path: Path) -> None:
    """While another process owns the file the message says so; afterwards it opens."""
    path = tmp_path / "sessions.duckdb"
    command = [sys.executable, "-c", OWNER, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"open\n"

        message = refusal(path)

        owner.stdin.close()
        assert owner.wait(60) == 0
    assert message == (
        f"{path} is in use by another process, most likely a running service;"
        " stop it first, or work with a copy of the file"
    )
    Storage.open(path).close()


def test_failed_changes_are_not_kept() -> None:
    """What raises within a turn undoes all of the turn."""
    storage = Storage.open(None)

    def fail() -> None:
        with storage.writing() as cursor:
            cursor.execute(f"DELETE FROM {LAYOUT_TABLE}")  # noqa: S608  (a constant of ours)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert versions(storage) == [(LAYOUT_VERSION,)]


def test_changes_are_seen_once_they_are_kept() -> None:
    """A reader sees the state before a turn until the turn has ended."""
    storage = Storage.open(None)

    with storage.writing() as cursor:
        cursor.execute(f"INSERT INTO {LAYOUT_TABLE} VALUES (77)")  # noqa: S608  (a constant of ours)
        during = versions(storage)

    assert during == [(LAYOUT_VERSION,)]
    assert versions(storage) == [(LAYOUT_VERSION,), (77,)]


def test_storage_tells_whether_answers_may_have_changed() -> None:
    """Whatever is kept changes them, but not what only waits, nor what was undone."""
    storage = Storage.open(None)
    insert = "INSERT INTO stale_days VALUES (1, 2)"
    settled = [storage.settled]
    storage.add("INSERT INTO pending_updates VALUES (1, '[]')", {})
    settled.append(storage.settled)
    with pytest.raises(duckdb.Error), storage.writing() as cursor:
        cursor.execute(f"{insert}; SELECT error('undone')")
    settled.append(storage.settled)
    for change in (storage.writing, storage.deriving):
        with change() as cursor:
            cursor.execute(insert)
        settled.append(storage.settled)
    storage.close()

    assert settled[0] == settled[1] == settled[2] is not None
    assert len({settled[2], settled[3], settled[4]}) == 3


def test_writers_take_turns() -> None:
    """Writers of several threads wait for each other and lose nothing."""
    storage = Storage.open(None)

    def write() -> None:
        for _ in range(10):
            with storage.writing() as cursor:
                cursor.execute(f"UPDATE {LAYOUT_TABLE} SET version = version + 1")  # noqa: S608  (a constant of ours)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert versions(storage) == [(LAYOUT_VERSION + 40,)]


def test_a_wrong_statement_stays_a_bug() -> None:
    """Only the store's own failures are told as such; a wrong statement is ours to mend."""
    storage = Storage.open(None)

    with pytest.raises(duckdb.CatalogException), storage.reading() as cursor:
        cursor.execute("SELECT * FROM nowhere")
    with pytest.raises(duckdb.CatalogException), storage.writing() as cursor:
        cursor.execute("SELECT * FROM nowhere")


def test_log_is_written_over_beside_those_who_add(tmp_path: Path) -> None:
    """It is not while something is derived, unless one may wait for that; adding goes on."""
    storage = Storage.open(tmp_path / "sessions.duckdb", log_bytes=2**16)
    add = "INSERT INTO pending_updates VALUES (0, $text)"
    storage.add(add, {"text": "long" * 20_000})
    assert storage.is_long()
    with storage.deriving():
        assert not storage.tidy(patient=False)
        assert storage.is_long()
    storage.add(add, {"text": "[]"})

    assert storage.tidy(patient=False)
    assert not storage.is_long()
    storage.close()
