"""A large load notes which updates are not alone any more; a moment later the marks are gone."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from engine.folding import MANY_ROWS
from engine.loading import fold_pending
from engine.pending import append
from engine.rebuild import rebuild, verify
from engine.retention import expire
from tests.engine.test_loading import World, many, update
from tests.engine.test_pending import HELLO, parcel_of

NOTES = "SELECT count(*) FROM overtaken"
MARKS = "SELECT count(*) FILTER (alone), count(*) FILTER (NOT alone) FROM session_updates"
SESSIONS = "SELECT count(*), count(*) FILTER (outcome = 4), sum(quantity) FROM sessions"
KNOWN = np.arange(1, 101)
TOLD_TWICE = np.concatenate([np.arange(1, MANY_ROWS + 1), np.arange(MANY_ROWS - 99, MANY_ROWS + 1)])


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> World:
    """Load sessions that are known, and some twice, as a process does that is killed then."""
    monkeypatch.setattr("engine.loading.settle", lambda _cursor: None)
    world = World()
    world.load(many(KNOWN))
    world.load(many(TOLD_TWICE, "crashed", seconds_later=5))
    return world


def test_notes_count_as_marks(noted: World) -> None:
    """Each session is there once, and agrees with its updates, before any mark is taken off."""
    assert noted.one(NOTES) == (100 + 100 + 200,)
    assert noted.one(SESSIONS) == (MANY_ROWS, MANY_ROWS, MANY_ROWS)
    assert verify(noted.storage).clean


WRITERS: dict[str, Callable[[World], object]] = {
    "load": lambda world: world.load([update(MANY_ROWS + 1)]),
    "rebuild": lambda world: rebuild(world.storage),
    "expire": lambda world: expire(world.storage, [1, 2], before=datetime(1999, 1, 1, tzinfo=UTC)),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_next_writer_takes_the_marks_off(noted: World, write: Callable[[World], object]) -> None:
    """Whatever it writes; nothing else changes by it."""
    write(noted)
    new = noted.one("SELECT count(*) FROM session_updates")[0] - 100 - len(TOLD_TWICE)  # type: ignore[operator]  # a count

    assert noted.one(NOTES) == (0,)
    assert noted.one(MARKS) == (MANY_ROWS - 200 + new, 400)
    assert noted.one(SESSIONS) == (MANY_ROWS + new, MANY_ROWS, MANY_ROWS + new)
    assert verify(noted.storage).clean


def test_fold_takes_its_own_marks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates that come over the network may be many at once, too."""
    for room in ("folding", "loading"):
        monkeypatch.setattr(f"engine.{room}.MANY_ROWS", 2)
    world = World()
    append(world.storage, [parcel_of(HELLO), parcel_of(HELLO)])

    assert fold_pending(world.storage, world.directory) == 2
    assert world.one(NOTES) == (0,)
    assert world.one(MARKS) == (0, 2)
    assert verify(world.storage).clean


def test_load_takes_its_own_marks_off() -> None:
    """As soon as its rows are kept."""
    world = World()
    world.load(many(TOLD_TWICE))

    assert world.one(NOTES) == (0,)
    assert world.one(MARKS) == (MANY_ROWS - 100, 200)
    assert verify(world.storage).clean
