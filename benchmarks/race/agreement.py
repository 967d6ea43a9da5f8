"""Whether two answers say the same: ours against another contestant's, and HTTP's against ours.

Owns the comparison. Does not know how either was made, nor how long it took.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import orjson

from benchmarks.race.rows import BUCKET, Row, Rows
from benchmarks.shapes import STATUS
from engine.result import Group, Result

Cell: TypeAlias = int | float | str | None
_Measured: TypeAlias = Mapping[tuple[Cell, ...], Mapping[str, Cell]]

_COLUMN_OF_KEY = {"project": "project_id", "release": "release", "environment": "environment"}


def differences(result: Result, totals: Rows, series: Rows | None) -> Iterator[str]:
    """Yield a line for each number in which our result and the rows of another differ."""
    keys = _keys(result)
    totals_by_group = _by_group(totals, keys)
    series_by_group = {} if series is None else _by_group(series, (*keys, BUCKET))
    ours = {_group_key(group, keys) for group in result.groups}
    if keys and ours != set(totals_by_group):
        yield f"groups: {len(ours)} here, {len(totals_by_group)} there"
        return
    for group in result.groups:
        key = _group_key(group, keys)
        status = group.by.get(STATUS, "")
        for field, number in (group.totals or {}).items():
            column = f"{field} {status}".strip()
            if not _same(number, totals_by_group.get(key, {}).get(column)):
                yield f"{key} {column}: {number}"
        for field, numbers in (group.series or {}).items():
            column = f"{field} {status}".strip()
            for bucket, number in enumerate(numbers):
                if not _same(number, series_by_group.get((*key, bucket), {}).get(column)):
                    yield f"{key} {column} [{bucket}]: {number}"


def same_over_http(result: Result, body: bytes) -> bool:
    """Tell whether a response body holds the same groups with the same numbers."""
    ours = [
        {
            "by": dict(group.by),
            **({} if group.totals is None else {"totals": dict(group.totals)}),
            **(
                {}
                if group.series is None
                else {"series": {name: list(numbers) for name, numbers in group.series.items()}}
            ),
        }
        for group in result.groups
    ]
    return bool(orjson.loads(body)["groups"] == ours)


def _keys(result: Result) -> tuple[str, ...]:
    if not result.groups:
        return ()
    return tuple(_COLUMN_OF_KEY[key] for key in result.groups[0].by if key != STATUS)


def _group_key(group: Group, keys: Sequence[str]) -> tuple[Cell, ...]:
    columns = {_COLUMN_OF_KEY[key]: value for key, value in group.by.items() if key != STATUS}
    return tuple(columns[key] for key in keys)


def _by_group(rows: Rows, keys: Sequence[str]) -> _Measured:
    places = [rows.names.index(key) for key in keys]
    return {tuple(row[place] for place in places): _named(rows.names, row) for row in rows.rows}


def _named(names: Sequence[str], row: Row) -> Mapping[str, Cell]:
    return dict(zip(names, row, strict=True))


def _same(ours: float | None, theirs: Cell) -> bool:
    if ours is None or theirs is None:
        return not ours and not theirs
    return math.isclose(ours, float(theirs), rel_tol=1e-9, abs_tol=1e-12)
