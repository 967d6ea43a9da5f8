"""What a question gathers from days: the cells of each group, by bucket and over the whole range.

Owns which days, hours and labels belong to which group and bucket. The same for people and for
durations: `Content` is what a day holds, `Cell` one part of it. Does not know how cells are
measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.day_number import DAY_SECONDS
from engine.groups import GroupKey
from engine.plan import Plan
from engine.rollup.archive import Archive, Content
from engine.rollup.grain import Days, bucket_of, days_of_block, hours_of
from engine.rollup.labels import WHOLE, Grouping, Labels
from engine.rollup.runs import ANY_HOUR, Detail
from engine.rollup.snapshot import Snapshot

Cell = TypeVar("Cell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Generic[Cell]):
    """The cells of each group: over the whole range, and of each bucket if there is a series."""

    totals: dict[GroupKey, list[Cell]] = field(default_factory=dict)
    series: dict[GroupKey, dict[int, list[Cell]]] = field(default_factory=dict)


def tally(
    archive: Archive[Cell], plan: Plan, snapshot: Snapshot, grouping: Grouping, labels: Labels
) -> Tally[Cell]:
    """Gather what a plan asks for."""
    window = plan.rows.window
    days = Days.of(window)
    groups = {project: grouping.of_project(project) for project in plan.rows.project_ids}
    projects = [one for one, group in groups.items() if group is not None or not grouping.whole]
    gathered: Tally[Cell] = Tally()
    filing = _Filing(groups=groups, grouping=grouping, gathered=gathered)
    hourly = plan.series is not None and window.step < DAY_SECONDS
    daily = plan.series is not None and not hourly
    plain = Detail(hourly=False, labelled=not grouping.whole)
    fine = Detail(hourly=True, labelled=not grouping.whole)
    whole = [(project, day) for day in days.whole() for project in projects]
    blocks = archive.blocks(snapshot, projects, days, plain, labels)
    for (project, _), content in blocks.items():
        filing.add(project, content, {ANY_HOUR: None}, totals=True)
    in_blocks = {(project, day) for project, block in blocks for day in days_of_block(block)}
    alone = whole if daily else [place for place in whole if place not in in_blocks]
    for (project, day), content in archive.days(snapshot, alone, plain, labels).items():
        bucket = bucket_of(window, day) if daily else None
        filing.add(project, content, {ANY_HOUR: bucket}, totals=(project, day) not in in_blocks)
    cut = [(project, day) for day in days.cut() for project in projects]
    parts = [*whole, *cut] if hourly else cut
    for (project, day), content in archive.days(snapshot, parts, fine, labels).items():
        buckets = {
            hour: bucket_of(window, day, hour) if plan.series is not None else None
            for hour in hours_of(window, day)
        }
        filing.add(project, content, buckets, totals=day not in days.whole())
    return gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filing(Generic[Cell]):
    """Where cells go."""

    groups: Mapping[int, GroupKey | None]
    grouping: Grouping
    gathered: Tally[Cell]

    def add(
        self,
        project: int,
        content: Content[Cell],
        buckets: Mapping[int, int | None],
        *,
        totals: bool,
    ) -> None:
        """Sort the cells of one day into groups; `buckets` maps the hours that count."""
        sums, series = self.gathered.totals, self.gathered.series
        for (label, hour), cell in content.items():
            if hour not in buckets:
                continue
            group = self.groups[project] if label == WHOLE else self.grouping.of(label)
            if group is None:
                continue
            if totals:
                sums.setdefault(group, []).append(cell)
            bucket = buckets[hour]
            if bucket is not None:
                series.setdefault(group, {}).setdefault(bucket, []).append(cell)
