"""Rows of small cells are found by group and bucket, as if each had been looked at."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.groups import GroupKey
from engine.rollup.content import Few
from engine.rollup.slices import Slices
from tests.property.profile import PURE

Added = tuple[list[tuple[int, int, list[int]]], dict[int, int | None], bool]
"""The label, hour and values of cells; the buckets of hours; whether they count in totals."""

GROUPS: Mapping[int, GroupKey] = {-2: ("b",), -1: ("a",), 0: ("a",), 1: ("b",), 3: ("c",)}
HOURS = (-1, 0, 5, 23)
CELLS = st.lists(
    st.tuples(st.integers(-2, 4), st.sampled_from(HOURS), st.lists(st.integers(0, 9), min_size=1)),
    max_size=8,
    unique_by=lambda cell: cell[:2],
).map(sorted)
ADDED = st.lists(
    st.tuples(
        CELLS,
        st.dictionaries(st.sampled_from(HOURS), st.none() | st.integers(0, 3)),
        st.booleans(),
    ),
    max_size=4,
)


def few_of(cells: list[tuple[int, int, list[int]]]) -> Few:
    """Put cells into arrays."""
    return Few(
        labels=np.array([label for label, _, _ in cells], np.int64),
        hours=np.array([hour for _, hour, _ in cells], np.int64),
        starts=np.cumsum([0, *(len(values) for *_, values in cells)]),
        values=(np.array([value for *_, values in cells for value in values], np.int64),),
    )


@PURE
@given(added=ADDED)
def test_rows_are_those_of_the_group(added: list[Added]) -> None:
    """Over the whole range and by bucket; a group without any is not listed."""
    slices = Slices()
    totals: dict[GroupKey, list[int]] = {}
    series: dict[GroupKey, dict[int, list[int]]] = {}
    for cells, buckets, counting in added:
        slices.add(GROUPS, few_of(cells), buckets, totals=counting)
        for label, hour, values in cells:
            if label not in GROUPS or hour not in buckets:
                continue
            group, bucket = GROUPS[label], buckets[hour]
            if counting:
                totals.setdefault(group, []).extend(values)
            if bucket is not None:
                series.setdefault(group, {}).setdefault(bucket, []).extend(values)

    assert set(slices.groups()) == totals.keys()
    for group in {*GROUPS.values(), ("nobody",)}:
        rows = slices.totals(group)
        found = {bucket: sorted(some[0].tolist()) for bucket, some in slices.series(group)}
        wanted = {bucket: sorted(some) for bucket, some in series.get(group, {}).items()}

        assert sorted([] if rows is None else rows[0].tolist()) == sorted(totals.get(group, []))
        assert found == wanted
