"""The small cells of a question: which rows of which contents are under each group and bucket.

Owns how they are found: all labels of all contents at once, in arrays, so that a cell costs nothing
until its group is looked at. Does not know what is made of the rows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np

from engine.groups import GroupKey
from engine.rollup.content import Few
from engine.rollup.grain import HOURS_A_DAY
from engine.rollup.labels import NO_GROUP, Codes
from engine.rollup.places import Array
from engine.rollup.runs import ANY_HOUR

_OUTSIDE: Final = -2
_NO_BUCKET: Final = -1

Rows = Sequence[Array]
"""Columns of rows of one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What was added at once: few rows, the groups of labels, and the buckets of hours."""

    few: Few
    members: Mapping[int, GroupKey]
    buckets: Mapping[int, int | None]
    totals: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The small cells of all groups, in order of group and bucket.

    `firsts` says for each group where its cells begin. A cell is the rows from `starts` to `ends`
    of one part.
    """

    groups: Mapping[GroupKey, int]
    firsts: Codes
    buckets: Codes
    parts: Codes
    starts: Codes
    ends: Codes


class Slices:
    """Rows of groups; all are added before any is asked for."""

    def __init__(self) -> None:
        """Know none yet."""
        self._parts: list[_Part] = []

    def add(
        self,
        members: Mapping[int, GroupKey],
        few: Few,
        buckets: Mapping[int, int | None],
        *,
        totals: bool,
    ) -> None:
        """Add the rows of one content; a label is of one group wherever it is a member."""
        if len(few.labels):
            self._parts.append(_Part(few=few, members=members, buckets=buckets, totals=totals))

    def groups(self) -> Collection[GroupKey]:
        """List the groups that have rows over the whole range."""
        if not self._parts:
            return ()
        found = self._found
        counting = np.array([part.totals for part in self._parts])[found.parts]
        before = np.concatenate(([0], np.cumsum(counting)))
        present = before[found.firsts[1:]] > before[found.firsts[:-1]]
        return [group for group, there in zip(found.groups, present.tolist(), strict=True) if there]

    def totals(self, group: GroupKey) -> Rows | None:
        """Give the rows of a group over the whole range."""
        rows = [(part, cut) for part, _, cut in self._cells(group) if self._parts[part].totals]
        return self._rows(rows) if rows else None

    def series(self, group: GroupKey) -> Iterator[tuple[int, Rows]]:
        """Give the rows of a group by bucket."""
        for bucket, some in groupby(self._cells(group), key=lambda cell: cell[1]):
            if bucket != _NO_BUCKET:
                yield bucket, self._rows([(part, cut) for part, _, cut in some])

    def _cells(self, group: GroupKey) -> Sequence[tuple[int, int, slice]]:
        """List the part, bucket and rows of the cells of a group."""
        number = self._found.groups.get(group) if self._parts else None
        if number is None:
            return ()
        found = self._found
        cut = slice(found.firsts[number], found.firsts[number + 1])
        rows = map(slice, found.starts[cut].tolist(), found.ends[cut].tolist())
        return list(zip(found.parts[cut].tolist(), found.buckets[cut].tolist(), rows, strict=True))

    def _rows(self, cells: Sequence[tuple[int, slice]]) -> Rows:
        cut = [[column[rows] for column in self._parts[part].few.values] for part, rows in cells]
        return cut[0] if len(cut) == 1 else [np.concatenate(one) for one in zip(*cut, strict=True)]

    @cached_property
    def _found(self) -> _Found:
        fews = [part.few for part in self._parts]
        part = np.repeat(np.arange(len(fews)), [len(few.labels) for few in fews])
        groups, group = self._grouped(np.concatenate([few.labels for few in fews]))
        hours = np.concatenate([few.hours for few in fews])
        bucket = np.array([_table(one.buckets) for one in self._parts])[part, hours]
        kept = np.flatnonzero((group != NO_GROUP) & (bucket != _OUTSIDE))
        kept = kept[np.lexsort((bucket[kept], group[kept]))]
        return _Found(
            groups=groups,
            firsts=np.searchsorted(group[kept], np.arange(len(groups) + 1)),
            buckets=bucket[kept],
            parts=part[kept],
            starts=np.concatenate([few.starts[:-1] for few in fews])[kept],
            ends=np.concatenate([few.starts[1:] for few in fews])[kept],
        )

    def _grouped(self, labels: Codes) -> tuple[Mapping[GroupKey, int], Codes]:
        """Number the groups, and give for each label its group's number."""
        numbers: dict[GroupKey, int] = {}
        distinct = {id(part.members): part.members for part in self._parts}
        known = [np.fromiter(members, np.int64, len(members)) for members in distinct.values()]
        least, most = (int(some) for some in _span([labels, *known]))
        index = np.full(most - least + 1, NO_GROUP, np.int64)
        for keys, members in zip(known, distinct.values(), strict=True):
            index[keys - least] = [
                numbers.setdefault(group, len(numbers)) for group in members.values()
            ]
        return numbers, index[labels - least]


def _span(arrays: Sequence[Codes]) -> tuple[int, int]:
    """Give the least and the greatest number of arrays of which one has some."""
    some = [array for array in arrays if len(array)]
    return min(int(one.min()) for one in some), max(int(one.max()) for one in some)


def _table(buckets: Mapping[int, int | None]) -> list[int]:
    """Give the bucket of each hour, and at the end that of a whole day, which is numbered -1."""
    return [
        _NO_BUCKET if (bucket := buckets.get(hour, _OUTSIDE)) is None else bucket
        for hour in (*range(HOURS_A_DAY), ANY_HOUR)
    ]
