"""From a plan's two steps to their statements.

Owns the layout of a statement: rows, grouped; groups, ordered and cut. Does not know connections.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from sqlglot import exp

from engine.aggregates import PRESENCE, Ratio
from engine.plan import Plan, Totals
from engine.sql.condition import COLUMNS, spell_rows
from engine.sql.measure import (
    OUTCOMES,
    PEOPLE,
    PERSON,
    spell,
    spell_for_person,
    spell_over_people,
)
from engine.sql.statement import Parameters, Statement, unnested
from schema.catalog import Measure, Subject

BUCKET: Final = "bucket"

GroupKey: TypeAlias = tuple[int | str, ...]
Named: TypeAlias = tuple[str, exp.Expr]
"""A grouping column: its name in the answer and what it is made of."""


def lower_totals(plan: Plan) -> Statement:
    """Spell the first step: one row a group, ordered, cut to the page and one more."""
    parameters = Parameters()
    keys = _keys(plan)
    select = _grouped(plan, keys, plan.totals.measures, parameters)
    if not keys:
        return parameters.statement(select)
    totals = plan.totals
    outer = exp.select(exp.Star(), copy=False).from_(
        select.subquery("measured", copy=False), copy=False
    )
    if totals.present:
        outer = outer.where(
            exp.or_(*(_is_present(subject) for subject in totals.present)), copy=False
        )
    outer = outer.order_by(*_order(totals, keys), copy=False)
    outer = outer.limit(parameters.bind(totals.limit), copy=False)
    if totals.offset:
        outer = outer.offset(parameters.bind(totals.offset), copy=False)
    return parameters.statement(outer)


def lower_series(plan: Plan, shown: Sequence[GroupKey] | None) -> Statement:
    """Spell the second step: a row a group and bucket; only `shown` groups unless that is None."""
    if plan.series is None:
        message = "the plan has no series"
        raise AssertionError(message)
    parameters = Parameters()
    keys = _keys(plan)
    window = plan.rows.window
    elapsed = exp.paren(exp.column("started") - parameters.bind(window.start), copy=False)
    bucket = exp.IntDiv(this=elapsed, expression=parameters.bind(window.step))
    among = None if shown is None or not keys else _among(shown, keys, parameters)
    grouping = [*keys, (BUCKET, bucket)]
    return parameters.statement(
        _grouped(plan, grouping, plan.series.measures, parameters, among=among)
    )


def _keys(plan: Plan) -> list[Named]:
    return [(COLUMNS[key], exp.column(COLUMNS[key])) for key in plan.keys]


def _grouped(
    plan: Plan,
    grouping: Sequence[Named],
    measures: Sequence[Measure],
    parameters: Parameters,
    *,
    among: exp.Expr | None = None,
) -> exp.Select:
    """Measure each group, over people where that is cheaper than over sessions."""
    people = [measure for measure in measures if measure in PEOPLE]
    if len(people) > 1:
        durations = [one for one in measures if one not in PEOPLE and one not in OUTCOMES]
        counts = [one for one in measures if one in PEOPLE or one in OUTCOMES]
        counted = _over_people(plan, grouping, counts, parameters, among=among)
        if not durations:
            return counted
        timed = _over_sessions(plan, grouping, durations, parameters, among=among)
        return _side_by_side(counted, timed, [name for name, _ in grouping], durations)
    return _over_sessions(plan, grouping, measures, parameters, among=among)


def _over_sessions(
    plan: Plan,
    grouping: Sequence[Named],
    measures: Sequence[Measure],
    parameters: Parameters,
    *,
    among: exp.Expr | None,
) -> exp.Select:
    columns = [(measure.value, spell(measure, measures)) for measure in measures]
    if not grouping and not columns:
        columns = [("matched", exp.Count(this=exp.Star()))]
    return _select(plan, grouping, columns, parameters, among=among)


def _over_people(
    plan: Plan,
    grouping: Sequence[Named],
    measures: Sequence[Measure],
    parameters: Parameters,
    *,
    among: exp.Expr | None,
) -> exp.Select:
    kept = ((measure.value, spell_for_person(measure)) for measure in measures)
    columns = [(name, spelling) for name, spelling in kept if spelling is not None]
    person = (PERSON, exp.column(PERSON))
    rows = _select(plan, [*grouping, person], columns, parameters, among=among)
    names = [name for name, _ in grouping]
    counts = [
        exp.alias_(spell_over_people(measure), measure.value, copy=False) for measure in measures
    ]
    select = exp.select(*(exp.column(name) for name in names), *counts, copy=False)
    select = select.from_(rows.subquery("people", copy=False), copy=False)
    return select.group_by(*map(exp.column, names), copy=False) if names else select


def _select(
    plan: Plan,
    grouping: Sequence[Named],
    columns: Sequence[Named],
    parameters: Parameters,
    *,
    among: exp.Expr | None,
) -> exp.Select:
    named = [
        exp.alias_(spelling.copy(), name, copy=False) for name, spelling in [*grouping, *columns]
    ]
    table = exp.alias_(exp.to_table(plan.rows.source.value), "source", table=True)
    select = exp.select(*named, copy=False).from_(table, copy=False)
    select = select.where(*spell_rows(plan.rows, parameters), copy=False)
    if among is not None:
        select = select.where(among.copy(), copy=False)
    if not grouping:
        return select
    return select.group_by(*(spelling.copy() for _, spelling in grouping), copy=False)


def _side_by_side(
    counted: exp.Select, timed: exp.Select, names: Sequence[str], durations: Sequence[Measure]
) -> exp.Select:
    """Join two measurements of the same groups; both list every group that has rows."""
    extra = (exp.column(measure.value, table="timed") for measure in durations)
    everything = exp.Column(this=exp.Star(), table=exp.to_identifier("counted"))
    select = exp.select(everything, *extra, copy=False)
    select = select.from_(counted.subquery("counted", copy=False), copy=False)
    beside = timed.subquery("timed", copy=False)
    if not names:
        return select.join(beside, join_type="cross", copy=False)
    return select.join(beside, using=[exp.to_identifier(name) for name in names], copy=False)


def _among(shown: Sequence[GroupKey], keys: Sequence[Named], parameters: Parameters) -> exp.Expr:
    """Keep the rows of the shown groups, given as one list a key."""
    lists = [
        parameters.bind([group[index] for group in shown])  # type: ignore[arg-type]  # the values of one key have one type
        for index in range(len(keys))
    ]
    columns = [column.copy() for _, column in keys]
    left = columns[0] if len(columns) == 1 else exp.Tuple(expressions=columns)
    return exp.In(this=left, query=exp.Subquery(this=unnested(*lists)))


def _is_present(subject: Subject) -> exp.Expr:
    return exp.column(PRESENCE[subject].value) > 0


def _order(totals: Totals, keys: Sequence[Named]) -> list[exp.Expr]:
    ties: list[exp.Expr] = [exp.Ordered(this=exp.column(name), desc=False) for name, _ in keys]
    if totals.ratio is None:
        return ties
    value = _ratio(totals.ratio)
    return [exp.Ordered(this=value, desc=totals.descending, nulls_first=False), *ties]


def _ratio(ratio: Ratio) -> exp.Expr:
    above = exp.column(ratio.above.value)
    if ratio.below is None:
        return above
    below = exp.func("NULLIF", exp.column(ratio.below.value), exp.Literal.number(0))
    share = exp.Div(this=exp.cast(above, "DOUBLE"), expression=below)
    return exp.Literal.number(1) - share if ratio.free else share
