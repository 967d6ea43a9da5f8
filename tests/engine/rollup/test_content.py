"""A content has all rows of its days, in cells or beside them, whatever the number that divides."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rollup.content import SMALL, Content, Form, Small, gather, merge, relabelled, size_of
from engine.rollup.runs import in_runs
from engine.rollup.snapshot import Place
from tests.property.profile import PURE

Row = tuple[Place, int, int, int]
"""A place, a label, an hour and a value."""

PLACES = [(1, 20_000), (1, 20_001), (2, 20_000)]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(PLACES), st.integers(-2, 3), st.sampled_from([-1, 0, 23]), st.integers(0, 9)
    ),
    max_size=40,
)
LIMITS = st.sampled_from([0, 1, 2, 4, 100])

FORM: Form[tuple[int, ...]] = Form(
    make=lambda columns: tuple(columns[0].tolist()),
    unite=lambda cells: sum(cells, ()),
    size_of=len,
)


def contents_of(rows: Sequence[Row], limit: int) -> dict[Place, Content[tuple[int, ...]]]:
    """Gather rows that were read in this order."""
    columns = {
        "project_id": np.array([place[0] for place, *_ in rows], np.int64),
        "day": np.array([place[1] for place, *_ in rows], np.int64),
        "label": np.array([label for _, label, _, _ in rows], np.int64),
        "hour": np.array([hour for _, _, hour, _ in rows], np.int64),
        "value": np.array([value for *_, value in rows], np.int64),
    }
    return dict(gather(in_runs(columns, ["value"]), PLACES, FORM, Small(rows=limit, cells=0)))


def rows_of(content: Content[tuple[int, ...]]) -> list[tuple[int, int, int]]:
    """List the label, hour and value of all rows, in order."""
    few = content.few
    starts = few.starts.tolist()
    rows = [
        (label, hour, value)
        for label, hour, start, end in zip(
            few.labels.tolist(), few.hours.tolist(), starts[:-1], starts[1:], strict=True
        )
        for value in few.values[0][start:end].tolist()
    ]
    for label, hours in content.cells.items():
        rows += [(label, hour, value) for hour, cell in hours.items() for value in cell]
    return sorted(rows)


def expected(rows: Sequence[Row], place: Place) -> list[tuple[int, int, int]]:
    """List the rows of a place."""
    return sorted((label, hour, value) for one, label, hour, value in rows if one == place)


@PURE
@given(rows=ROWS, limit=LIMITS)
def test_rows_of_a_place_are_all_there(rows: list[Row], limit: int) -> None:
    """In whatever order they were read; those of many rows are cells, the others are not."""
    for place, content in contents_of(rows, limit).items():
        assert rows_of(content) == expected(rows, place)
        assert all(len(cell) >= limit for one in content.cells.values() for cell in one.values())
        assert (np.diff(content.few.starts) < limit).all()


@PURE
@given(rows=ROWS, limit=LIMITS)
def test_merged_contents_have_the_rows_of_all(rows: list[Row], limit: int) -> None:
    """A label that has few rows in each may have many together, and none is there twice."""
    merged = merge(list(contents_of(rows, limit).values()), FORM, Small(rows=limit, cells=0))
    keys = list(zip(merged.few.labels.tolist(), merged.few.hours.tolist(), strict=True))

    assert rows_of(merged) == sorted(row for place in PLACES for row in expected(rows, place))
    assert keys == sorted(set(keys))
    assert (np.diff(merged.few.starts) < limit).all()


@PURE
@given(rows=ROWS, limit=LIMITS)
def test_labels_are_exchanged_in_both_forms(rows: list[Row], limit: int) -> None:
    """Negative ones are counted from the end, as everywhere."""
    heads = np.array([10, 11, 12, 13, 14, 15])
    content = contents_of(rows, limit)[PLACES[0]]
    wanted = [(int(heads[label]), hour, value) for label, hour, value in rows_of(content)]

    assert rows_of(relabelled(content, heads)) == sorted(wanted)


@pytest.mark.parametrize(("cells", "made"), [(2, 1), (3, 4)], ids=["too many", "few enough"])
def test_small_cells_are_made_at_once_where_they_are_few(cells: int, made: int) -> None:
    """More of them are left as rows, all but the large one."""
    labels = [0, 1, 1, 1, 2, 3]
    rows = {name: np.zeros(len(labels), np.int64) for name in ("project_id", "day", "hour")}
    rows |= {"label": np.array(labels), "value": np.arange(len(labels))}
    runs = in_runs(rows, ["value"])
    ((_, content),) = gather(runs, [(0, 0)], FORM, Small(rows=2, cells=cells))

    assert len(content.cells) == made
    assert rows_of(content) == [(label, 0, value) for value, label in enumerate(labels)]


def test_nothing_put_together_is_nothing() -> None:
    """A day that no project has is empty, which is not the same as not known."""
    empty = merge([], FORM, SMALL)

    assert not empty.cells
    assert len(empty.few.labels) == 0
    assert rows_of(contents_of([], 4)[PLACES[0]]) == []


def test_rows_take_less_room_than_cells() -> None:
    """The size of a content counts both forms."""
    rows: list[Row] = [(PLACES[0], 1, -1, value) for value in range(10)]
    few, many = contents_of(rows, 100)[PLACES[0]], contents_of(rows, 1)[PLACES[0]]

    assert size_of(few, FORM) - size_of(contents_of([], 4)[PLACES[0]], FORM) == 10 * 8 + 3 * 8
    assert size_of(many, FORM) - size_of(contents_of([], 4)[PLACES[0]], FORM) == 10
