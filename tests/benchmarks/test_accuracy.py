"""How far off: errors are relative to exact numbers, and what is missing is not overlooked."""

import pytest

from benchmarks.race.accuracy import by_column, errors, middle_and_most
from benchmarks.race.rows import BUCKET, Rows
from benchmarks.race.worker import Answered

TOTALS = Rows(names=("release", "users"), rows=[("1.0", 100), ("2.0", 10), ("3.0", 0)])
SERIES = Rows(names=("release", BUCKET, "users"), rows=[("1.0", 0, 50), ("1.0", 1, 50)])
EXACT = Answered(totals=TOTALS, series=SERIES, seconds=0.0)


def test_errors_are_relative_to_the_exact_numbers() -> None:
    """Groups are matched by key; beside 0 there is no error, a missing number is all wrong."""
    totals = Rows(names=("release", "users"), rows=[("3.0", 7), ("1.0", 98)])
    series = Rows(names=("release", BUCKET, "users"), rows=[("1.0", 1, 55), ("1.0", 0, 50)])
    (found,) = errors(EXACT, Answered(totals=totals, series=series, seconds=0.0), ("release",))

    assert found.column == "users"
    assert found.totals == pytest.approx((0.02, 1.0))
    assert found.buckets == pytest.approx((0.0, 0.1))


def test_questions_are_put_together() -> None:
    """The median and the greatest are of all questions; a question without a series has totals."""
    alone = Answered(totals=TOTALS, series=None, seconds=0.0)
    found = errors(EXACT, EXACT, ("release",)) + errors(alone, alone, ("release",))
    (one,) = by_column(found)

    assert (len(one.totals), len(one.buckets)) == (4, 2)
    assert middle_and_most((0.1, 0.3, 0.2)) == (0.2, 0.3)
    assert middle_and_most(()) is None
