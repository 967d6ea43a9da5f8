"""Stale days: every change of sessions leaves a note of the days it touched."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from engine.engine import Engine
from engine.limits import Limits
from engine.rebuild import rebuild
from engine.storage import Storage
from tests.building import named_uuid

DAY_SECONDS = 86_400
Notes = set[tuple[int, int]]


class World:
    """An engine with projects 1 and 2, and its notes."""

    def __init__(self) -> None:
        """Begin with no sessions."""
        self.storage = Storage.open(None)
        self.engine = Engine(self.storage, limits=Limits())
        self.owner = self.engine.directory.create_organization("acme").id
        for number in (1, 2):
            self.engine.directory.create_project(self.owner, f"project-{number}", id=number)

    def notes_of(self, change: Callable[[], object]) -> Notes:
        """Make a change and give the notes that it left."""
        with self.storage.writing() as cursor:
            cursor.execute("DELETE FROM stale_days")
        change()
        with self.storage.reading() as cursor:
            return set(cursor.execute("SELECT project_id, day FROM stale_days").fetchall())

    def load(self, *rows: Mapping[str, object]) -> Notes:
        """Load rows, and give the notes."""
        return self.notes_of(lambda: self.engine.load(rows))


@pytest.fixture
def world() -> Iterator[World]:
    """Open a world, and close it."""
    world = World()
    with world.engine:
        yield world


def update(name: str, day: float, **more: object) -> Mapping[str, object]:
    """Make an update of a session that says it started on a day."""
    return {"project_id": 1, "session_id": named_uuid(name), "started": day * DAY_SECONDS, **more}


def test_new_rows_mark_the_days_they_start_on(world: World) -> None:
    """Sessions and pre-counted rows alike, each in its project."""
    counted = {"project_id": 2, "started": 7 * DAY_SECONDS, "exited": 3}

    assert world.load(update("a", 3), update("b", 3.9), counted) == {(1, 3), (2, 7)}


def test_days_before_1970_are_rounded_down(world: World) -> None:
    """The last second before 1970 is of the day before."""
    assert world.load(update("a", 0), update("b", -1 / DAY_SECONDS)) == {(1, 0), (1, -1)}


@pytest.mark.parametrize("day", [2, 9])
def test_a_session_that_moves_marks_both_days(world: World, day: int) -> None:
    """The day it was on has one session less."""
    world.load(update("a", 5, seq=3))

    assert world.load(update("a", day, seq=1, init=True)) >= {(1, 5), (1, day)}


def test_retention_marks_what_it_deletes(world: World) -> None:
    """Only those days."""
    world.load(update("a", 5), update("b", 6), update("c", 7))
    before = datetime.fromtimestamp(7 * DAY_SECONDS, UTC)

    assert world.notes_of(lambda: world.engine.expire(world.owner, before=before)) == {
        (1, 5),
        (1, 6),
    }


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE session_updates SET alone = false",
        "INSERT INTO folded_sessions SELECT * REPLACE (8 * 86400 AS started) FROM sessions",
    ],
)
def test_rebuilding_marks_everything(world: World, tampering: str) -> None:
    """The days of what was there, and of what is there now."""
    world.load(update("a", 5), update("b", 6))
    with world.storage.writing() as cursor:
        cursor.execute(tampering)
    wrong: Sequence[tuple[int, int]] = [(1, 8)] if "INSERT" in tampering else []

    assert world.notes_of(lambda: rebuild(world.storage)) == {(1, 5), (1, 6), *wrong}


def test_refused_rows_mark_nothing(world: World) -> None:
    """Nothing changed."""
    assert world.notes_of(lambda: world.engine.load([{"project_id": 1}], skip_bad=True)) == set()
