"""From a plan to its one statement.

Owns the layout. Rows are scanned once into cells; totals and series are counted from the cells.
Durations need the sessions: a plain scan for the totals and one for the series, beside the cells,
or instead of them where those would save nothing. The totals decide which groups are shown:

    WITH cells AS (sessions by keys, bucket and user),
         shown AS (cells by keys, plain totals beside them; ordered, each with its place;
                   cut to the page and one more)
    SELECT place, no bucket, keys, measures FROM shown
    UNION ALL
    SELECT place, bucket, no keys, measures FROM (cells by keys and bucket) of the shown groups

Without keys there is one group, and nothing to order or to join; sessions alone need no cells, and
their totals are added up from the rows of the series.

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
    plain_series,
    plain_totals,
    side_by_side,
)
from engine.sql.rule import DIALECT, bound
from schema.catalog import Measure

PLACE: Final = "place"


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
    counted = cells(form)
    if form.summed and counted is not None:
        return counted.select(_first_place(), copy=False)
    totals = side_by_side(counted_totals(form), plain_totals(form), key_names(form))
    series = side_by_side(counted_series(form), plain_series(form), (*key_names(form), BUCKET))
    select = _by_keys(form, totals, series) if form.keys else _alone(form, totals, series)
    if counted is None:
        return select
    select = select.with_(CELLS, as_=counted, materialized=True, copy=False)
    ctes = select.args["with_"].expressions
    ctes.insert(0, ctes.pop())
    return select


def _alone(form: Form, totals: exp.Select | None, series: exp.Select | None) -> exp.Query:
    columns = [
        _first_place(),
        _nothing(BUCKET),
        *(_column(it, form.totals) for it in all_measures(form)),
    ]
    shown = exp.select(*columns, copy=False)
    if totals is not None:
        shown = shown.from_(totals.subquery("totals", copy=False), copy=False)
    if form.series is None or series is None:
        return shown
    columns = [
        _first_place(),
        exp.column(BUCKET),
        *(_column(it, form.series) for it in all_measures(form)),
    ]
    points = exp.select(*columns, copy=False)
    points = points.from_(series.subquery("series", copy=False), copy=False)
    return exp.union(shown, points, distinct=False, copy=False)


def _by_keys(form: Form, totals: exp.Select | None, series: exp.Select | None) -> exp.Query:
    if totals is None:
        message = "groups are listed by what is measured of them"
        raise AssertionError(message)
    names, measures = key_names(form), all_measures(form)
    columns = [
        exp.column(PLACE),
        _nothing(BUCKET),
        *map(exp.column, names),
        *(_column(one, form.totals) for one in measures),
    ]
    select: exp.Query = exp.select(*columns, copy=False).from_(SHOWN, copy=False)
    if form.series is not None and series is not None:
        columns = [
            exp.column(PLACE),
            exp.column(BUCKET),
            *map(_nothing, names),
            *(_column(one, form.series, "series") for one in measures),
        ]
        points = exp.select(*columns, copy=False)
        points = points.from_(series.subquery("series", copy=False), copy=False)
        points = points.join(SHOWN, using=[exp.to_identifier(name) for name in names], copy=False)
        points = points.where(exp.column(PLACE) <= bound(LAST_SHOWN), copy=False)
        select = exp.union(select, points, distinct=False, copy=False)
    return select.with_(SHOWN, as_=_shown(form, totals), materialized=True, copy=False)


def _shown(form: Form, totals: exp.Select) -> exp.Select:
    place = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=_order(form)))
    shown = exp.select(exp.Star(), exp.alias_(place, PLACE, copy=False), copy=False)
    shown = shown.from_(totals.subquery("totals", copy=False), copy=False)
    if form.present:
        present = (exp.column(PRESENCE[subject].value) > 0 for subject in form.present)
        shown = shown.where(exp.or_(*present), copy=False)
    on_page = exp.and_(exp.column(PLACE) > bound(OFFSET), exp.column(PLACE) <= bound(LAST))
    shown.set("qualify", exp.Qualify(this=on_page))
    return shown


def _first_place() -> exp.Expr:
    return exp.alias_(exp.Literal.number(1), PLACE, copy=False)


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
