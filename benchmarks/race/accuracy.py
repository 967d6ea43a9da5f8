"""How far off approximate answers are: each number beside the exact one of the same question.

Owns what is compared and how it is summed up. The exact numbers are spelled in the words of who
approximates, so that nothing but the approximation is measured.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.race.rows import BUCKET, Row, Rows
from benchmarks.race.worker import Answered

_Cells: TypeAlias = Mapping[tuple[Row, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The relative errors of one column: of the totals, and of the buckets of its series."""

    column: str
    totals: tuple[float, ...]
    buckets: tuple[float, ...]


def errors(exact: Answered, approximate: Answered, keys: Sequence[str]) -> tuple[Errors, ...]:
    """Compare two answers number by number, wherever the exact one is above nothing."""
    totals = _errors(exact.totals, approximate.totals, keys)
    buckets: Mapping[str, Sequence[float]] = {}
    if exact.series is not None and approximate.series is not None:
        buckets = _errors(exact.series, approximate.series, (*keys, BUCKET))
    return tuple(
        Errors(column=column, totals=tuple(found), buckets=tuple(buckets.get(column, ())))
        for column, found in totals.items()
    )


def by_column(found: Iterable[Errors]) -> tuple[Errors, ...]:
    """Put the errors of all questions together."""
    totals: dict[str, list[float]] = {}
    buckets: dict[str, list[float]] = {}
    for one in found:
        totals.setdefault(one.column, []).extend(one.totals)
        buckets.setdefault(one.column, []).extend(one.buckets)
    return tuple(
        Errors(column=column, totals=tuple(own), buckets=tuple(buckets[column]))
        for column, own in totals.items()
    )


def middle_and_most(values: Sequence[float]) -> tuple[float, float] | None:
    """Give the median and the greatest; None of nothing."""
    return (statistics.median(values), max(values)) if values else None


def _errors(exact: Rows, approximate: Rows, keys: Sequence[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in exact.names if name not in keys}
    told = _cells(approximate, keys)
    for (key, column), number in _cells(exact, keys).items():
        if number > 0:
            found[column].append(abs(told.get((key, column), 0.0) / number - 1))
    return found


def _cells(rows: Rows, keys: Sequence[str]) -> _Cells:
    places = [rows.names.index(key) for key in keys]
    return {
        (tuple(row[place] for place in places), name): cell
        for row in rows.rows
        for name, cell in zip(rows.names, row, strict=True)
        if name not in keys and isinstance(cell, int | float)
    }
