"""From rows back to groups: fill, finish, split by status.

Owns which groups and buckets an answer shows. Does not know SQL or HTTP; the columns of the rows
are those of `engine.sql.lower.Statement`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa

from engine.aggregates import Values, counter, finish
from engine.query import Query
from engine.result import Group, Number
from engine.sql.lower import PLACE
from engine.sql.parts import BUCKET
from engine.sql.rule import COLUMNS
from schema.catalog import FIELD_BY_NAME, STATUS_KEY, Kind, Measure
from schema.session import Outcome

Finisher: TypeAlias = Callable[[Values], Number]
Chosen: TypeAlias = tuple[Outcome, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One base group: its key, its totals, and its non-empty buckets."""

    key: tuple[str | int, ...]
    totals: Values
    buckets: dict[int, Values] = field(default_factory=dict)


def measured(rows: pa.Table, query: Query) -> tuple[Measured, ...]:
    """Gather the base groups in answer order, the one beyond the page with them."""
    places, buckets = rows.column(PLACE).to_pylist(), rows.column(BUCKET).to_pylist()
    keys = zip(*(rows.column(COLUMNS[key]).to_pylist() for key in query.keys), strict=True)
    names = [measure for measure in Measure if measure.value in rows.column_names]
    columns = [rows.column(measure.value).to_pylist() for measure in names]
    values = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    listed = list(keys) if query.keys else [()] * len(places)
    groups = {
        place: Measured(key=listed[row], totals=values[row])
        for row, place in enumerate(places)
        if buckets[row] is None
    }
    if not query.keys and not groups:
        groups = {1: Measured(key=(), totals=_summed(values))}
    for row, bucket in enumerate(buckets):
        if bucket is not None:
            groups[places[row]].buckets[bucket] = values[row]
    return tuple(groups[place] for place in sorted(groups))


def _summed(buckets: list[dict[Measure, int]]) -> Values:
    """Add up the totals that the plan left to the series."""
    sums: Counter[Measure] = Counter()
    for values in buckets:
        sums.update({measure: value or 0 for measure, value in values.items()})
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
