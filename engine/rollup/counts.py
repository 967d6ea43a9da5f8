"""The counts of a plan: sessions by group and bucket, from the table that the plan names.

Owns which statements that takes: one if the groups are few, else one for the totals of all groups
and one for the series of those that are shown. Does not know people or durations.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.condition import Every, Membership, simplify
from engine.execute import Rows, run_on
from engine.groups import GroupKey
from engine.plan import Plan, Series
from engine.rollup.parts import Counted
from engine.rollup.snapshot import Snapshot
from engine.shape import measured
from engine.sql.lower import Statement, lower
from schema.catalog import Key, Measure, Subject

_EVERYTHING: Final = 2**53


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
    """Counts for one question, within its view."""

    def __init__(self, plan: Plan, opened: Snapshot, *, most_rows: int) -> None:
        """Count for a plan; `most_rows` are read of all groups at once."""
        self._plan = _counting(plan)
        self._opened = opened
        self._most_rows = most_rows
        self._whole: Counted | None = None
        self.statements: list[Statement] = []
        self.rows = 0

    def of_all(self) -> Counted:
        """Count all groups: with their buckets, unless that makes too many rows.

        Releases are many, and of most of them nothing is shown but that others have more.
        """
        if self._plan.series is not None and Key.RELEASE not in self._plan.keys:
            rows = self._run(self._plan, self._most_rows)
            if rows.count < self._most_rows or not self._plan.keys:
                self._whole = _counted(self._plan, rows)
                return self._whole
        totals = replace(self._plan, series=None, totals=replace(self._plan.totals, summed=False))
        counted = _counted(totals, self._run(totals, _EVERYTHING))
        if self._plan.series is None:
            self._whole = counted
        return counted

    def of(self, groups: Sequence[GroupKey]) -> Counted:
        """Count these groups, with their buckets."""
        if self._whole is not None:
            return self._whole
        plan = _about(self._plan, groups)
        return _counted(plan, self._run(plan, _EVERYTHING))

    def _run(self, plan: Plan, most_rows: int) -> Rows:
        statement = lower(plan, most_rows=most_rows)
        rows = run_on(statement, self._opened.cursor)
        self.statements.append(statement)
        self.rows += rows.count
        return rows


def _counting(plan: Plan) -> Plan:
    """Leave the counts of a plan, of all groups in no order; totals are the sums of buckets."""
    counts = tuple(one for one in measures_of(plan) if subject_of(one) is Subject.SESSION)
    counts = counts or (Measure.SESSIONS,)
    totals = replace(
        plan.totals,
        measures=counts,
        present=(),
        ratio=None,
        limit=_EVERYTHING,
        offset=0,
        summed=plan.series is not None,
    )
    return replace(plan, totals=totals, series=plan.series and Series(measures=counts))


def _about(plan: Plan, groups: Sequence[GroupKey]) -> Plan:
    """Leave the rows of these groups, and perhaps of some others."""
    names = [
        Membership(key=key, values=tuple({group[place]: None for group in groups}))  # type: ignore[arg-type]  # the values of one key have one type
        for place, key in enumerate(plan.keys)
    ]
    condition = simplify(Every(conditions=(plan.rows.condition, *names)))
    return replace(plan, rows=replace(plan.rows, condition=condition))


def _counted(plan: Plan, rows: Rows) -> Counted:
    groups = measured(rows, plan)
    return Counted(
        totals_of={group.key: group.totals for group in groups},
        series_of={group.key: group.buckets for group in groups},
    )
