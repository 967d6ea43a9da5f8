"""Base groups as they were measured, before their numbers become fields.

Owns the noun, and how groups are put in order and cut to a page. Does not know where the numbers
come from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.aggregates import Values
from engine.plan import Totals

GroupKey: TypeAlias = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One base group: its key, its totals, and its non-empty buckets."""

    key: GroupKey
    totals: Values
    buckets: dict[int, Values] = field(default_factory=dict)


def page(groups: Iterable[Measured], totals: Totals) -> tuple[Measured, ...]:
    """Order groups as asked, nulls last and ties by key, and cut them to the page and one more."""
    ordered = sorted(groups, key=lambda group: group.key)
    ratio = totals.ratio
    if ratio is not None:
        numbers = {group.key: ratio.of(group.totals) for group in ordered}
        known = [group for group in ordered if numbers[group.key] is not None]
        known.sort(key=lambda group: numbers[group.key] or 0, reverse=totals.descending)
        ordered = known + [group for group in ordered if numbers[group.key] is None]
    return tuple(ordered[totals.offset : totals.offset + totals.limit])
