"""The numbers of durations that lie in several parts are those of all of them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.durations import FORM, cell_of, exact_sums, measure
from schema.catalog import Measure
from tests.property.profile import PURE

SECONDS = st.floats(min_value=0, max_value=1e12, allow_nan=False) | st.integers(
    0, 3_000_000_000
).map(lambda thousandths: thousandths / 1000)
ALL = tuple(one for one in Measure if one.startswith("duration"))


@PURE
@given(st.lists(SECONDS, max_size=50))
def test_parts_of_a_sum_are_exact(seconds: list[float]) -> None:
    """No bit is lost, whatever is added up: sums of sums stay exact."""
    sums = exact_sums(np.array(seconds, dtype=np.float64))

    assert sum(map(Fraction, sums)) == sum(map(Fraction, seconds))


def test_sums_that_leave_the_range_of_numbers_are_added_up_at_once() -> None:
    """Where there is no room for the exact way the careful one is taken."""
    assert exact_sums(np.array([1e308])) == (1e308,)


@PURE
@given(st.lists(st.lists(SECONDS, min_size=1, max_size=30), min_size=1, max_size=5))
def test_cells_together_are_measured_as_one(cells: list[list[float]]) -> None:
    """Count, maximum, average and percentiles do not see where one cell ends."""
    seconds = sorted(one for cell in cells for one in cell)
    parts = [cell_of(np.array(cell)) for cell in cells]
    values = measure(parts, ALL)

    assert measure([FORM.unite(parts)], ALL) == values
    assert values[Measure.DURATION_COUNT] == len(seconds)
    assert values[Measure.DURATION_MAX] == seconds[-1]
    assert values[Measure.DURATION_AVG] == math.fsum(seconds) / len(seconds)
    assert values[Measure.DURATION_P50] == pytest.approx(float(np.quantile(seconds, 0.5)), 1e-12)
    assert values[Measure.DURATION_P99] == pytest.approx(float(np.quantile(seconds, 0.99)), 1e-12)


def test_nothing_is_measured_of_nothing() -> None:
    """A span without durations has no numbers."""
    assert measure((), ALL) == {}


def test_average_beyond_all_numbers_is_infinite() -> None:
    """Absurd durations are no reason to fail: what cannot be said is left out of the answer."""
    together = measure([cell_of(np.array([1e308, 1e308]))], ALL)
    apart = measure([cell_of(np.array([1e308])), cell_of(np.array([1e308]))], ALL)

    assert together[Measure.DURATION_AVG] == apart[Measure.DURATION_AVG] == math.inf
    assert together[Measure.DURATION_MAX] == 1e308


@PURE
@given(st.lists(SECONDS, min_size=1, max_size=30))
def test_nothing_is_lost_where_durations_are_kept_as_milliseconds(seconds: list[float]) -> None:
    """They are kept so only if each is the same number afterwards, to the last bit."""
    cell = cell_of(np.array(seconds))

    assert cell.seconds.tolist() == sorted(seconds)
    whole = all(round(one * 1000) / 1000 == one and one * 1000 <= 2**31 - 1 for one in seconds)
    assert cell.scaled is whole
