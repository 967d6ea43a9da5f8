"""The parts of a statement that measure groups: cells, and totals and series from them or beside.

Owns one SELECT each. A part of nothing is None. Does not know how the parts are put together.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import exp

from engine.plan import Source
from engine.sql.form import START, STEP, Form
from engine.sql.measure import (
    PERSON,
    USERS,
    is_counted,
    spell_cell,
    spell_counted,
    spell_merged,
    spell_plain,
)
from engine.sql.rule import COLUMNS, bound, spell_rows
from schema.catalog import Measure

BUCKET: Final = "bucket"
CELLS: Final = "cells"
SHOWN: Final = "shown"
SOURCE: Final = "source"


def key_names(form: Form) -> tuple[str, ...]:
    """List the columns of the keys."""
    return tuple(COLUMNS[key] for key in form.keys)


def all_measures(form: Form) -> tuple[Measure, ...]:
    """List the measures of totals and series together."""
    wanted = {*form.totals, *(form.series or ())}
    return tuple(measure for measure in Measure if measure in wanted)


def cells(form: Form) -> exp.Select | None:
    """Count sessions by keys, by bucket if there is a series, by user if users are asked for."""
    counted = [one for one in all_measures(form) if _in_cells(form, one)]
    if not counted:
        return None
    grouping: dict[str, exp.Expr] = {name: exp.column(name) for name in key_names(form)}
    if form.series is not None:
        grouping[BUCKET] = _bucket()
    if _by_person(counted):
        grouping[PERSON] = exp.column(PERSON)
    kept = {one.value: spell_cell(one) for one in counted}
    return _from_sessions(form, grouping, kept, shown_only=False)


def counted_totals(form: Form) -> exp.Select | None:
    """Count the totals of each group from cells."""
    measures = [one for one in form.totals if _in_cells(form, one)]
    if not measures:
        return None
    names = key_names(form)
    select = _grouped(names, {one.value: spell_counted(one) for one in measures})
    if form.series is None or not _by_person(measures):
        return select.from_(CELLS, copy=False)
    kept = {one.value: spell_merged(one) for one in measures}
    people = _grouped((*names, PERSON), kept).from_(CELLS, copy=False)
    return select.from_(people.subquery("people", copy=False), copy=False)


def counted_series(form: Form) -> exp.Select | None:
    """Count each group and bucket from cells; without users a cell is that already."""
    measures = [one for one in form.series or () if _in_cells(form, one)]
    if not measures:
        return None
    names = (*key_names(form), BUCKET)
    if not _by_person(all_measures(form)):
        plain = map(exp.column, (*names, *(one.value for one in measures)))
        return exp.select(*plain, copy=False).from_(CELLS, copy=False)
    columns = {one.value: spell_counted(one) for one in measures}
    return _grouped(names, columns).from_(CELLS, copy=False)


def plain_totals(form: Form) -> exp.Select | None:
    """Measure over sessions what cells cannot answer of each group."""
    grouping = {name: exp.column(name) for name in key_names(form)}
    return _plain(form, grouping, form.totals, shown_only=False)


def plain_series(form: Form) -> exp.Select | None:
    """Measure over sessions what cells cannot answer of each group (on the page) and bucket."""
    keys = {name: exp.column(name) for name in key_names(form)}
    grouping = {**keys, BUCKET: _bucket()}
    return _plain(form, grouping, form.series or (), shown_only=form.paged)


def side_by_side(
    counted: exp.Select | None, plain: exp.Select | None, names: Sequence[str]
) -> exp.Select | None:
    """Join two measurements of the same groups; both list every group that has rows."""
    if counted is None or plain is None:
        return counted or plain
    select = exp.select(exp.Star(), copy=False)
    select = select.from_(counted.subquery("counted", copy=False), copy=False)
    beside = plain.subquery("plain", copy=False)
    if not names:
        return select.join(beside, join_type="cross", copy=False)
    return select.join(beside, using=[exp.to_identifier(name) for name in names], copy=False)


def nothing(name: str) -> exp.Expr:
    """Spell a column that this part of the answer does not have."""
    return exp.alias_(exp.null(), name, copy=False)


def column_or_nothing(
    measure: Measure, there: Sequence[Measure], table: str | None = None
) -> exp.Expr:
    """Spell a measure's column if it is `there`."""
    return exp.column(measure.value, table=table) if measure in there else nothing(measure.value)


def _in_cells(form: Form, measure: Measure) -> bool:
    """Tell whether cells answer it: never where a plain scan is needed anyhow and does as well."""
    wanted = all_measures(form)
    if all(map(is_counted, wanted)) or sum(one in USERS for one in wanted) > 1:
        return is_counted(measure)
    return False


def _by_person(measures: Sequence[Measure]) -> bool:
    return any(measure in USERS for measure in measures)


def _bucket() -> exp.Expr:
    elapsed = exp.paren(exp.column("started") - bound(START), copy=False)
    return exp.IntDiv(this=elapsed, expression=bound(STEP))


def _plain(
    form: Form, grouping: Mapping[str, exp.Expr], measures: Sequence[Measure], *, shown_only: bool
) -> exp.Select | None:
    wanted = [one for one in measures if not _in_cells(form, one)]
    if not wanted:
        return None
    columns = {one.value: spell_plain(one, wanted) for one in wanted}
    return _from_sessions(form, grouping, columns, shown_only=shown_only)


def _from_sessions(
    form: Form,
    grouping: Mapping[str, exp.Expr],
    columns: Mapping[str, exp.Expr | None],
    *,
    shown_only: bool,
) -> exp.Select:
    kept = {name: spelling for name, spelling in columns.items() if spelling is not None}
    named = [
        exp.alias_(spelling, name, copy=False) for name, spelling in {**grouping, **kept}.items()
    ]
    source = exp.alias_(exp.to_table(Source.SESSIONS.value), SOURCE, table=True, copy=False)
    select = exp.select(*named, copy=False).from_(source, copy=False)
    select = select.where(*spell_rows(form), copy=False)
    if shown_only:
        select = select.where(_among_shown(key_names(form)), copy=False)
    places = [exp.Literal.number(place) for place in range(1, len(grouping) + 1)]
    return select.group_by(*places, copy=False) if places else select


def _among_shown(names: Sequence[str]) -> exp.Expr:
    columns = [exp.column(name, table=SOURCE) for name in names]
    left = columns[0] if len(columns) == 1 else exp.Tuple(expressions=columns)
    listed = exp.select(*(exp.column(name) for name in names), copy=False)
    return exp.In(this=left, query=exp.Subquery(this=listed.from_(SHOWN, copy=False)))


def _grouped(names: Sequence[str], columns: Mapping[str, exp.Expr | None]) -> exp.Select:
    kept = {name: spelling for name, spelling in columns.items() if spelling is not None}
    named = [exp.alias_(spelling, name, copy=False) for name, spelling in kept.items()]
    select = exp.select(*(exp.column(name) for name in names), *named, copy=False)
    return select.group_by(*map(exp.column, names), copy=False) if names else select
