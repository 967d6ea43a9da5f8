"""Reading an answer from what was built: the counts from tables, people and durations from days.

Owns the order: the parts that decide which groups are shown, then all parts of those that are. Does
not know how any part is measured.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from engine.aggregates import Values
from engine.execute import within
from engine.groups import GroupKey, Measured, page
from engine.plan import Plan, Source
from engine.rollup import durations, people
from engine.rollup.archive import Archive
from engine.rollup.counts import Counts, measures_of, subject_of
from engine.rollup.grain import Days
from engine.rollup.labels import Grouping, Labels
from engine.rollup.parts import Gathered, Part
from engine.rollup.runs import DURATIONS, PEOPLE
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import BuiltDays, Snapshot, snapshot
from engine.rollup.tally import tally
from engine.sql.lower import Statement
from engine.storage import Storage
from schema.catalog import Measure, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The groups of the page and one more in answer order, and what was asked of storage.

    `sources` names the tables that answered.
    """

    groups: tuple[Measured, ...]
    statements: tuple[Statement, ...]
    rows: int
    sources: tuple[str, ...]


class Reader:
    """Reads from the tables of one storage, and keeps the days it has read."""

    def __init__(self, storage: Storage) -> None:
        """Keep nothing yet."""
        self._storage = storage
        self._labels = Labels()
        self._built = BuiltDays()
        shelf = Shelf()
        self._people = Archive(
            store=PEOPLE,
            gather=people.gather,
            merge=people.merge,
            size_of=people.size_of,
            shelf=shelf,
        )
        self._durations = Archive(
            store=DURATIONS,
            gather=durations.gather,
            merge=None,
            size_of=durations.size_of,
            shelf=shelf,
        )

    @contextmanager
    def view(self, plan: Plan) -> Iterator[Snapshot]:
        """Open the view of the tables that a plan needs."""
        days = Days.of(plan.rows.window)
        with snapshot(self._storage, plan.rows.project_ids, days, self._built) as opened:
            yield opened

    def part(self, subject: Subject, plan: Plan, opened: Snapshot) -> Part:
        """Read people or durations for a plan."""
        self._labels.learn(opened.cursor)
        grouping = Grouping(self._labels, plan.keys, plan.rows.condition)
        measures = tuple(one for one in measures_of(plan) if subject_of(one) is subject)
        if subject is Subject.USER:
            found = tally(self._people, plan, opened, grouping, self._labels)
            return Gathered(tally=found, measures=measures, measure=people.count)
        taken = tally(self._durations, plan, opened, grouping, self._labels)
        return Gathered(tally=taken, measures=measures, measure=durations.measure)


def read(plan: Plan, reader: Reader, *, most_rows: int, timeout_seconds: float) -> Found:
    """Answer a plan whose source is a built table; the days that changed since are read anew."""
    with reader.view(plan) as opened, within(timeout_seconds, opened.cursor):
        plan = replace(plan, rows=replace(plan.rows, stale=opened.stale_range))
        counts = Counts(plan, opened, most_rows=most_rows)
        subjects = {subject_of(measure) for measure in measures_of(plan)}
        parts: dict[Subject, Part] = {
            subject: reader.part(subject, plan, opened)
            for subject in sorted(subjects - {Subject.SESSION})
        }
        listing = _listing(plan)
        if Subject.SESSION in subjects | listing:
            parts[Subject.SESSION] = counts.of_all()
        chosen = _chosen(plan, parts, listing)
        if Subject.SESSION in subjects:
            parts[Subject.SESSION] = counts.of(chosen)
        groups = tuple(_complete(plan, group, parts.values()) for group in chosen)
        return Found(
            groups=groups,
            statements=tuple(counts.statements),
            rows=counts.rows,
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
    if not plan.keys:
        return set()
    return set(plan.totals.present) or {Subject.SESSION}


def _chosen(
    plan: Plan, parts: Mapping[Subject, Part], listing: Collection[Subject]
) -> tuple[GroupKey, ...]:
    """Choose the groups of the page and one more, in order."""
    if not plan.keys:
        return ((),)
    keys = {group for subject in listing for group in parts[subject].groups()}
    ratio = plan.totals.ratio
    deciding = () if ratio is None else (ratio.above, ratio.below)
    subjects = {subject_of(measure) for measure in deciding if measure is not None}
    measured_groups = [
        Measured(key=key, totals=_merged(parts[subject].totals(key) for subject in subjects))
        for key in keys
    ]
    return tuple(group.key for group in page(measured_groups, plan.totals))


def _complete(plan: Plan, group: GroupKey, parts: Collection[Part]) -> Measured:
    buckets: dict[int, dict[Measure, float | int | None]] = {}
    if plan.series is not None:
        for part in parts:
            for bucket, values in part.series(group).items():
                buckets.setdefault(bucket, {}).update(values)
    totals = _merged(part.totals(group) for part in parts) if plan.totals.measures else {}
    return Measured(key=group, totals=totals, buckets=dict(buckets))


def _merged(values: Iterator[Values] | Sequence[Values]) -> Values:
    together: dict[Measure, float | int | None] = {}
    for some in values:
        together.update(some)
    return together
