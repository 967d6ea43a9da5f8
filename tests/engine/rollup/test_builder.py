"""The builder builds what has changed, now and then what changes all the time, and goes on."""

import threading
from collections.abc import Collection

from engine.errors import EngineError, StorageUnavailable
from engine.rollup.builder import Builder
from engine.rollup.snapshot import Place

PATIENCE = 30


class Days:
    """Days that change; a build takes those that are not spared."""

    def __init__(self, *changed: Place) -> None:
        """Begin with days that have changed."""
        self.changed = set(changed)
        self.spared: list[set[Place]] = []
        self.looked = threading.Condition()
        self.failing = 0
        self.error: Exception = StorageUnavailable("no room")

    def build(self, spared: Collection[Place]) -> Collection[Place]:
        """Build."""
        with self.looked:
            self.spared.append(set(spared))
            self.looked.notify_all()
            if self.failing:
                self.failing -= 1
                raise self.error
            built = self.changed - set(spared)
            self.changed -= built
            return built

    def looked_at(self, times: int) -> bool:
        """Wait until it was built so often."""
        with self.looked:
            return self.looked.wait_for(lambda: len(self.spared) >= times, PATIENCE)


def started(days: Days, failures: list[EngineError], *, rest_seconds: float) -> Builder:
    """Start a builder that hardly waits."""
    builder = Builder(
        days.build, failed=failures.append, look_seconds=0.001, rest_seconds=rest_seconds
    )
    builder.start()
    return builder


def test_changed_days_are_built_and_then_left_alone_for_a_while() -> None:
    """A day that was just built is spared, though it has changed again."""
    days = Days((1, 5), (2, 5))
    builder = started(days, [], rest_seconds=1000)
    assert days.looked_at(2)
    days.changed.add((1, 5))
    seen = len(days.spared)
    assert days.looked_at(seen + 3)
    builder.stop()

    assert days.changed == {(1, 5)}
    assert days.spared[-1] == {(1, 5), (2, 5)}


def test_day_that_goes_on_changing_is_built_again() -> None:
    """After its rest."""
    days = Days((1, 5))
    builder = started(days, [], rest_seconds=0.001)
    assert days.looked_at(2)
    days.changed.add((1, 5))
    seen = len(days.spared)
    assert days.looked_at(seen + 5)
    builder.stop()

    assert days.changed == set()


def test_failure_is_told_and_tried_again() -> None:
    """The thread survives it."""
    error = StorageUnavailable("no room")
    days, failures = Days((1, 5)), list[EngineError]()
    days.failing, days.error = 1, error
    builder = started(days, failures, rest_seconds=0.001)
    assert days.looked_at(3)
    builder.stop()

    assert failures == [error]
    assert days.changed == set()


def test_builder_that_never_began_can_be_stopped() -> None:
    """Stopping twice, or before the start, does nothing."""
    builder = Builder(Days().build, failed=lambda _: None)

    builder.stop()
    builder.stop()
