"""Which rows a statement reads.

Owns the spelling of rules. Every statement is bounded by its projects and its range here.
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.sql.form import END, EVERYTHING, START, Among, Form, Rule
from schema.catalog import Key

DIALECT: Final = "duckdb"

COLUMNS: Final = {
    Key.PROJECT: "project_id",
    Key.RELEASE: "release",
    Key.ENVIRONMENT: "environment",
}
"""The column of each base key."""


def bound(name: str) -> exp.Placeholder:
    """Spell the place of a value."""
    return exp.Placeholder(this=name)


def spell_rows(form: Form) -> tuple[exp.Expr, ...]:
    """Spell the projects, the range, and then the caller's own rule."""
    started = exp.column("started")
    within = (spell_rule(form.projects), started >= bound(START), started < bound(END))
    return within if form.rule == EVERYTHING else (*within, spell_rule(form.rule))


def spell_rule(rule: Rule) -> exp.Expr:
    """Spell one rule."""
    if isinstance(rule, Among):
        return _among(rule)
    if not rule.parts:
        return exp.false() if rule.either else exp.true()
    return _balanced([spell_rule(part) for part in rule.parts], exp.Or if rule.either else exp.And)


def _balanced(parts: Sequence[exp.Expr], connector: type[exp.Or] | type[exp.And]) -> exp.Expr:
    """Join many rules as a shallow tree: engines limit how deep an expression may be."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _balanced(parts[:middle], connector), _balanced(parts[middle:], connector)
    return exp.paren(connector(this=left, expression=right), copy=False)


def _among(rule: Among) -> exp.Expr:
    if not rule.names:
        return exp.true() if rule.negated else exp.false()
    column = exp.column(COLUMNS[rule.key])
    values = [bound(name) for name in rule.names]
    if rule.listed:
        unnested = exp.select(exp.func("UNNEST", *values, dialect=DIALECT), copy=False)
        within = exp.In(this=column, query=exp.Subquery(this=unnested))
    else:
        within = exp.In(this=column, expressions=values)
    return exp.Not(this=exp.paren(within, copy=False)) if rule.negated else within
