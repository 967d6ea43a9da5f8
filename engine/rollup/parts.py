"""One part of an answer: what a store knows of the groups, in numbers.

Owns the common form of counts, people and durations. Does not know which groups are shown.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.aggregates import Values
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

    def series(self, group: GroupKey) -> Mapping[int, Values]:
        """Measure the buckets of a group that have something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered(Generic[Cell]):
    """The numbers of gathered cells, worked out group by group when asked for."""

    tally: Tally[Cell]
    measures: Sequence[Measure]
    measure: Callable[[Sequence[Cell], Sequence[Measure]], Values]

    def groups(self) -> Collection[GroupKey]:
        """List the groups that have cells."""
        return self.tally.totals

    def totals(self, group: GroupKey) -> Values:
        """Measure all cells of a group together."""
        return self.measure(self.tally.totals.get(group, ()), self.measures)

    def series(self, group: GroupKey) -> Mapping[int, Values]:
        """Measure the cells of each bucket together."""
        return {
            bucket: self.measure(cells, self.measures)
            for bucket, cells in self.tally.series.get(group, {}).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The numbers that a statement has given already."""

    totals_of: Mapping[GroupKey, Values]
    series_of: Mapping[GroupKey, Mapping[int, Values]]

    def groups(self) -> Collection[GroupKey]:
        """List the groups that have sessions."""
        return self.totals_of

    def totals(self, group: GroupKey) -> Values:
        """Give a group's totals."""
        return self.totals_of.get(group, {})

    def series(self, group: GroupKey) -> Mapping[int, Values]:
        """Give a group's buckets."""
        return self.series_of.get(group, {})
