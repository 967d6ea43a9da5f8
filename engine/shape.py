"""From rows back to groups: order, cut, fill, finish, split by status.

Owns which groups and buckets an answer shows. Does not know SQL or HTTP; the columns of the rows
are those of `engine.sql.lower.Statement`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from engine.aggregates import PRESENCE, Values, counter, finish
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

Finisher: TypeAlias = Callable[[Values], Number]
Chosen: TypeAlias = tuple[Outcome, ...] | None


def measured(rows: Rows, plan: Plan) -> tuple[Measured, ...]:
    """Gather the base groups of the page in answer order, and one beyond it if there are more."""
    columns = [rows.keys(COLUMNS[key]) for key in plan.keys]
    keys: list[GroupKey] = list(zip(*columns, strict=True)) if columns else [()] * rows.count
    names = [measure for measure in Measure if measure.value in rows.columns]
    numbers = [rows.numbers(measure.value) for measure in names]
    values: list[Values] = [
        dict(zip(names, row, strict=True)) for row in zip(*numbers, strict=True)
    ]
    buckets = rows.places(BUCKET)
    if PLACE in rows.columns:
        return _placed(rows.places(PLACE), keys, buckets, values)
    groups = _gathered(keys, buckets, values, plan)
    return page(groups, plan.totals) if plan.keys else tuple(groups)


def _placed(
    places: Sequence[int | None],
    keys: Sequence[GroupKey],
    buckets: Sequence[int | None],
    values: Sequence[Values],
) -> tuple[Measured, ...]:
    """Gather groups that storage has ordered and cut."""
    groups = {
        place: Measured(key=keys[row], totals=values[row])
        for row, place in enumerate(places)
        if place is not None and buckets[row] is None
    }
    for row, (place, bucket) in enumerate(zip(places, buckets, strict=True)):
        if place is not None and bucket is not None:
            groups[place].buckets[bucket] = values[row]
    return tuple(groups[place] for place in sorted(groups))


def _gathered(
    keys: Sequence[GroupKey],
    buckets: Sequence[int | None],
    values: Sequence[Values],
    plan: Plan,
) -> Iterable[Measured]:
    """Gather all groups; without keys there is one, whatever the rows."""
    series: dict[GroupKey, dict[int, Values]] = {}
    totals: dict[GroupKey, Values] = {} if plan.keys else {(): {}}
    for key, bucket, row in zip(keys, buckets, values, strict=True):
        if bucket is None:
            totals[key] = row
        else:
            series.setdefault(key, {})[bucket] = row
    if plan.totals.summed:
        totals |= {key: _summed(some.values()) for key, some in series.items()}
    return [
        Measured(key=key, totals=row, buckets=series.get(key, {}))
        for key, row in totals.items()
        if not plan.totals.present
        or any(row.get(PRESENCE[subject]) for subject in plan.totals.present)
    ]


def _summed(buckets: Iterable[Values]) -> Values:
    sums: dict[Measure, float | int | None] = {}
    for values in buckets:
        for measure, number in values.items():
            sums[measure] = (sums.get(measure) or 0) + (number or 0)
    return sums


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
    totals = {name: finisher(group.totals) for name, finisher in finishers.items()}
    series = {name: _series(finisher, query, group) for name, finisher in finishers.items()}
    return Group(
        by=by, totals=totals if query.totals else None, series=series if query.series else None
    )


def _series(finisher: Finisher, query: Query, group: Measured) -> tuple[Number, ...]:
    if not query.series:
        return ()
    numbers = [finisher({})] * query.window.count
    for bucket, values in group.buckets.items():
        numbers[bucket] = finisher(values)
    return tuple(numbers)


def _finishers(query: Query, split: Outcome | None) -> dict[str, Finisher]:
    chosen = query.outcomes if split is None else (split,)
    return {name: _finisher(name, query, chosen) for name in query.fields}


def _finisher(name: str, query: Query, chosen: Chosen) -> Finisher:
    """Make what gives one field's number: counts over `chosen`, durations as healthy sessions'."""
    if chosen is None:
        return lambda values: finish(name, values)
    described = FIELD_BY_NAME[name]
    if described.kind is Kind.COUNT:
        counters = [counter(outcome, described.subject) for outcome in chosen]
        if len(counters) == 1:
            return counters[0]
        return lambda values: sum(count(values) for count in counters)
    if name in query.valueless or Outcome.HEALTHY not in chosen:
        return lambda _: None
    return lambda values: finish(name, values)
