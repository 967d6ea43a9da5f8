"""The value at a rank of several ordered parts is the one that sorting all of them gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.ranks import STRIDE, at_ranks
from tests.property.profile import PURE


def parts_of(
    sizes: list[int], seed: int, spread: int
) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Draw ordered parts; a small spread makes many equal values."""
    random = np.random.default_rng(seed)
    return [np.sort(random.integers(0, spread, size).astype(np.float64)) for size in sizes]


@PURE
@given(
    st.lists(st.integers(1, 40 * STRIDE), min_size=1, max_size=9),
    st.integers(0, 2**32),
    st.sampled_from((1, 3, 1000, 2**40)),
    st.data(),
)
def test_rank_is_that_of_all_values(
    sizes: list[int], seed: int, spread: int, data: st.DataObject
) -> None:
    """Few or many, alone or together, equal or not."""
    parts = parts_of(sizes, seed, spread)
    ordered = np.sort(np.concatenate(parts))
    ranks = sorted(data.draw(st.sets(st.integers(0, len(ordered) - 1), min_size=1, max_size=5)))

    assert at_ranks(parts, ranks) == [float(ordered[rank]) for rank in ranks]


def test_many_values_are_searched_between_fences() -> None:
    """Where all are too many to be put in order, every rank is still exact."""
    parts = parts_of([40_000, 1, STRIDE, STRIDE - 1, 20_000, 2], seed=5, spread=5000)
    ordered = np.sort(np.concatenate(parts))
    ranks = [*range(0, len(ordered), 997), len(ordered) - 1]

    assert at_ranks(parts, ranks) == [float(ordered[rank]) for rank in ranks]
