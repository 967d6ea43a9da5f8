"""Updates that are on disk and not folded yet: nothing of them is lost, nothing counted twice."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.envelope import Item
from engine.errors import StorageUnavailable
from engine.limits import Limits
from engine.packed import Packed, joined, pack, plain, select_unpacked
from engine.pending import append
from engine.session_item import COUNTED, SINGLE, arrived, read_items
from engine.sink import REFUSED_ROW
from engine.storage import Storage
from tests.building import ORGANIZATION_ID, open_engine, request_of
from tests.property.profile import PURE

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
ARRIVAL = arrived(1, NOW)
SESSION = uuid.UUID(int=7)
HELLO = b"""{"sid": "%s", "did": "ann", "init": true, "started": "2026-03-10T14:00:00Z",
    "timestamp": "2026-03-10T14:00:00Z", "attrs": {"release": "app@1", "environment": "prod"}}"""
CRASH = HELLO.replace(b'"init": true', b'"status": "crashed", "errors": 1')
COUNTS = b"""{"aggregates": [{"started": "2026-03-10T14:00:00Z", "exited": 5, "crashed": 2}],
    "attrs": {"release": "app@2"}}"""


def parcel_of(payload: bytes, kind: str = SINGLE) -> Packed:
    """Read an item as the network door does."""
    payload = payload % str(SESSION).encode() if b"%s" in payload else payload
    return pack(1, read_items([Item(kind, memoryview(payload))], ARRIVAL).updates)


def answer(engine: Engine) -> dict[str, object]:
    """Ask for sessions, users and crashes of the day."""
    line = (
        ("field", "sum(session)"),
        ("field", "count_unique(user)"),
        ("field", "crash_rate(session)"),
        ("statsPeriod", "1d"),
        ("interval", "1d"),
    )
    scope = engine.directory.scope(ORGANIZATION_ID)
    (group,) = engine.query(request_of(line), scope, NOW).result.groups
    return dict(group.totals or {})


def pending(storage: Storage) -> int:
    """Count what waits to be folded."""
    with storage.reading() as cursor:
        ((count,),) = cursor.execute("SELECT sum(quantity) FROM pending_updates").fetchall()
    return int(count or 0)


def test_updates_are_taken_as_they_are(tmp_path: Path) -> None:
    """What the door reads from an item needs no second look; it shows once it is folded."""
    open_engine(tmp_path / "a.duckdb").close()
    storage = Storage.open(tmp_path / "a.duckdb")
    with Engine(storage, limits=Limits()) as engine:
        append(storage, [parcel_of(HELLO), parcel_of(CRASH), parcel_of(COUNTS, COUNTED)])

        assert (pending(storage), answer(engine)["sum(session)"]) == (3, 0)
        assert engine.fold() == 3
        assert pending(storage) == 0
        assert answer(engine) == {
            "sum(session)": 8,
            "count_unique(user)": 1,
            "crash_rate(session)": 3 / 8,
        }
        assert engine.verify().clean


def test_folded_like_a_load() -> None:
    """The same updates, loaded or put on disk first, give the same sessions."""
    parcels = [parcel_of(CRASH), parcel_of(HELLO), parcel_of(COUNTS, COUNTED), parcel_of(HELLO)]
    with open_engine() as loaded, open_engine() as sunk:
        loaded.load(plain(parcels))
        for parcel in parcels:
            sunk.sink.submit([parcel]).result()

        assert answer(loaded) == answer(sunk)


def test_others_write_meanwhile(tmp_path: Path) -> None:
    """Updates are put on disk while a fold is under way, and kept for the next one."""
    open_engine(tmp_path / "a.duckdb").close()
    storage = Storage.open(tmp_path / "a.duckdb")
    with Engine(storage, limits=Limits()) as engine:
        append(storage, [parcel_of(HELLO)])
        with storage.writing() as cursor:
            cursor.execute("SELECT quantity FROM pending_updates").fetchall()
            append(storage, [parcel_of(COUNTS, COUNTED)])
            cursor.execute("DELETE FROM pending_updates")

        assert pending(storage) == 1
        assert engine.fold() == 1
        assert answer(engine)["sum(session)"] == 7


def test_unknown_project_is_left_to_a_load() -> None:
    """Updates of a project that is not there are judged by the rules, so nothing bad gets in."""
    with open_engine() as engine:
        (row,) = plain([parcel_of(HELLO)])
        strange = pack(77, [(77, *tuple(row.values())[1:])])
        engine.sink.submit([strange, parcel_of(CRASH)]).result()

        assert answer(engine)["sum(session)"] == 1
        assert engine.outcomes[REFUSED_ROW].quantity == 1
        assert [one.project_id for one in engine.outcomes[REFUSED_ROW].examples] == [77]
        assert engine.outcomes.accepted() == {1: 1}


@pytest.mark.parametrize("told", ["a\x00b", "\u2028", "null", "[1]", '"', "\\", "é" * 100, " x "])
def test_any_text_comes_back(told: str) -> None:
    """Whatever a user is called, the text is the same once it has been folded."""
    storage = Storage.open(None)
    with Engine(storage, limits=Limits()) as engine:
        owner = engine.directory.create_organization("acme")
        engine.directory.create_project(owner.id, "web", id=1)
        append(storage, [parcel_of(HELLO.replace(b'"ann"', orjson.dumps(told)))])
        engine.fold()
        with storage.reading() as cursor:
            found = cursor.execute("SELECT distinct_id FROM people").fetchall()

    assert found == [(told,)]


@PURE
@given(st.floats(min_value=0, allow_infinity=False, allow_nan=False))
def test_any_duration_comes_back(seconds: float) -> None:
    """To the last bit."""
    text = joined([pack(1, [(1, *[None] * 8, seconds)])])
    with duckdb.connect() as connection:
        select = select_unpacked("told", "text")
        connection.execute("CREATE TABLE told AS SELECT $text AS text", {"text": text})
        (row,) = connection.execute(f"SELECT duration FROM ({select})").fetchall()  # noqa: S608  (ours)

    assert row == (seconds,)


def test_what_a_process_left_is_folded_when_the_file_opens(tmp_path: Path) -> None:
    """Acknowledged and not folded: the next process folds it first, and says how much it was."""
    path = tmp_path / "a.duckdb"
    open_engine(path).close()
    storage = Storage.open(path)
    append(storage, [parcel_of(HELLO)])
    storage.close()

    with Engine.open(path) as engine:
        assert engine.recovered == 1
        assert answer(engine)["sum(session)"] == 1
    with Engine.open(path) as engine:
        assert engine.recovered == 0
        assert answer(engine)["sum(session)"] == 1


def test_failed_fold_keeps_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fold that cannot be written loses nothing and is made good by the next one."""
    storage = Storage.open(None)
    with Engine(storage, limits=Limits()) as engine:
        owner = engine.directory.create_organization("acme")
        engine.directory.create_project(owner.id, "web", id=ORGANIZATION_ID)

        def fails(*_: object) -> None:
            message = "no room"
            raise StorageUnavailable(message)

        with monkeypatch.context() as patched:
            patched.setattr("engine.loading.fold_since", fails)
            engine.sink.submit([parcel_of(HELLO)]).result()
            assert (pending(storage), answer(engine)["sum(session)"]) == (1, 0)
            counts = engine.sink.counts()
            assert (counts.unfolded_rows, counts.failed_folds >= 1) == (1, True)

        assert engine.fold() == 1
        assert answer(engine)["sum(session)"] == 1
