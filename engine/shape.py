"""From rows back to groups: fill, finish, split by status.

Owns which groups and buckets an answer shows. Does not know SQL or HTTP. Rows come as columns:
the group keys by their public names, `bucket` in a series, and one column a measure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.aggregates import Values, count_of, finish
from engine.query import Query
from engine.result import Group, Number
from engine.sql.condition import COLUMNS
from engine.sql.lower import BUCKET, GroupKey
from schema.catalog import FIELD_BY_NAME, STATUS_KEY, Kind, Measure
from schema.session import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One base group: its key, its totals, and its non-empty buckets."""

    key: GroupKey
    totals: Values
    buckets: Mapping[int, Values]


def group_keys(totals: pa.Table, query: Query) -> tuple[GroupKey, ...]:
    """List the keys of the base groups in answer order, without the one beyond the page."""
    return tuple(_keys(totals, query))[: query.budget.groups]


def measured(totals: pa.Table, series: pa.Table | None, query: Query) -> tuple[Measured, ...]:
    """Bring totals and series of the shown base groups together, in answer order."""
    keys = group_keys(totals, query)
    buckets: dict[GroupKey, dict[int, Values]] = {key: {} for key in keys}
    if series is not None:
        places = series.column(BUCKET).to_pylist()
        rows = zip(_keys(series, query), places, _values(series), strict=True)
        for key, bucket, values in rows:
            if key in buckets:
                buckets[key][bucket] = values
    return tuple(
        Measured(key=key, totals=values, buckets=buckets[key])
        for key, values in zip(keys, _values(totals), strict=False)
    )


def shape(groups: Sequence[Measured], query: Query) -> tuple[Group, ...]:
    """Give the answer's groups: base groups as they come, or each split into its statuses."""
    if not query.by_status:
        return tuple(_group(group, query, None) for group in groups)
    return tuple(
        _group(group, query, outcome) for group in groups for outcome in query.outcomes or ()
    )


def _keys(table: pa.Table, query: Query) -> Iterator[GroupKey]:
    if not query.keys:
        return iter([()] * table.num_rows)
    columns = [table.column(COLUMNS[key]).to_pylist() for key in query.keys]
    return zip(*columns, strict=True)


def _values(table: pa.Table) -> Iterator[Values]:
    measures = [measure for measure in Measure if measure.value in table.column_names]
    columns = [table.column(measure.value).to_pylist() for measure in measures]
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    return (dict(zip(measures, row, strict=True)) for row in rows)


def _group(group: Measured, query: Query, outcome: Outcome | None) -> Group:
    by: dict[str, str | int] = {
        key.value: value for key, value in zip(query.keys, group.key, strict=True)
    }
    if outcome is not None:
        by[STATUS_KEY] = outcome.word
    chosen = query.outcomes if outcome is None else (outcome,)
    totals = {name: _number(name, query, group.totals, chosen) for name in query.fields}
    series = {name: _series(name, query, group, chosen) for name in query.fields}
    return Group(
        by=by, totals=totals if query.totals else None, series=series if query.series else None
    )


def _series(
    name: str, query: Query, group: Measured, chosen: tuple[Outcome, ...] | None
) -> tuple[Number, ...]:
    if not query.series:
        return ()
    numbers = [_number(name, query, {}, chosen)] * query.window.count
    for bucket, values in group.buckets.items():
        numbers[bucket] = _number(name, query, values, chosen)
    return tuple(numbers)


def _number(name: str, query: Query, values: Values, chosen: tuple[Outcome, ...] | None) -> Number:
    """Give one number; a count is taken over the `chosen` statuses, a duration is healthy's own."""
    if chosen is None:
        return finish(name, values)
    field = FIELD_BY_NAME[name]
    if field.kind is Kind.COUNT:
        return sum(count_of(outcome, field.subject, values) for outcome in chosen)
    if name in query.valueless or Outcome.HEALTHY not in chosen:
        return None
    return finish(name, values)
