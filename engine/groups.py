"""Base groups as they were measured, before their numbers become fields.

Owns the noun, and how groups are put in order and cut to a page. Does not know where the numbers
come from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.aggregates import Columns, Values
from engine.plan import Totals

GroupKey: TypeAlias = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One base group: its key, its totals, and its series with a number for each bucket."""

    key: GroupKey
    totals: Values
    series: Columns = field(default_factory=dict)


def page(groups: Iterable[Measured], totals: Totals) -> tuple[Measured, ...]:
    """Order groups as asked, nulls last and ties by key, and cut them to the page and one more."""
    ordered = sorted(groups, key=lambda group: group.key)
    ratio = totals.ratio
    if ratio is not None:
        wanted = (ratio.above,) if ratio.below is None else (ratio.above, ratio.below)
        columns = {one: [group.totals.get(one) for group in ordered] for one in wanted}
        rated = list(zip(ratio.over(columns, len(ordered)), ordered, strict=True))
        known = [(number, group) for number, group in rated if number is not None]
        known.sort(key=lambda pair: pair[0], reverse=totals.descending)
        unknown = [group for number, group in rated if number is None]
        ordered = [group for _, group in known] + unknown
    return tuple(ordered[totals.offset : totals.offset + totals.limit])
