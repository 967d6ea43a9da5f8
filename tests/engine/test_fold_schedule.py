"""When updates that are on disk are folded: soon, beside those who write; again after a failure."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.fold_schedule import FEW_ROWS, MANY_ROWS, FoldSchedule

WAIT_SECONDS = 60


class Folding:
    """A fold that waits until it may go on, and may fail."""

    def __init__(self, *, failing: bool = False) -> None:
        """Begin with the way closed."""
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.failing = failing
        self.done = 0

    def fold(self) -> None:
        """Fold, or fail."""
        self.begun.set()
        assert self.go_on.wait(WAIT_SECONDS)
        if self.failing:
            message = "no room"
            raise OSError(message)
        self.done += 1


@contextmanager
def schedule(folding: Folding) -> Iterator[FoldSchedule]:
    """Make a schedule, and end it."""
    folds = FoldSchedule(folding.fold)
    yield folds
    folding.go_on.set()
    folds.close()


def test_first_rows_are_folded_by_themselves() -> None:
    """Nobody has to ask, and who notes them does not wait."""
    folding = Folding()
    with schedule(folding) as folds:
        folds.note(1)
        assert folding.begun.wait(WAIT_SECONDS)
        assert folds.rows == 1


def test_who_settles_waits_for_what_was_noted_before() -> None:
    """Also where a fold is under way that began too early for it."""
    folding = Folding()
    with schedule(folding) as folds:
        folds.note(1)
        assert folding.begun.wait(WAIT_SECONDS)
        folds.note(1)
        folding.go_on.set()
        folds.settle()

        assert (folding.done, folds.rows) == (2, 0)


def test_nothing_is_folded_twice() -> None:
    """A fold takes all that was noted before it, and without that there is none."""
    folding = Folding()
    folding.go_on.set()
    with schedule(folding) as folds:
        folds.note(3)
        folds.settle()
        folds.settle()
        folds.settle()

        assert folding.done == 1


def test_a_fold_gives_way() -> None:
    """It begins when it may, with all that came meanwhile."""
    folding, free, asked = Folding(), threading.Event(), threading.Event()
    folding.go_on.set()

    def give_way() -> None:
        asked.set()
        assert free.wait(WAIT_SECONDS)

    folds = FoldSchedule(folding.fold, give_way=give_way)
    folds.note(1)
    assert asked.wait(WAIT_SECONDS)
    folds.note(1)
    assert not folding.begun.is_set()
    free.set()
    folds.settle()
    folds.close()

    assert (folding.done, folds.rows) == (1, 0)


def test_an_awaited_fold_does_not_give_way() -> None:
    """Who settles, or closes, does not wait for the questions of others."""
    folding, ways = Folding(), list[int]()
    folds = FoldSchedule(folding.fold, give_way=lambda: ways.append(1))
    folds.note(1)
    assert folding.begun.wait(WAIT_SECONDS)
    folds.note(1)
    settling = threading.Thread(target=folds.settle)
    settling.start()
    while not folds.awaited:
        time.sleep(0.001)
    folding.go_on.set()
    settling.join(WAIT_SECONDS)
    folding.begun.clear()
    folds.note(1)
    folds.close()

    assert folds.rows == 0
    assert len(ways) == 1


def test_closing_folds_the_rest() -> None:
    """What was noted a moment ago, too."""
    folding = Folding()
    folds = FoldSchedule(folding.fold)
    folds.note(1)
    assert folding.begun.wait(WAIT_SECONDS)
    folds.note(1)
    folding.go_on.set()
    folds.close()

    assert (folding.done, folds.rows) == (2, 0)


def test_nothing_to_fold_needs_no_thread() -> None:
    """Neither settling nor closing waits for what never came."""
    folds = FoldSchedule(Folding().fold)

    folds.settle()
    folds.keep_up()
    folds.close()


def test_failed_fold_is_tried_again() -> None:
    """It is counted, nobody waits for it, and what it was to fold is folded later."""
    folding = Folding(failing=True)
    folding.go_on.set()
    with schedule(folding) as folds:
        folds.note(1)
        folds.settle()
        assert folds.failed >= 1
        assert (folds.rows, folds.few) == (1, False)

        folding.failing = False
        folds.close()
        assert (folding.done, folds.rows) == (1, 0)


@pytest.mark.parametrize(("rows", "few"), [(FEW_ROWS, True), (FEW_ROWS + 1, False)])
def test_a_question_waits_for_few_rows_only(rows: int, few: bool) -> None:  # noqa: FBT001  (a case)
    """Where many rows come all the time, a question is answered meanwhile."""
    folding = Folding()
    with schedule(folding) as folds:
        folds.note(rows)

        assert folds.few is few


def test_who_writes_waits_where_very_much_waits() -> None:
    """Until it is folded: else what is acknowledged would show later and later."""
    folding = Folding()
    with schedule(folding) as folds:
        folds.note(MANY_ROWS)
        folds.keep_up()
        folds.note(1)
        writer = threading.Thread(target=folds.keep_up)
        writer.start()
        assert writer.is_alive()
        folding.go_on.set()
        writer.join(WAIT_SECONDS)

        assert not writer.is_alive()
