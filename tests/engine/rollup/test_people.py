"""Users are counted as sets are: once each, however often and wherever they come."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.people import BITS, FORM, Sets, count
from schema.catalog import Measure
from tests.property.profile import PURE

VISITS = st.lists(st.tuples(st.integers(1, 200_000), st.integers(0, 63)), max_size=40)
MEASURES = (Measure.USERS, *BITS)


def sets_of(visits: Sequence[tuple[int, int]]) -> Sets:
    """Make the sets of what users met, as a day's rows tell it."""
    people = np.array([person for person, _ in visits], dtype=np.int32)
    kinds = np.array([kind for _, kind in visits], dtype=np.uint8)
    return FORM.make((people, kinds))


@PURE
@given(st.lists(VISITS, max_size=5))
def test_users_of_several_cells_are_counted_once(cells: list[list[tuple[int, int]]]) -> None:
    """So are those who met something, by what they met; merged or not."""
    expected = {
        measure: len(
            {p for cell in cells for p, kind in cell if measure not in BITS or kind & BITS[measure]}
        )
        for measure in MEASURES
    }
    sets = [sets_of(cell) for cell in cells]

    assert count(sets, MEASURES) == expected
    assert count([FORM.unite(sets)], MEASURES) == expected
