"""Updates that are on disk and not folded yet: nothing of them is lost, nothing counted twice."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.limits import Limits
from engine.pending import append
from engine.session_item import COUNTED, SINGLE, Arrival, read_item
from engine.storage import Storage
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
ARRIVAL = Arrival(project_id=1, now=NOW)
SESSION = uuid.UUID(int=7)
HELLO = b"""{"sid": "%s", "did": "ann", "init": true, "started": "2026-03-10T14:00:00Z",
    "timestamp": "2026-03-10T14:00:00Z", "attrs": {"release": "app@1", "environment": "prod"}}"""
CRASH = HELLO.replace(b'"init": true', b'"status": "crashed", "errors": 1')
COUNTS = b"""{"aggregates": [{"started": "2026-03-10T14:00:00Z", "exited": 5, "crashed": 2}],
    "attrs": {"release": "app@2"}}"""


def rows_of(payload: bytes, kind: str = SINGLE) -> tuple[Mapping[str, object], ...]:
    """Read an item as the network door does."""
    payload = payload % str(SESSION).encode() if b"%s" in payload else payload
    return read_item(kind, payload, ARRIVAL).rows


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
        ((count,),) = cursor.execute("SELECT count(*) FROM pending_updates").fetchall()
    return int(count)


def test_item_rows_are_taken_as_they_are(tmp_path: Path) -> None:
    """What the door reads from an item needs no second look; it shows once it is folded."""
    open_engine(tmp_path / "a.duckdb").close()
    storage = Storage.open(tmp_path / "a.duckdb")
    with Engine(storage, limits=Limits()) as engine:
        rows = (*rows_of(HELLO), *rows_of(CRASH), *rows_of(COUNTS, COUNTED))

        assert append(storage, rows, projects=engine.directory.project_ids())
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
    """The same rows, loaded or put on disk first, give the same sessions."""
    rows = (*rows_of(CRASH), *rows_of(HELLO), *rows_of(COUNTS, COUNTED), *rows_of(HELLO))
    with open_engine() as loaded, open_engine() as sunk:
        loaded.load(rows)
        for row in rows:
            sunk.sink.submit((row,)).result()

        assert answer(loaded) == answer(sunk)


@pytest.mark.parametrize(
    "change",
    [{"project_id": 77}, {"seq": 2**64}, {"session_id": "no id"}, {"status": None, "more": 1}],
    ids=["unknown project", "too large", "not an id", "another form"],
)
def test_other_rows_are_left_to_a_load(change: Mapping[str, object]) -> None:
    """Rows that are not of the form items have are judged by the rules, so nothing bad gets in."""
    storage = Storage.open(None)
    with Engine(storage, limits=Limits()) as engine:
        owner = engine.directory.create_organization("acme")
        engine.directory.create_project(owner.id, "web", id=1)
        (row,) = rows_of(HELLO)

        taken = append(storage, ({**row, **change},), projects=engine.directory.project_ids())

        assert not taken
        assert pending(storage) == 0


def test_what_a_process_left_is_folded_when_the_file_opens(tmp_path: Path) -> None:
    """Acknowledged and not folded: the next process folds it first, and says how much it was."""
    path = tmp_path / "a.duckdb"
    open_engine(path).close()
    storage = Storage.open(path)
    assert append(storage, rows_of(HELLO), projects=frozenset({1}))
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
            engine.sink.submit(rows_of(HELLO)).result()
            assert (pending(storage), answer(engine)["sum(session)"]) == (1, 0)
            counts = engine.sink.counts()
            assert (counts.unfolded_rows, counts.failed_folds >= 1) == (1, True)

        assert engine.fold() == 1
        assert answer(engine)["sum(session)"] == 1
