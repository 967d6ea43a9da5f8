"""Rows are put in order by several keys, and cut where one of them changes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.runs import in_runs, ordering, starts_of
from tests.property.profile import PURE

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2)), max_size=30)


@PURE
@given(rows=ROWS)
def test_order_is_that_of_the_keys(rows: list[tuple[int, int]]) -> None:
    """Rows with equal keys stay as they stood; what is in order is not moved."""
    keys = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [
        np.empty(0, np.int64)
    ]
    numbers = np.arange(len(rows))[ordering(keys)].tolist()

    assert numbers == sorted(range(len(rows)), key=rows.__getitem__)
    assert isinstance(ordering(keys), slice) == (rows == sorted(rows))


@PURE
@given(rows=ROWS)
def test_runs_begin_where_a_key_changes(rows: list[tuple[int, int]]) -> None:
    """The first row begins one; without rows there is none."""
    keys = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [
        np.empty(0, np.int64)
    ]
    changes = [place for place in range(len(rows)) if not place or rows[place - 1] != rows[place]]

    assert starts_of(keys).tolist() == changes


def test_labels_are_found_by_their_place() -> None:
    """A project and a day tell from which run to which its rows are."""
    columns = {
        "project_id": np.array([2, 1, 2, 1, 2]),
        "day": np.array([7, 7, 7, 8, 7]),
        "label": np.array([3, -1, 2, 5, 3]),
        "hour": np.array([0, 0, 0, 0, 0]),
        "value": np.array([10, 11, 12, 13, 14]),
    }
    runs = in_runs(columns, ["value"])

    assert runs.places == {(1, 7): (0, 1), (2, 7): (1, 3), (1, 8): (3, 4)}
    assert runs.labels.tolist() == [-1, 2, 3, 5]
    assert runs.starts.tolist() == [0, 1, 2, 4]
    assert runs.values[0].tolist() == [11, 12, 10, 14, 13]
