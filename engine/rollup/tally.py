"""What a question gathers from days: the cells of each group, by bucket and over the whole range.

Owns which days, hours and labels belong to which group and bucket. The same for people and for
durations: `Content` is what a day holds, `Cell` one part of it. Does not know how cells are
measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from engine.day_number import DAY_SECONDS
from engine.groups import GroupKey
from engine.plan import Plan
from engine.rollup.archive import Archive, Content
from engine.rollup.grain import Days, bucket_of, days_of_block, hours_of
from engine.rollup.runs import ANY_HOUR, Detail, Level
from engine.rollup.snapshot import Snapshot

Cell = TypeVar("Cell")

Membership: TypeAlias = Mapping[int, Mapping[int, GroupKey]]
"""The group of each label that counts, by project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Generic[Cell]):
    """The cells of each group: over the whole range, and of each bucket if there is a series."""

    totals: dict[GroupKey, list[Cell]] = field(default_factory=dict)
    series: dict[GroupKey, dict[int, list[Cell]]] = field(default_factory=dict)

    def add(
        self,
        members: Mapping[int, GroupKey],
        content: Content[Cell],
        buckets: Mapping[int, int | None],
        *,
        totals: bool,
    ) -> None:
        """Sort the cells of one day into groups; `buckets` maps the hours that count."""
        for label in members if len(members) < len(content) else content:
            group = members.get(label)
            hours = content.get(label)
            if group is None or hours is None:
                continue
            for hour, cell in hours.items():
                if hour not in buckets:
                    continue
                if totals:
                    self.totals.setdefault(group, []).append(cell)
                bucket = buckets[hour]
                if bucket is not None:
                    self.series.setdefault(group, {}).setdefault(bucket, []).append(cell)


def tally(
    archive: Archive[Cell], plan: Plan, snapshot: Snapshot, members: Membership, level: Level
) -> Tally[Cell]:
    """Gather what a plan asks for."""
    window = plan.rows.window
    days = Days.of(window)
    projects = [project for project in plan.rows.project_ids if project in members]
    gathered: Tally[Cell] = Tally()
    hourly = plan.series is not None and window.step < DAY_SECONDS
    daily = plan.series is not None and not hourly
    plain = Detail(hourly=False, level=level)
    fine = Detail(hourly=True, level=level)
    whole = [(project, day) for day in days.whole() for project in projects]
    blocks = archive.blocks(snapshot, projects, days, plain)
    for (project, _), content in blocks.items():
        gathered.add(members[project], content, {ANY_HOUR: None}, totals=True)
    in_blocks = {(project, day) for project, block in blocks for day in days_of_block(block)}
    alone = whole if daily else [place for place in whole if place not in in_blocks]
    for (project, day), content in archive.days(snapshot, alone, plain).items():
        bucket = bucket_of(window, day) if daily else None
        totals = (project, day) not in in_blocks
        gathered.add(members[project], content, {ANY_HOUR: bucket}, totals=totals)
    cut = [(project, day) for day in days.cut() for project in projects]
    parts = [*whole, *cut] if hourly else cut
    for (project, day), content in archive.days(snapshot, parts, fine).items():
        buckets = {
            hour: bucket_of(window, day, hour) if plan.series is not None else None
            for hour in hours_of(window, day)
        }
        gathered.add(members[project], content, buckets, totals=day not in days.whole())
    return gathered
