"""One part of an answer: what a store knows of the groups, in numbers.

Owns the common form of counts, people and durations. Does not know which groups are shown.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.aggregates import Columns, Values
from engine.groups import GroupKey
from engine.rollup.tally import Tally
from schema.catalog import Measure

Cell = TypeVar("Cell")


class Part(Protocol):
    """Numbers of groups; a group that the store has nothing of has none."""

    def groups(self) -> Collection[GroupKey]:
        """List the groups of which there is something."""

    def totals(self, group: GroupKey) -> Values:
        """Measure a group over the whole range."""

    def series(self, groups: Sequence[GroupKey]) -> Mapping[GroupKey, Columns]:
        """Measure all buckets of some groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Generic[Cell]):
    """The numbers of gathered cells, worked out group by group when asked for."""

    tally: Tally[Cell]
    buckets: int
    measures: Sequence[Measure]
    measure: Callable[[Sequence[Cell], Sequence[Measure]], Values]
    check: Callable[[], None]
    """Ends the question if its time is over."""

    def groups(self) -> Collection[GroupKey]:
        """List the groups that have cells."""
        return self.tally.groups()

    def totals(self, group: GroupKey) -> Values:
        """Measure all cells of a group together."""
        self.check()
        return self.measure(self.tally.totals(group), self.measures)

    def series(self, groups: Sequence[GroupKey]) -> Mapping[GroupKey, Columns]:
        """Measure the cells of each bucket together."""
        return {group: self._series(self.tally.series(group)) for group in groups}

    def _series(self, cells: Mapping[int, Sequence[Cell]]) -> Columns:
        self.check()
        columns: dict[Measure, list[float | int | None]] = {
            measure: [None] * self.buckets for measure in self.measures
        }
        for bucket, some in cells.items():
            for measure, number in self.measure(some, self.measures).items():
                if measure in columns:
                    columns[measure][bucket] = number
        return columns
