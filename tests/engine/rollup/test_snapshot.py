"""A view is of one moment, and what was read before holds as long as nobody has written."""

import pytest

from engine.engine import Engine
from engine.rollup.grain import Days
from engine.rollup.labels import Labels
from engine.rollup.snapshot import LIVELY_DAYS, Moved, State, States, snapshot
from tests.building import open_engine

DAY = 20_522
DAYS = Days(first=DAY - 1, end=DAY + 2, whole_first=DAY - 1, whole_end=DAY + 2)


def load(engine: Engine, *days: int, session: int = 1) -> None:
    """Load a session of the first project for each day."""
    engine.load(
        [
            {
                "project_id": 1,
                "session_id": f"{session + number:032x}",
                "started": day * 86_400.0,
                "release": "app@1",
            }
            for number, day in enumerate(days)
        ]
    )


def states_of(engine: Engine) -> States:
    """Make what reads the state of an engine's tables."""
    return States(engine._storage, lambda _: None)  # noqa: SLF001  (the engine does not show its store)


def read_state(states: States) -> State:
    """Read the state."""
    with states.opened() as (_, state):
        return state


def test_state_holds_until_somebody_writes() -> None:
    """It tells the days that have changed, and those that are built; a write makes it unknown."""
    with open_engine() as engine:
        load(engine, DAY, DAY + 1)
        states = states_of(engine)
        changed = read_state(states)
        engine.build()
        gone = states.current()
        built = read_state(states)

        assert changed.stale == {(1, DAY), (1, DAY + 1)}
        assert changed.built == {}
        assert gone is None
        assert built.stale == frozenset()
        assert built.built.keys() == changed.stale
        assert list(built.newest.values()) == [(2, max(built.built.values()))]
        assert built.version != changed.version
        assert states.current() is built
        load(engine, DAY, session=5)
        assert states.current() is None


def test_view_that_was_overtaken_begins_again() -> None:
    """Who assumes a state, and finds another one when it comes to reading, is told."""
    with open_engine() as engine:
        load(engine, DAY)
        engine.build()
        states = states_of(engine)
        read_state(states)

        with snapshot(states, Labels(), [1], DAYS) as opened:
            assert opened.stale == frozenset()
            load(engine, DAY, session=5)
            with pytest.raises(Moved):
                _ = opened.cursor

        with snapshot(states, Labels(), [1], DAYS, again=True) as opened:
            load(engine, DAY + 1, session=9)
            assert opened.stale == {(1, DAY)}
            assert opened.cursor.execute("SELECT count(*) FROM stale_days").fetchall() == [(1,)]


def test_view_is_about_its_projects_and_days() -> None:
    """Days of others, and days before and after, are no concern of it."""
    with open_engine() as engine:
        load(engine, DAY - 2, DAY, DAY + 2)
        states = states_of(engine)

        with (
            snapshot(states, Labels(), [1], DAYS) as opened,
            snapshot(states, Labels(), [2], DAYS) as other,
        ):
            assert opened.stale == {(1, DAY)}
            assert other.stale == frozenset()


def test_view_is_worn_when_more_days_have_changed_than_have_not() -> None:
    """Then nothing is to be gained from what was built; but a few days that changed are kept."""
    with open_engine() as engine:
        load(engine, *range(DAY, DAY + LIVELY_DAYS + 1))
        states = states_of(engine)
        end = DAY + LIVELY_DAYS + 2
        many = Days(first=DAY, end=end, whole_first=DAY, whole_end=end)
        with snapshot(states, Labels(), [1], many) as opened:
            assert opened.worn
        engine.build()
        load(engine, *range(DAY, DAY + LIVELY_DAYS), session=25)
        with snapshot(states, Labels(), [1], many) as opened:
            assert not opened.worn
        load(engine, end - 1, session=49)
        with snapshot(states, Labels(), [1], many) as opened:
            assert opened.worn
