"""What to compute: measures, keys, rows and steps, in words every engine has.

Owns the choice of measures, of the source, and of the two steps: the totals, which decide which
groups are shown, and the series. Does not know SQL, nor HTTP.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.aggregates import ADDITIVE, PRESENCE, Ratio, measures_of
from engine.condition import Condition, simplify
from engine.day_number import DAY_SECONDS
from engine.query import Order, Query
from engine.window import Window
from schema.catalog import FIELD_BY_NAME, Key, Measure, Subject


class Source(StrEnum):
    """A table that sessions are counted from; each answers exactly."""

    SESSIONS = "sessions"
    HOURS = "session_hours"
    DAYS = "session_days"


GRAINS: Final = {Source.DAYS: DAY_SECONDS, Source.HOURS: 3600}
"""The seconds that one row of a table stands for; coarse ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows every step reads: of these projects, in this window, under this condition.

    Days that have changed since `source` was built are read from the sessions themselves.
    """

    source: Source
    project_ids: tuple[int, ...]
    window: Window
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Measure each group over the whole range; in their order, `limit` from `offset` are wanted.

    The limit is a page and one more, which tells whether there are more.
    A group is listed if it has rows of any subject in `present`; without keys there is one group.
    `summed` allows its totals to be added up from the series: it has the same measures, and each
    adds up, since a session lies in exactly one bucket. Users and durations never do.
    """

    measures: tuple[Measure, ...]
    present: tuple[Subject, ...]
    ratio: Ratio | None
    descending: bool
    limit: int
    offset: int
    summed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measure each group in each bucket."""

    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The two steps over the same rows, grouped by `keys`; `series` is None when left out."""

    rows: Selection
    keys: tuple[Key, ...]
    totals: Totals
    series: Series | None


def plan(query: Query, sources: Collection[Source] = (Source.SESSIONS,)) -> Plan:
    """Choose the source among those there are, the measures and the steps for a question."""
    split = query.outcomes is not None
    needed = {
        measure
        for name in query.fields
        if name not in query.valueless
        for measure in measures_of(name, by_outcome=split)
    }
    ordering = _ordering_measures(query.order)
    present = _present(query)
    shown = needed if query.totals else set[Measure]()
    presence = {PRESENCE[subject] for subject in present}
    if query.keys and not shown | ordering | presence:
        presence = {Measure.SESSIONS}
    measured = shown | ordering | presence
    return Plan(
        rows=Selection(
            source=_source(query, sources),
            project_ids=query.project_ids,
            window=query.window,
            condition=simplify(query.condition),
        ),
        keys=query.keys,
        totals=Totals(
            measures=_sorted(measured),
            present=present,
            ratio=query.order.ratio,
            descending=query.order.descending,
            limit=query.budget.groups + 1,
            offset=query.budget.offset,
            summed=query.series and measured <= needed <= ADDITIVE,
        ),
        series=Series(measures=_sorted(needed)) if query.series else None,
    )


def _source(query: Query, sources: Collection[Source]) -> Source:
    """Choose the coarsest table whose rows never lie across the edge of a bucket or the range."""
    edges = (query.window.start, query.window.step if query.series else query.window.end)
    for source, seconds in GRAINS.items():
        if source in sources and not any(edge % seconds for edge in edges):
            return source
    return Source.SESSIONS


def _ordering_measures(order: Order) -> set[Measure]:
    if order.ratio is None:
        return set()
    below = order.ratio.below
    return {order.ratio.above} if below is None else {order.ratio.above, below}


def _present(query: Query) -> tuple[Subject, ...]:
    """List the subjects a group must have rows of; none when every group with rows is listed.

    Each session is counted, so one field about sessions lists every group.
    """
    if not query.keys:
        return ()
    if query.order.present is not None:
        subjects = {query.order.present}
    else:
        subjects = {
            FIELD_BY_NAME[name].subject for name in query.fields if name not in query.valueless
        }
    return () if Subject.SESSION in subjects else tuple(sorted(subjects))


def _sorted(measures: set[Measure]) -> tuple[Measure, ...]:
    return tuple(measure for measure in Measure if measure in measures)
