"""From a plan to its statement.

Owns the layout. Rows are scanned once into cells; totals and series are counted from the cells.
Durations need the sessions: a plain scan for the totals and one for the series, beside the cells,
or instead of them where those would save nothing.

    WITH cells AS (sessions by keys, bucket and user)
    SELECT no bucket, keys, measures FROM (cells by keys, plain totals beside them)
    UNION ALL
    SELECT bucket, keys, measures FROM (cells by keys and bucket, plain series beside them)

Where everything adds up, the cells alone are the statement. Ordering and cutting to a page is left
to the reader of the rows, unless they are too many: `engine.sql.page` spells that.

Does not know connections.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from engine.plan import Plan
from engine.sql.form import MOST_ROWS, Form, Parameter, lift
from engine.sql.page import paged
from engine.sql.parts import (
    BUCKET,
    CELLS,
    all_measures,
    cells,
    column_or_nothing,
    counted_series,
    counted_totals,
    key_names,
    nothing,
    plain_series,
    plain_totals,
    side_by_side,
)
from engine.sql.rule import DIALECT, bound
from schema.catalog import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL text and its named parameters.

    The rows: the columns of the keys; `bucket`, null in the totals; one column a measure. A paged
    one has the `place` of the group besides, from 1 in answer order, and no keys in its series.
    """

    text: str
    parameters: dict[str, Parameter]


def lower(plan: Plan, *, most_rows: int) -> Statement:
    """Spell a plan for all its groups, in no order, and for `most_rows` rows of them at most."""
    form, parameters = lift(plan)
    limit: dict[str, Parameter] = {MOST_ROWS: most_rows} if form.keys else {}
    return Statement(text=_text(form), parameters=parameters | limit)


def lower_page(plan: Plan) -> Statement:
    """Spell a plan for the groups of its page and one more, each with its place."""
    form, parameters = lift(plan, paged=True)
    return Statement(text=_text(form), parameters=parameters)


@lru_cache(maxsize=512)
def _text(form: Form) -> str:
    return spell(form).sql(DIALECT)


def spell(form: Form) -> exp.Query:
    """Build the tree of a form's statement."""
    counted = cells(form)
    if form.summed and counted is not None:
        return _limited(form, counted)
    totals = side_by_side(counted_totals(form), plain_totals(form), key_names(form))
    series = side_by_side(counted_series(form), plain_series(form), (*key_names(form), BUCKET))
    if form.paged:
        select = paged(form, totals, series)
    else:
        select = _limited(form, _everything(form, totals, series))
    if counted is None:
        return select
    select = select.with_(CELLS, as_=counted, materialized=True, copy=False)
    ctes = select.args["with_"].expressions
    ctes.insert(0, ctes.pop())
    return select


def _everything(form: Form, totals: exp.Select | None, series: exp.Select | None) -> exp.Query:
    names = tuple(map(exp.column, key_names(form)))
    columns = (*names, nothing(BUCKET), *_measures(form, form.totals))
    select = exp.select(*columns, copy=False)
    if totals is not None:
        select = select.from_(totals.subquery("totals", copy=False), copy=False)
    if form.series is None or series is None:
        return select
    columns = (*(name.copy() for name in names), exp.column(BUCKET), *_measures(form, form.series))
    points = exp.select(*columns, copy=False)
    points = points.from_(series.subquery("series", copy=False), copy=False)
    return exp.union(select, points, distinct=False, copy=False)


def _measures(form: Form, there: Sequence[Measure]) -> list[exp.Expr]:
    return [column_or_nothing(one, there) for one in all_measures(form)]


def _limited(form: Form, select: exp.Query) -> exp.Query:
    """Stop a statement about groups once its rows are too many to be read whole."""
    return select.limit(bound(MOST_ROWS), copy=False) if form.keys else select
