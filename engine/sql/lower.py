"""From a plan to its one statement.

Owns the layout. Rows are scanned once into cells; totals and series are counted from the cells;
durations are measured from the sessions beside them. The totals decide which groups are shown:

    WITH cells  AS (sessions by keys, bucket and user),
         totals AS (cells by keys, durations beside them),
         shown  AS (totals, ordered, cut to the page and one more, each with its place)
    SELECT place, no bucket, keys, measures FROM shown
    UNION ALL
    SELECT place, bucket, no keys, measures FROM (cells by keys and bucket) of the shown groups

Does not know connections.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlglot import exp

from engine.aggregates import PRESENCE, Ratio
from engine.plan import Plan
from engine.sql.form import LAST, LAST_SHOWN, OFFSET, Form, Parameter, lift
from engine.sql.parts import (
    BUCKET,
    CELLS,
    SHOWN,
    all_measures,
    cells,
    counted_series,
    counted_totals,
    key_names,
    side_by_side,
    timed_series,
    timed_totals,
)
from engine.sql.rule import DIALECT, bound
from schema.catalog import Measure

PLACE: Final = "place"
TOTALS: Final = "totals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL text and its named parameters.

    The rows: `place` of the group, from 1, in answer order; `bucket`, null in the totals; the
    columns of the keys, null in the series; and one column a measure.
    """

    text: str
    parameters: dict[str, Parameter]


def lower(plan: Plan) -> Statement:
    """Spell a plan."""
    form, parameters = lift(plan)
    return Statement(text=_text(form), parameters=parameters)


@lru_cache(maxsize=512)
def _text(form: Form) -> str:
    return spell(form).sql(DIALECT)


def spell(form: Form) -> exp.Query:
    """Build the tree of a form's statement."""
    select = _answer(form)
    counted = cells(form)
    if counted is not None:
        select = select.with_(CELLS, as_=counted, materialized=True, copy=False)
    totals = side_by_side(counted_totals(form), timed_totals(form), key_names(form))
    select = select.with_(TOTALS, as_=totals or _unmeasured(form), copy=False)
    return select.with_(SHOWN, as_=_shown(form), materialized=True, copy=False)


def _unmeasured(form: Form) -> exp.Select:
    """List the one group there is when nothing of it is asked for."""
    if form.keys:
        message = "groups are listed by what is measured of them"
        raise AssertionError(message)
    return exp.select(exp.alias_(exp.Literal.number(1), "one"), copy=False)


def _shown(form: Form) -> exp.Select:
    totals = exp.select(exp.Star(), copy=False).from_(TOTALS, copy=False)
    if not form.keys:
        place = exp.alias_(exp.cast(exp.Literal.number(1), "BIGINT"), PLACE)
        return totals.select(place, copy=False)
    order = exp.Order(expressions=_order(form))
    place = exp.Window(this=exp.RowNumber(), order=order)
    totals = totals.select(exp.alias_(place, PLACE, copy=False), copy=False)
    if form.present:
        present = (exp.column(PRESENCE[subject].value) > 0 for subject in form.present)
        totals = totals.where(exp.or_(*present), copy=False)
    page = exp.select(exp.Star(), copy=False).from_(totals.subquery("ordered", copy=False))
    return page.where(
        exp.column(PLACE) > bound(OFFSET), exp.column(PLACE) <= bound(LAST), copy=False
    )


def _answer(form: Form) -> exp.Query:
    names, measures = key_names(form), all_measures(form)
    columns = [
        exp.column(PLACE),
        _nothing(BUCKET),
        *map(exp.column, names),
        *(_column(one, form.totals) for one in measures),
    ]
    shown = exp.select(*columns, copy=False).from_(SHOWN, copy=False)
    if form.series is None:
        return shown
    series = side_by_side(counted_series(form), timed_series(form), (*names, BUCKET))
    if series is None:
        message = "a series measures something"
        raise AssertionError(message)
    columns = [
        exp.column(PLACE),
        exp.column(BUCKET),
        *map(_nothing, names),
        *(_column(one, form.series, "series") for one in measures),
    ]
    points = exp.select(*columns, copy=False)
    points = points.from_(series.subquery("series", copy=False), copy=False)
    if not names:
        points = points.join(SHOWN, join_type="cross", copy=False)
        return exp.union(shown, points, distinct=False, copy=False)
    points = points.join(SHOWN, using=[exp.to_identifier(name) for name in names], copy=False)
    points = points.where(exp.column(PLACE) <= bound(LAST_SHOWN), copy=False)
    return exp.union(shown, points, distinct=False, copy=False)


def _nothing(name: str) -> exp.Expr:
    return exp.alias_(exp.null(), name, copy=False)


def _column(measure: Measure, there: Sequence[Measure], table: str | None = None) -> exp.Expr:
    if measure not in there:
        return _nothing(measure.value)
    return exp.column(measure.value, table=table)


def _order(form: Form) -> list[exp.Expr]:
    ties: list[exp.Expr] = [
        exp.Ordered(this=exp.column(name), desc=False) for name in key_names(form)
    ]
    if form.ratio is None:
        return ties
    value = _ratio(form.ratio)
    return [exp.Ordered(this=value, desc=form.descending, nulls_first=False), *ties]


def _ratio(ratio: Ratio) -> exp.Expr:
    above = exp.column(ratio.above.value)
    if ratio.below is None:
        return above
    below = exp.func("NULLIF", exp.column(ratio.below.value), exp.Literal.number(0))
    share = exp.Div(this=exp.cast(above, "DOUBLE"), expression=below)
    return exp.Literal.number(1) - share if ratio.free else share
