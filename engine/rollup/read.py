"""Reading an answer from what was built: the counts from tables, people and durations from days.

Owns the order: the parts that decide which groups are shown, then all parts of those that are. Does
not know how any part is measured.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from engine.aggregates import Columns, Values
from engine.execute import within
from engine.groups import GroupKey, Measured, page
from engine.plan import Plan, Source
from engine.rollup import durations, people
from engine.rollup.archive import Archive
from engine.rollup.choice import Choice
from engine.rollup.content import SMALL, Small
from engine.rollup.counts import Counts, measures_of, subject_of
from engine.rollup.frames import Changed, Frames
from engine.rollup.grain import Days
from engine.rollup.labels import WHOLE, Directory, Grouping, Label, Labels, keys_in
from engine.rollup.parts import Gathered, Part
from engine.rollup.runs import DURATIONS, PEOPLE, PROJECTS, Level
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Moved, Snapshot, States, snapshot
from engine.rollup.tally import Members, Question, tally
from engine.sql.lower import Statement
from engine.storage import Storage
from schema.catalog import Measure, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The groups of the page and one more in answer order, and what was asked of storage.

    `sources` names the tables that answered, `rows` is how many came back from storage, and
    `statements` are those that asked for them; what was kept is not among them.
    """

    groups: tuple[Measured, ...]
    statements: tuple[Statement, ...]
    rows: int
    sources: tuple[str, ...]


class Reader:
    """Reads from the tables of one storage, and keeps what it has read."""

    def __init__(self, storage: Storage, *, small: Small = SMALL) -> None:
        """Keep nothing yet; `small` cells are made when they are asked for."""
        self.choice = Choice()
        self._labels = Labels()
        self._states = States(storage, self._labels.learn)
        shelf = Shelf()
        self._frames = Frames(shelf)
        self._people = Archive(
            store=PEOPLE,
            form=people.FORM,
            merges_days=True,
            shelf=shelf,
            small=small,
        )
        self._durations = Archive(
            store=DURATIONS,
            form=durations.FORM,
            merges_days=False,
            shelf=shelf,
            small=small,
        )

    @contextmanager
    def view(self, plan: Plan, *, again: bool) -> Iterator[Snapshot]:
        """Open the view of the tables that a plan needs."""
        days = Days.of(plan.rows.window)
        stores = {Subject.USER: PEOPLE, Subject.DURATION: DURATIONS}
        asked = {subject_of(measure) for measure in measures_of(plan)} | _deciding(plan)
        columns = [
            column for one, store in stores.items() if one in asked for column in store.columns
        ]
        with snapshot(
            self._states,
            self._labels,
            plan.rows.project_ids,
            days,
            columns=columns,
            again=again,
        ) as opened:
            yield opened

    def changed(self, opened: Snapshot) -> Changed:
        """Count days that have changed; their labels are numbered then, too."""
        return self._frames.changed(opened) if opened.stale else Changed()

    def counts(self, plan: Plan, opened: Snapshot, changed: Changed) -> Counts:
        """Read the counts of all groups."""
        rows = plan.rows
        days = Days.of(rows.window)
        frame = self._frames.rows(opened, rows.project_ids, days, rows.source, changed)
        return Counts(plan, Grouping(opened.directory, plan.keys, rows.condition), frame)

    def part(
        self,
        subject: Subject,
        plan: Plan,
        opened: Snapshot,
        changed: Changed,
        groups: Collection[GroupKey] | None = None,
    ) -> Part:
        """Read one part of an answer, of some groups or of all."""
        if subject is Subject.SESSION:
            return self.counts(plan, opened, changed)
        measures = tuple(one for one in measures_of(plan) if subject_of(one) is subject)
        buckets = plan.rows.window.count
        level = _level(plan)
        members = _members(plan, opened, level, groups)
        question = Question(plan=plan, snapshot=opened, members=members, level=level)
        if subject is Subject.USER:
            return Gathered(
                tally=tally(self._people, question),
                buckets=buckets,
                measures=measures,
                measure=people.count,
                check=opened.check,
            )
        return Gathered(
            tally=tally(self._durations, question),
            buckets=buckets,
            measures=measures,
            measure=durations.measure,
            check=opened.check,
        )


