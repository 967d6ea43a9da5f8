"""The statement of a page, for questions about more groups than can be read whole.

Owns ordering and cutting in SQL. The totals decide which groups are shown:

    WITH shown AS (totals, ordered, each with its place; cut to the page and one more)
    SELECT place, no bucket, keys, measures FROM shown
    UNION ALL
    SELECT place, bucket, no keys, measures FROM series of the shown groups

Does not know how totals and series are measured.
"""

from typing import Final

from sqlglot import exp

from engine.aggregates import PRESENCE, Ratio
from engine.sql.form import LAST, LAST_SHOWN, OFFSET, Form
from engine.sql.parts import (
    BUCKET,
    SHOWN,
    all_measures,
    column_or_nothing,
    key_names,
    nothing,
)
from engine.sql.rule import bound

PLACE: Final = "place"


def paged(form: Form, totals: exp.Select | None, series: exp.Select | None) -> exp.Query:
    """Put totals and series together for one page of groups."""
    if totals is None:
        message = "groups are listed by what is measured of them"
        raise AssertionError(message)
    names, measures = key_names(form), all_measures(form)
    columns = [
        exp.column(PLACE),
        nothing(BUCKET),
        *map(exp.column, names),
        *(column_or_nothing(one, form.totals) for one in measures),
    ]
    select: exp.Query = exp.select(*columns, copy=False).from_(SHOWN, copy=False)
    if form.series is not None and series is not None:
        columns = [
            exp.column(PLACE),
            exp.column(BUCKET),
            *map(nothing, names),
            *(column_or_nothing(one, form.series, "series") for one in measures),
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
