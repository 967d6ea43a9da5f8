"""Users are counted as sets are: once each, however often and wherever they come."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.labels import WHOLE
from engine.rollup.people import BITS, Sets, count, gather, merge
from engine.rollup.runs import ANY_HOUR, Run
from schema.catalog import Measure
from tests.property.profile import PURE

PLACE = (1, 20_000)
VISITS = st.lists(st.tuples(st.integers(1, 200_000), st.integers(0, 63)), max_size=30)
MEASURES = (Measure.USERS, *BITS)


def sets_of(visits: Sequence[tuple[int, int]]) -> Sets:
    """Gather what users met, as a day's rows tell it."""
    people = np.array([person for person, _ in visits], dtype=np.int32)
    kinds = np.array([kind for _, kind in visits], dtype=np.uint8)
    run = Run(place=PLACE, label=WHOLE, hour=ANY_HOUR, values=(people, kinds))
    return gather([run], [PLACE])[PLACE][WHOLE][ANY_HOUR]


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
    merged = merge([{WHOLE: {ANY_HOUR: one}} for one in sets])
    together = [one for hours in merged.values() for one in hours.values()]
    assert count(together, MEASURES) == expected


def test_day_without_rows_has_no_cells() -> None:
    """It is known to be empty, which is not the same as not known."""
    assert gather([], [PLACE]) == {PLACE: {}}
