"""What a question gathers from days: the cells of each group, by bucket and over the whole range.

Owns which days, hours and labels belong to which group and bucket. The same for people and for
durations: `Content` is what a day holds, `Cell` one part of it. Does not know how cells are
measured.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from engine.groups import GroupKey
from engine.plan import Plan
from engine.rollup.columns import ANY_HOUR, Detail, Run, Store, read_built, read_sessions
from engine.rollup.grain import Days, bucket_of, hours_of
from engine.rollup.labels import WHOLE, Grouping, Labels
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place, Snapshot
from engine.window import DAY_SECONDS

Cell = TypeVar("Cell")
Content: TypeAlias = Mapping[tuple[int, int], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Generic[Cell]):
    """The cells of each group: over the whole range, and of each bucket if there is a series."""

    totals: dict[GroupKey, list[Cell]] = field(default_factory=dict)
    series: dict[GroupKey, dict[int, list[Cell]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Generic[Cell]):
    """The days of one store: how they are read, what is made of them, and where they are kept."""

    store: Store
    gather: Callable[[Iterable[Run], Sequence[Place]], dict[Place, Content[Cell]]]
    shelves: Mapping[Detail, Shelf[Content[Cell]]]

    def days(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail, labels: Labels
    ) -> dict[Place, Content[Cell]]:
        """Give days in a detail: kept ones, and others as they are read now."""

        def read(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            if detail.hourly:
                return from_sessions(missing)
            runs = read_built(snapshot.cursor, self.store, missing, detail)
            return self.gather(runs, missing)

        def from_sessions(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            runs = read_sessions(snapshot.cursor, self.store, missing, detail, labels)
            return self.gather(runs, missing)

        found = self.shelves[detail].find(snapshot, places, read)
        stale = [place for place in places if place in snapshot.stale]
        return found | from_sessions(stale)


def tally(
    archive: Archive[Cell], plan: Plan, snapshot: Snapshot, grouping: Grouping, labels: Labels
) -> Tally[Cell]:
    """Gather what a plan asks for."""
    window = plan.rows.window
    days = Days.of(window)
    projects = [
        project
        for project in plan.rows.project_ids
        if not grouping.whole or _takes(grouping, project)
    ]
    gathered: Tally[Cell] = Tally()
    hourly_series = plan.series is not None and window.step < DAY_SECONDS
    whole = [(project, day) for day in days.whole() for project in projects]
    cut = [(project, day) for day in days.cut() for project in projects]
    hourly = [*whole, *cut] if hourly_series else cut
    plain = Detail(hourly=False, labelled=not grouping.whole)
    fine = Detail(hourly=True, labelled=not grouping.whole)
    for (project, day), content in archive.days(snapshot, whole, plain, labels).items():
        bucket = bucket_of(window, day) if plan.series is not None and not hourly_series else None
        _add(gathered, grouping, project, content, {ANY_HOUR: bucket}, totals=True)
    for (project, day), content in archive.days(snapshot, hourly, fine, labels).items():
        buckets = {
            hour: bucket_of(window, day, hour) if plan.series is not None else None
            for hour in hours_of(window, day)
        }
        _add(gathered, grouping, project, content, buckets, totals=day not in days.whole())
    return gathered


def _takes(grouping: Grouping, project: int) -> bool:
    return grouping.of_project(project) is not None


def _add(  # noqa: PLR0913  (where from and where to, each by name)
    gathered: Tally[Cell],
    grouping: Grouping,
    project: int,
    content: Content[Cell],
    buckets: Mapping[int, int | None],
    *,
    totals: bool,
) -> None:
    """Sort the cells of one day into groups; `buckets` maps the hours that count."""
    for (label, hour), cell in content.items():
        if hour not in buckets:
            continue
        group = grouping.of_project(project) if label == WHOLE else grouping.of(label)
        if group is None:
            continue
        if totals:
            gathered.totals.setdefault(group, []).append(cell)
        bucket = buckets[hour]
        if bucket is not None:
            gathered.series.setdefault(group, {}).setdefault(bucket, []).append(cell)
