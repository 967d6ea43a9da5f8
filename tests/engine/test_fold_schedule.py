"""When updates that are on disk are folded: at once, or a moment later; again after a failure."""

from engine.fold_schedule import FEW_ROWS, FoldSchedule


def test_first_rows_are_due_at_once() -> None:
    """Where nothing was folded a moment ago, what was written is folded before it is answered."""
    folds = FoldSchedule(lambda: None)

    assert not folds.due()
    folds.note(1)
    assert folds.due()
    assert folds.waits


def test_what_comes_after_a_fold_waits_a_moment() -> None:
    """FoldSchedule lie apart, unless somebody cannot wait."""
    folds = FoldSchedule(lambda: None)
    folds.note(1)
    folds.fold()
    folds.note(1)

    left = folds.seconds_left()

    assert not folds.due()
    assert left is not None
    assert 0 < left <= 0.2
    folds.hurry()
    assert folds.due()


def test_nothing_is_folded_twice() -> None:
    """A fold takes all that was written before it, and without that it does nothing."""
    done: list[None] = []
    folds = FoldSchedule(lambda: done.append(None))
    folds.note(3)
    folds.note(4)

    folds.fold()
    folds.fold()

    assert len(done) == 1
    assert not folds.waits
    assert folds.seconds_left() is None


def test_failed_fold_is_tried_again() -> None:
    """It is counted, nobody waits for it, and what it was to fold is folded later."""
    answers = [OSError("no room"), None]

    def fold() -> None:
        if (error := answers.pop(0)) is not None:
            raise error

    folds = FoldSchedule(fold)
    folds.note(1)
    folds.fold()

    assert (folds.failed, folds.rows) == (1, 1)
    assert not folds.waits
    assert not folds.due()
    folds.hurry()
    assert folds.due()
    folds.fold()
    assert (folds.failed, folds.rows) == (1, 0)
    assert folds.seconds_left() is None


def test_a_question_waits_for_few_rows_only() -> None:
    """Where many rows come all the time, a question is answered meanwhile."""
    folds = FoldSchedule(lambda: None)
    folds.note(FEW_ROWS)

    assert folds.few
    folds.note(1)
    assert not folds.few
