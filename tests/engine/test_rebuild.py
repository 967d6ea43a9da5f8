"""Derived tables: they agree with the raw updates, tampering shows, and rebuilding mends it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.limits import Limits
from engine.storage import Storage
from tests.building import named_uuid
from tests.oracle import Row
from tests.property.profile import SOME_ENGINES
from tests.property.strategies import updates

ROWS: tuple[Row, ...] = (
    {"project_id": 1, "session_id": named_uuid("a"), "started": 1_770_000_000, "status": "ok"},
    {"project_id": 1, "session_id": named_uuid("b"), "started": 1_770_000_000, "release": "app@1"},
    {"project_id": 2, "session_id": named_uuid("c"), "started": 1_770_000_000, "status": "ok"},
    {"project_id": 2, "session_id": named_uuid("c"), "started": 1_770_000_000, "errors": 1},
    {"project_id": 2, "started": 1_770_000_060, "exited": 5, "crashed": 2, "environment": "prod"},
)


@contextmanager
def opened() -> Iterator[tuple[Engine, Storage]]:
    """Open an engine in memory whose storage can be written past it."""
    storage = Storage.open(None)
    with Engine(storage, limits=Limits()) as engine:
        owner = engine.directory.create_organization("acme")
        for number in (1, 2, 3):
            engine.directory.create_project(owner.id, f"project-{number}", id=number)
        yield engine, storage


@SOME_ENGINES
@given(st.lists(st.lists(updates(), min_size=1, max_size=8), max_size=4))
def test_sessions_agree_after_any_loads(batches: list[list[Row]]) -> None:
    """However updates came, folding all of them again gives what is stored."""
    with opened() as (engine, _):
        for rows in batches:
            engine.load(rows)

        assert engine.verify().clean
        assert engine.rebuild() >= 0
        assert engine.verify().clean


TAMPERINGS = {
    "value": ("UPDATE folded_sessions SET outcome = 4 WHERE first_update = 3", 1, 1),
    "missing": ("DELETE FROM folded_sessions WHERE outcome = 4", 1, 0),
    "twice": ("INSERT INTO folded_sessions FROM sessions WHERE first_update <= 3", 0, 3),
    "foreign": ("UPDATE folded_sessions SET first_update = 99 WHERE first_update = 3", 1, 1),
    "count": ("UPDATE folded_sessions SET quantity = 6 WHERE quantity = 5", 1, 1),
    "not alone": ("UPDATE session_updates SET alone = false WHERE arrival <= 2", 2, 0),
    "alone": ("UPDATE session_updates SET alone = true WHERE session_id IS NOT NULL", 0, 2),
    "neither": ("UPDATE session_updates SET alone = NULL", 2, 0),
    "counted": ("UPDATE session_updates SET alone = true WHERE arrival = 5", 0, 1),
}


@pytest.mark.parametrize(
    ("statement", "missing", "surplus"), TAMPERINGS.values(), ids=TAMPERINGS.keys()
)
def test_tampering_shows_and_is_mended(statement: str, missing: int, surplus: int) -> None:
    """A row that was changed, lost or doubled is named; rebuilding restores it."""
    with opened() as (engine, storage):
        engine.load(ROWS)
        with storage.writing() as cursor:
            cursor.execute(statement)
        found = engine.verify()
        rows = engine.rebuild()
        mended = engine.verify()

    assert (found.missing, found.surplus) == (missing, surplus)
    assert len(found.examples) == missing + surplus
    assert not found.clean
    assert rows == 5
    assert mended.clean


def test_rebuild_makes_lost_names_known_again() -> None:
    """Releases and environments come back; those that were declared stay."""
    with opened() as (engine, storage):
        engine.load(ROWS)
        engine.directory.add_environment(1, "declared")
        before = engine.directory.releases([1, 2])
        with storage.writing() as cursor:
            cursor.execute("DELETE FROM releases")
            cursor.execute("DELETE FROM environments WHERE name = 'prod'")
        engine.rebuild()

        assert engine.directory.releases([1, 2]) == before
        assert engine.directory.environments(1) == {"", "prod", "declared"}
