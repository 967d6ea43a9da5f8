"""What a service does by itself, and that it goes on after a failure."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from engine.clock import frozen_clock
from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.scope import Stage
from engine.upkeep import RETENTION, Upkeep, read_notes
from tests.building import named_uuid, open_engine

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
PATIENCE_SECONDS = 30


class Reports:
    """What was reported, for whoever waits for a report."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self._change = threading.Condition()

    def __call__(self, event: str, numbers: Mapping[str, object]) -> None:
        """Take one."""
        with self._change:
            self.told.append((event, numbers))
            self._change.notify_all()

    def wait(self) -> None:
        """Wait for the first."""
        with self._change:
            assert self._change.wait_for(lambda: self.told, PATIENCE_SECONDS)


def session(name: str, *, days: int) -> dict[str, object]:
    """Make a session of so many days ago."""
    return {
        "project_id": 1,
        "session_id": named_uuid(name),
        "started": NOW - timedelta(days=days),
        "release": "app@1",
        "environment": "prod",
    }


def test_old_sessions_go_at_the_start() -> None:
    """The first thing a service does is reported, counted and noted."""
    reports = Reports()
    with open_engine() as engine:
        engine.load([session("old", days=91), session("new", days=90)])
        engine.upkeep.start(frozen_clock(NOW), default_days=90, report=reports)
        reports.wait()
        engine.upkeep.stop()
        notes = read_notes(engine._storage)  # noqa: SLF001  (the room itself)
        counts = engine.upkeep.counts()

    gone = {"project": 1, "before": "2025-12-10", "sessions": 1, "updates": 1}
    assert reports.told == [("deleted what is too old", gone)]
    assert (counts.expired_sessions, counts.failures) == (1, 0)
    assert notes[RETENTION].ended == NOW
    deleted = "1 rows of sessions and 1 of updates deleted, 0 users forgotten"
    assert notes[RETENTION].result == deleted


def test_nothing_goes_without_days() -> None:
    """A service whose clock is stopped adopts, but deletes nothing."""
    reports = Reports()
    with open_engine() as engine:
        engine.load([session("old", days=3000)])
        engine.upkeep.start(frozen_clock(NOW), default_days=None, report=reports)
        engine.upkeep.stop()
        left = engine.inventory()

    assert reports.told == []
    assert (left.sessions, left.oldest_day) == (1, (NOW - timedelta(days=3000)).date())
    assert left.notes == {}


def test_failure_is_reported_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tasks go on."""
    reports = Reports()

    def fail(_upkeep: Upkeep, _ids: object = None) -> int:
        message = "the disk is gone"
        raise StorageUnavailable(message)

    with open_engine() as engine:
        engine.load([session("old", days=91)])
        monkeypatch.setattr(Upkeep, "adopt", fail)
        engine.upkeep.start(frozen_clock(NOW), default_days=90, report=reports)
        reports.wait()
        engine.upkeep.stop()
        monkeypatch.undo()
        left = engine.inventory().sessions
        failures = engine.upkeep.counts().failures

    assert reports.told[0] == (
        "upkeep failed",
        {"task": "adoption", "reason": "the disk is gone"},
    )
    assert left == 0 or failures >= 1


def stage(engine: Engine) -> Stage:
    """Give the stage of the one release."""
    return engine.directory.stages((1,), "prod")[1, "app@1"]


def test_hand_wins_over_what_is_computed() -> None:
    """Until it is forgotten; loading more changes nothing about it."""
    with open_engine() as engine:
        engine.load([session("a", days=1)])
        computed = stage(engine)
        engine.directory.set_stage(1, "prod", "app@1", adopted=None, unadopted=None)
        engine.load([session("b", days=1)])
        by_hand = stage(engine)
        engine.directory.forget_stage(1, "prod", "app@1")
        again = stage(engine)

    assert (computed, by_hand, again) == (Stage.ADOPTED, Stage.LOW_ADOPTION, Stage.ADOPTED)


def test_only_projects_with_news_are_computed_again() -> None:
    """A project whose rows were accepted since the time before last, and no other."""
    with open_engine() as engine:
        upkeep = engine.upkeep
        seen = [upkeep._changed()]  # noqa: SLF001  (what the thread asks)
        engine.sink.submit([session("a", days=1)]).result()
        engine.sink.flush()
        seen += [upkeep._changed() for _ in range(3)]  # noqa: SLF001  (what the thread asks)

    assert [sorted(one) for one in seen] == [[], [1], [1], []]
