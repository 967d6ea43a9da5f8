"""What a question gathers from days: the cells of each group, by bucket and over the whole range.

Owns which days, hours and labels belong to which group and bucket. The same for people and for
durations: `Content` is what a day holds, `Cell` one part of it. Does not know how cells are
measured.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeAlias, TypeVar

from engine.day_number import DAY_SECONDS
from engine.groups import GroupKey
from engine.plan import Plan
from engine.rollup.archive import Archive, across_projects
from engine.rollup.content import Content, Form
from engine.rollup.grain import Days, block_of, bucket_of, hours_of
from engine.rollup.labels import keys_in
from engine.rollup.runs import ANY_HOUR, Detail, Level
from engine.rollup.slices import Slices
from engine.rollup.snapshot import Snapshot
from schema.catalog import Key

Cell = TypeVar("Cell")

Members: TypeAlias = Mapping[int, Mapping[int, GroupKey]]
"""The group of each label that counts, by project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Generic[Cell]):
    """The cells of each group: over the whole range, and of each bucket if there is a series."""

    form: Form[Cell]
    slices: Slices = field(default_factory=Slices)
    _totals: dict[GroupKey, list[Cell]] = field(default_factory=dict)
    _series: dict[GroupKey, dict[int, list[Cell]]] = field(default_factory=dict)

    def add(
        self,
        members: Mapping[int, GroupKey],
        content: Content[Cell],
        buckets: Mapping[int, int | None],
        *,
        totals: bool,
    ) -> None:
        """Sort the cells of one content into groups; `buckets` maps the hours that count."""
        self.slices.add(members, content.few, buckets, totals=totals)
        cells = content.cells
        for label in members if len(members) < len(cells) else cells:
            group = members.get(label)
            hours = cells.get(label)
            if group is None or hours is None:
                continue
            for hour, cell in hours.items():
                if hour not in buckets:
                    continue
                if totals:
                    self._totals.setdefault(group, []).append(cell)
                bucket = buckets[hour]
                if bucket is not None:
                    self._series.setdefault(group, {}).setdefault(bucket, []).append(cell)

    def groups(self) -> Collection[GroupKey]:
        """List the groups that have something over the whole range."""
        few = self.slices.groups()
        return self._totals.keys() | few if few else self._totals

    def totals(self, group: GroupKey) -> Sequence[Cell]:
        """Give the cells of a group over the whole range."""
        cells, few = self._totals.get(group, ()), self.slices.totals(group)
        return cells if few is None else (*cells, self.form.make(few))

    def series(self, group: GroupKey) -> Mapping[int, Sequence[Cell]]:
        """Give the cells of a group by bucket."""
        series: dict[int, Sequence[Cell]] = {**self._series.get(group, {})}
        for bucket, rows in self.slices.series(group):
            series[bucket] = (*series.get(bucket, ()), self.form.make(rows))
        return series


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is gathered for one plan, at which level."""

    plan: Plan
    snapshot: Snapshot
    members: Members
    level: Level

    @property
    def projects(self) -> tuple[int, ...]:
        """Give the projects that count."""
        return tuple(one for one in self.plan.rows.project_ids if one in self.members)

    @property
    def united(self) -> bool:
        """Say whether it is all the same which of the projects has a session.

        Releases rarely belong to several projects, so there is nothing to gain where they count.
        """
        about = frozenset(self.plan.keys) | keys_in(self.plan.rows.condition)
        return len(self.projects) > 1 and not about & {Key.PROJECT, Key.RELEASE}


def _days(
    archive: Archive[Cell], question: Question, days: Sequence[int], *, hourly: bool
) -> Iterator[tuple[Mapping[int, GroupKey], int, Content[Cell]]]:
    """Give the days of all projects, with the groups of their labels."""
    detail = Detail(hourly=hourly, level=question.level)
    together: Mapping[int, Content[Cell]] = {}
    if question.united:
        together = archive.together(question.snapshot, question.projects, days, detail)
        heads = across_projects(question.snapshot, question.level).tolist()
        members = {
            heads[label]: group
            for project in question.projects
            for label, group in question.members[project].items()
        }
        yield from ((members, day, content) for day, content in together.items())
    alone = [(project, day) for day in days if day not in together for project in question.projects]
    stale = [place for place in alone if place in question.snapshot.stale]
    for (project, day), content in chain(
        archive.days(question.snapshot, alone, detail).items(),
        archive.changed(question.snapshot, stale, detail),
    ):
        yield question.members[project], day, content


def _blocks(
    archive: Archive[Cell], question: Question, days: Days
) -> dict[int, list[tuple[Mapping[int, GroupKey], Content[Cell]]]]:
    """Give blocks of days, those of which no project's days have changed."""
    detail = Detail(hourly=False, level=question.level)
    changed = {block_of(day) for _, day in question.snapshot.stale}
    blocks: dict[int, list[tuple[Mapping[int, GroupKey], Content[Cell]]]] = {}
    found = archive.blocks(question.snapshot, question.projects, days, detail)
    for (project, block), content in found.items():
        if block not in changed:
            blocks.setdefault(block, []).append((question.members[project], content))
    return blocks


def tally(archive: Archive[Cell], question: Question) -> Tally[Cell]:
    """Gather what a plan asks for."""
    plan = question.plan
    window, days = plan.rows.window, Days.of(plan.rows.window)
    series = plan.series is not None
    hourly = series and window.step < DAY_SECONDS
    gathered: Tally[Cell] = Tally(form=archive.form)
    blocks = _blocks(archive, question, days)
    for members, content in chain.from_iterable(blocks.values()):
        question.snapshot.check()
        gathered.add(members, content, {ANY_HOUR: None}, totals=True)
    daily = series and not hourly
    whole = [day for day in days.whole() if daily or block_of(day) not in blocks]
    for members, day, content in _days(archive, question, whole, hourly=False):
        question.snapshot.check()
        bucket = bucket_of(window, day) if daily else None
        totals = block_of(day) not in blocks
        gathered.add(members, content, {ANY_HOUR: bucket}, totals=totals)
    parts = [*(days.whole() if hourly else ()), *days.cut()]
    buckets = {
        day: {
            hour: bucket_of(window, day, hour) if series else None for hour in hours_of(window, day)
        }
        for day in parts
    }
    for members, day, content in _days(archive, question, parts, hourly=True):
        question.snapshot.check()
        gathered.add(members, content, buckets[day], totals=day not in days.whole())
    return gathered
