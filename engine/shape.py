"""From rows back to groups: order, cut, fill, finish, split by status.

Owns which groups and buckets an answer shows. Does not know SQL or HTTP; the columns of the rows
are those of `engine.sql.lower.Statement`.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from engine.aggregates import PRESENCE, Columns, Counter, Values, counter, finish
from engine.execute import Rows
from engine.groups import GroupKey, Measured, page
from engine.plan import Plan
from engine.query import Query
from engine.result import Group, Number
from engine.sql.page import PLACE
from engine.sql.parts import BUCKET
from engine.sql.rule import COLUMNS
from schema.catalog import FIELD_BY_NAME, STATUS_KEY, Kind, Measure
from schema.session import Outcome

Finisher: TypeAlias = Callable[[Columns, int], list[Number]]
Chosen: TypeAlias = tuple[Outcome, ...] | None
Name = TypeVar("Name", bound=Hashable)
Numbers: TypeAlias = Sequence[float | int | None]


def measured(rows: Rows, plan: Plan) -> tuple[Measured, ...]:
    """Gather the base groups of the page in answer order, and one beyond it if there are more."""
    names = [measure for measure in Measure if measure.value in rows.columns]
    numbers = {measure: rows.numbers(measure.value) for measure in names}
    buckets = rows.places(BUCKET)
    if PLACE in rows.columns:
        return _placed(rows, plan, buckets, numbers)
    groups = _gathered(_keys(rows, plan), buckets, numbers, plan)
    return page(groups, plan.totals) if plan.keys else tuple(groups)


def _keys(rows: Rows, plan: Plan) -> list[GroupKey]:
    columns = [rows.keys(COLUMNS[key]) for key in plan.keys]
    return list(zip(*columns, strict=True)) if columns else [()] * rows.count


def _placed(
    rows: Rows,
    plan: Plan,
    buckets: Sequence[int | None],
    numbers: Mapping[Measure, Numbers],
) -> tuple[Measured, ...]:
    """Gather groups that storage has ordered and cut."""
    keys, places = _keys(rows, plan), rows.places(PLACE)
    heads = {
        place: row for row, place in enumerate(places) if place is not None and buckets[row] is None
    }
    series = _series_of(places, buckets, numbers, plan)
    return tuple(
        Measured(key=keys[row], totals=_row(numbers, row), series=series.get(place, {}))
        for place, row in sorted(heads.items())
    )


def _gathered(
    keys: Sequence[GroupKey],
    buckets: Sequence[int | None],
    numbers: Mapping[Measure, Numbers],
    plan: Plan,
) -> Iterable[Measured]:
    """Gather all groups; without keys there is one, whatever the rows."""
    series: dict[GroupKey, Columns] = _series_of(keys, buckets, numbers, plan)
    totals: dict[GroupKey, Values] = {} if plan.keys else {(): {}}
    if plan.totals.summed:
        totals |= {key: _summed(columns) for key, columns in series.items()}
    for row, bucket in enumerate(buckets):
        if bucket is None:
            totals[keys[row]] = _row(numbers, row)
    return [
        Measured(key=key, totals=row, series=series.get(key, {}))
        for key, row in totals.items()
        if not plan.totals.present
        or any(row.get(PRESENCE[subject]) for subject in plan.totals.present)
    ]


def _row(numbers: Mapping[Measure, Numbers], row: int) -> Values:
    return {measure: column[row] for measure, column in numbers.items()}


def _series_of(
    groups: Sequence[Name],
    buckets: Sequence[int | None],
    numbers: Mapping[Measure, Numbers],
    plan: Plan,
) -> dict[Name, Columns]:
    """Put the numbers of rows with a bucket in their places, by group."""
    if plan.series is None:
        return {}
    wanted = [(one, numbers[one]) for one in plan.series.measures if one in numbers]
    count = plan.rows.window.count
    series: dict[Name, dict[Measure, list[float | int | None]]] = {}
    for row, bucket in enumerate(buckets):
        if bucket is None:
            continue
        columns = series.get(groups[row])
        if columns is None:
            columns = series[groups[row]] = {measure: [None] * count for measure, _ in wanted}
        for measure, column in wanted:
            columns[measure][bucket] = column[row]
    return dict(series)


def _summed(columns: Columns) -> Values:
    return {measure: sum(number or 0 for number in column) for measure, column in columns.items()}


def shape(groups: tuple[Measured, ...], query: Query) -> tuple[Group, ...]:
    """Give the answer's groups: base groups as they come, or each split into its statuses."""
    splits: tuple[Outcome | None, ...] = (query.outcomes or ()) if query.by_status else (None,)
    finishers = {split: _finishers(query, split) for split in splits}
    return tuple(
        _group(group, query, split, finishers[split]) for group in groups for split in splits
    )


def _group(
    group: Measured, query: Query, split: Outcome | None, finishers: Mapping[str, Finisher]
) -> Group:
    by: dict[str, str | int] = {
        key.value: value for key, value in zip(query.keys, group.key, strict=True)
    }
    if split is not None:
        by[STATUS_KEY] = split.word
    ends = {measure: (number,) for measure, number in group.totals.items()}
    totals = {name: finisher(ends, 1)[0] for name, finisher in finishers.items()}
    count = query.window.count
    series = (
        {name: tuple(finisher(group.series, count)) for name, finisher in finishers.items()}
        if query.series
        else None
    )
    return Group(by=by, totals=totals if query.totals else None, series=series)


def _finishers(query: Query, split: Outcome | None) -> dict[str, Finisher]:
    chosen = query.outcomes if split is None else (split,)
    return {name: _finisher(name, query, chosen) for name in query.fields}


def _finisher(name: str, query: Query, chosen: Chosen) -> Finisher:
    """Make what gives one field's number: counts over `chosen`, durations as healthy sessions'."""
    if chosen is None:
        return lambda columns, count: finish(name, columns, count)
    described = FIELD_BY_NAME[name]
    if described.kind is Kind.COUNT:
        return _sum_of([counter(outcome, described.subject) for outcome in chosen])
    if name in query.valueless or Outcome.HEALTHY not in chosen:
        return lambda _, count: [None] * count
    return lambda columns, count: finish(name, columns, count)


def _sum_of(counters: Sequence[Counter]) -> Finisher:
    def counted(columns: Columns, count: int) -> list[Number]:
        numbers: list[Number] = [0] * count
        for one in counters:
            numbers = [
                (number or 0) + more
                for number, more in zip(numbers, one(columns, count), strict=True)
            ]
        return numbers

    return counted