def _members(
    plan: Plan, opened: Snapshot, level: Level, groups: Collection[GroupKey] | None
) -> Members:
    """Give the groups of the labels that count, by the labels that others go by."""
    directory = opened.directory
    if level == PROJECTS:
        directory = Directory.of([Label(one, "", "") for one in plan.rows.project_ids])
    grouping = Grouping(directory, plan.keys, plan.rows.condition)
    if groups is not None:
        grouping.only(groups)
    if level == PROJECTS:
        members = grouping.members()
        return {
            project: {WHOLE: group}
            for project, groups_of in members.items()
            for group in groups_of.values()
        }
    return grouping.members(directory.are_heads(level))


def _level(plan: Plan) -> Level:
    """Choose how far a plan tells the sessions of a project apart."""
    return PROJECTS | frozenset(plan.keys) | keys_in(plan.rows.condition)


def read(plan: Plan, reader: Reader, *, timeout_seconds: float, anyway: bool) -> Found | None:
    """Answer a plan whose source is a built table; the days that changed since are read anew.

    None, unless it is wanted `anyway`, says that it is cheaper to ask the sessions for everything.
    """
    try:
        return _read(plan, reader, timeout_seconds, anyway=anyway, again=False)
    except Moved:
        return _read(plan, reader, timeout_seconds, anyway=anyway, again=True)


def _read(
    plan: Plan, reader: Reader, timeout_seconds: float, *, anyway: bool, again: bool
) -> Found | None:
    with reader.view(plan, again=again) as opened, within(timeout_seconds, opened):
        if not anyway and reader.choice.falls_on_sessions(plan, opened, _deciding(plan)):
            return None
        changed = reader.changed(opened)
        subjects = {subject_of(measure) for measure in measures_of(plan)}
        deciding = [one for one in Subject if one in _deciding(plan)]
        parts = {one: reader.part(one, plan, opened, changed) for one in deciding}
        chosen = _chosen(plan, parts)
        for subject in Subject:
            if subject in subjects and subject not in parts:
                parts[subject] = reader.part(subject, plan, opened, changed, chosen)
        groups = _complete(plan, chosen, [part for one, part in parts.items() if one in subjects])
        return Found(
            groups=groups,
            statements=opened.statements,
            rows=opened.rows,
            sources=_sources(plan, opened, parts),
        )


def _sources(plan: Plan, opened: Snapshot, parts: Collection[Subject]) -> tuple[str, ...]:
    """Name the tables that answered, the sessions last where days have changed."""
    tables = {
        Subject.SESSION: plan.rows.source.value,
        Subject.USER: PEOPLE.table,
        Subject.DURATION: DURATIONS.table,
    }
    changed = (Source.SESSIONS.value,) if opened.stale else ()
    return (*(tables[subject] for subject in Subject if subject in parts), *changed)


def _listing(plan: Plan) -> set[Subject]:
    """List the stores whose groups are listed; every session is in that of sessions."""
    return set(plan.totals.present) or {Subject.SESSION}


def _rating(plan: Plan) -> set[Subject]:
    """List the stores whose numbers decide about the order."""
    ratio = plan.totals.ratio
    deciding = () if ratio is None else (ratio.above, ratio.below)
    return {subject_of(measure) for measure in deciding if measure is not None}


def _deciding(plan: Plan) -> set[Subject]:
    """List the stores that have to be read before it is known which groups are shown."""
    return _listing(plan) | _rating(plan) if plan.keys else set()


def _chosen(plan: Plan, parts: Mapping[Subject, Part]) -> tuple[GroupKey, ...]:
    """Choose the groups of the page and one more, in order."""
    if not plan.keys:
        return ((),)
    keys = {group for subject in _listing(plan) for group in parts[subject].groups()}
    rating = [parts[subject] for subject in _rating(plan)]
    groups = [
        Measured(key=key, totals=_merged(part.totals(key) for part in rating)) for key in keys
    ]
    return tuple(group.key for group in page(groups, plan.totals))


def _complete(
    plan: Plan, groups: Sequence[GroupKey], parts: Sequence[Part]
) -> tuple[Measured, ...]:
    series: list[Mapping[GroupKey, Columns]] = []
    if plan.series is not None:
        series = [part.series(groups) for part in parts]
    totals = bool(plan.totals.measures)
    return tuple(
        Measured(
            key=group,
            totals=_merged(part.totals(group) for part in parts) if totals else {},
            series={
                measure: numbers
                for columns in series
                for measure, numbers in columns.get(group, {}).items()
            },
        )
        for group in groups
    )


def _merged(values: Iterable[Values]) -> Values:
    together: dict[Measure, float | int | None] = {}
    for some in values:
        together.update(some)
    return together
