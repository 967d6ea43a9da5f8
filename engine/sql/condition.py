"""Which rows a statement reads.

Owns the spelling of conditions. Every statement is bounded by its projects and its range here.
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.condition import Condition, Either, Membership
from engine.plan import Rows
from engine.sql.statement import Parameters, unnested
from schema.catalog import Key

INLINE_VALUES: Final = 20
"""Up to this many values stand one by one; longer lists are joined, which a scan can hash."""

COLUMNS: Final = {
    Key.PROJECT: "project_id",
    Key.RELEASE: "release",
    Key.ENVIRONMENT: "environment",
}
"""The column of each base key."""


def spell_rows(rows: Rows, parameters: Parameters) -> tuple[exp.Expr, ...]:
    """Spell the projects, the range, and then the caller's own condition."""
    started = exp.column("started")
    projects = Membership(key=Key.PROJECT, values=rows.project_ids)
    return (
        spell_condition(projects, parameters),
        started >= parameters.bind(rows.window.start),
        started < parameters.bind(rows.window.end),
        spell_condition(rows.condition, parameters),
    )


def spell_condition(condition: Condition, parameters: Parameters) -> exp.Expr:
    """Spell one condition; each value becomes a parameter."""
    if isinstance(condition, Membership):
        return _membership(condition, parameters)
    parts = [spell_condition(part, parameters) for part in condition.conditions]
    either = isinstance(condition, Either)
    if not parts:
        return exp.false() if either else exp.true()
    return _balanced(parts, exp.Or if either else exp.And)


def _balanced(parts: Sequence[exp.Expr], connector: type[exp.Or] | type[exp.And]) -> exp.Expr:
    """Join many conditions as a shallow tree: engines limit how deep an expression may be."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _balanced(parts[:middle], connector), _balanced(parts[middle:], connector)
    return exp.paren(connector(this=left, expression=right), copy=False)


def _membership(condition: Membership, parameters: Parameters) -> exp.Expr:
    if not condition.values:
        return exp.true() if condition.negated else exp.false()
    column = exp.column(COLUMNS[condition.key])
    within: exp.Expr
    if len(condition.values) <= INLINE_VALUES:
        within = exp.In(
            this=column, expressions=[parameters.bind(value) for value in condition.values]
        )
    else:
        listed: list[int] | list[str] = list(condition.values)  # type: ignore[assignment]  # the values of one key have one type
        within = exp.In(this=column, query=exp.Subquery(this=unnested(parameters.bind(listed))))
    return exp.Not(this=exp.paren(within, copy=False)) if condition.negated else within
