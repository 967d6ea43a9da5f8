"""The counts of a plan: sessions by group and bucket, added up from rows of counts.

Owns how they are added up: over the whole range for all groups, by bucket for those that are shown.
Does not know people or durations.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.aggregates import Columns, Values
from engine.groups import GroupKey
from engine.plan import GRAINS, Plan
from engine.rollup.frames import OUTCOMES, Frame
from engine.rollup.labels import NO_GROUP, Grouping
from schema.catalog import Measure, Subject
from schema.session import Outcome

Numbers = npt.NDArray[np.int64]

_OUTCOMES_OF: Final[Mapping[Measure, slice]] = {
    Measure.SESSIONS: slice(None),
    Measure.SESSIONS_UNHEALTHY: slice(Outcome.HEALTHY + 1, None),
    Measure.SESSIONS_CRASHED: slice(Outcome.CRASHED, Outcome.CRASHED + 1),
    Measure.SESSIONS_ABNORMAL: slice(Outcome.ABNORMAL, Outcome.ABNORMAL + 1),
    Measure.SESSIONS_UNHANDLED: slice(Outcome.UNHANDLED, Outcome.UNHANDLED + 1),
}
"""Which outcomes a measure adds up."""


def subject_of(measure: Measure) -> Subject:
    """Tell which store a measure is read from."""
    if measure.startswith("users"):
        return Subject.USER
    return Subject.DURATION if measure.startswith("duration") else Subject.SESSION


def measures_of(plan: Plan) -> tuple[Measure, ...]:
    """List all measures of a plan."""
    wanted = {*plan.totals.measures, *(() if plan.series is None else plan.series.measures)}
    return tuple(measure for measure in Measure if measure in wanted)


class Counts:
    """The counts of one question: a part of its answer."""

    def __init__(self, plan: Plan, grouping: Grouping, frame: Frame) -> None:
        """Add up the rows that lie in the range and that the condition takes."""
        window = plan.rows.window
        self._window = window
        self._seconds = GRAINS[plan.rows.source]
        self._groups = grouping.groups
        self._places = {group: place for place, group in enumerate(grouping.groups)}
        self._measures = [one for one in measures_of(plan) if subject_of(one) is Subject.SESSION]
        self._measures = self._measures or [Measure.SESSIONS]
        index = grouping.index[:, None] * OUTCOMES + np.arange(OUTCOMES)
        self._cells = np.where(grouping.index[:, None] == NO_GROUP, NO_GROUP, index).ravel()
        moments = frame.moments
        kept = (moments >= window.start // self._seconds) & (moments < window.end // self._seconds)
        kept &= self._cells[frame.codes] != NO_GROUP
        self._frame = frame if kept.all() else frame.where(kept)
        self._totals: Mapping[GroupKey, Values] | None = None

    def groups(self) -> Mapping[GroupKey, Values]:
        """Give the totals of the groups that have sessions."""
        if self._totals is None:
            sums = np.zeros(len(self._groups) * OUTCOMES, np.int64)
            np.add.at(sums, self._cells[self._frame.codes], self._frame.quantities)
            table = sums.reshape(-1, OUTCOMES)
            present = np.flatnonzero(table.any(axis=1))
            columns = [self._sum(table[present], one).tolist() for one in self._measures]
            self._totals = {
                self._groups[place]: dict(zip(self._measures, numbers, strict=True))
                for place, *numbers in zip(present.tolist(), *columns, strict=True)
            }
        return self._totals

    def totals(self, group: GroupKey) -> Values:
        """Give a group's totals."""
        return self.groups().get(group, {})

    def series(self, groups: Sequence[GroupKey]) -> Mapping[GroupKey, Columns]:
        """Give the numbers of all buckets of groups that have sessions."""
        shown = [group for group in groups if group in self._places]
        count, step = self._window.count, self._window.step // self._seconds
        rows = np.full(len(self._groups), NO_GROUP, np.int64)
        rows[[self._places[group] for group in shown]] = np.arange(len(shown))
        cells = self._cells[self._frame.codes]
        row = rows[cells // OUTCOMES]
        bucket = (self._frame.moments - self._window.start // self._seconds) // step
        places = (row * count + bucket) * OUTCOMES + cells % OUTCOMES
        quantities = self._frame.quantities
        if len(shown) < len(self._groups):
            places, quantities = places[row != NO_GROUP], quantities[row != NO_GROUP]
        sums = np.zeros(len(shown) * count * OUTCOMES, np.int64)
        np.add.at(sums, places, quantities)
        table = sums.reshape(len(shown), count, OUTCOMES)
        columns = [self._sum(table, one).tolist() for one in self._measures]
        return {
            group: dict(zip(self._measures, numbers, strict=True))
            for group, *numbers in zip(shown, *columns, strict=True)
        }

    @staticmethod
    def _sum(table: Numbers, measure: Measure) -> Numbers:
        total: Numbers = table[..., _OUTCOMES_OF[measure]].sum(axis=-1)
        return total
