"""How each measure is spelled as an aggregate.

Owns the spellings over sessions, and over cells (sessions already counted by bucket, and by user
where users are asked for). Cells make several kinds of distinct users cost about as much as one,
and let one scan answer for the totals and the series; durations have no cells.
Does not know rows or keys.
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.sql.rule import DIALECT
from schema.catalog import Measure
from schema.session import Mechanism, Outcome

PERSON: Final = "person"

_UNHEALTHY: Final = exp.column("outcome") > int(Outcome.HEALTHY)
_CRASHED: Final = exp.column("outcome").eq(int(Outcome.CRASHED))
_ABNORMAL: Final = exp.column("outcome").eq(int(Outcome.ABNORMAL))
_UNHANDLED: Final = exp.column("outcome").eq(int(Outcome.UNHANDLED))

SESSIONS: Final = {
    Measure.SESSIONS: None,
    Measure.SESSIONS_UNHEALTHY: _UNHEALTHY,
    Measure.SESSIONS_CRASHED: _CRASHED,
    Measure.SESSIONS_ABNORMAL: _ABNORMAL,
    Measure.SESSIONS_UNHANDLED: _UNHANDLED,
}
"""Which rows a sum of sessions takes; None takes all."""

USERS: Final = {
    Measure.USERS: None,
    Measure.USERS_UNHEALTHY: _UNHEALTHY,
    Measure.USERS_CRASHED: _CRASHED,
    Measure.USERS_ABNORMAL: _ABNORMAL,
    Measure.USERS_UNHANDLED: _UNHANDLED,
    Measure.USERS_ANR: exp.column("abnormal_mechanism").isin(
        Mechanism.ANR_FOREGROUND.value, Mechanism.ANR_BACKGROUND.value
    ),
    Measure.USERS_FOREGROUND_ANR: exp.column("abnormal_mechanism").eq(
        Mechanism.ANR_FOREGROUND.value
    ),
}
"""Which rows make a user count; None counts every user."""

PERCENTILES: Final = {
    Measure.DURATION_P50: 0.5,
    Measure.DURATION_P75: 0.75,
    Measure.DURATION_P90: 0.9,
    Measure.DURATION_P95: 0.95,
    Measure.DURATION_P99: 0.99,
}

_DURATIONS: Final = {
    Measure.DURATION_COUNT: exp.Count(this=exp.column("duration")),
    Measure.DURATION_AVG: exp.Anonymous(
        this="FAVG",
        expressions=[
            exp.Order(
                this=exp.column("duration"),
                expressions=[exp.Ordered(this=exp.column("duration"), desc=False)],
            )
        ],
    ),
    Measure.DURATION_MAX: exp.Max(this=exp.column("duration")),
}
"""FAVG compensates the rounding of long sums, and in one order it always comes to the same."""


def is_counted(measure: Measure) -> bool:
    """Tell whether cells can answer it."""
    return measure in SESSIONS or measure in USERS


def spell_cell(measure: Measure) -> exp.Expr | None:
    """Spell what a cell keeps of a counted measure; None if the cell's user alone tells."""
    rule = SESSIONS[measure] if measure in SESSIONS else USERS[measure]
    if measure in USERS:
        return None if rule is None else exp.LogicalOr(this=rule.copy())
    return exp.cast(_filtered(exp.Sum(this=exp.column("quantity")), rule), "BIGINT")


def spell_merged(measure: Measure) -> exp.Expr | None:
    """Spell what several cells of one user keep of a counted measure."""
    if measure in SESSIONS:
        return exp.Sum(this=exp.column(measure.value))
    return None if USERS[measure] is None else exp.LogicalOr(this=exp.column(measure.value))


def spell_counted(measure: Measure) -> exp.Expr:
    """Spell a counted measure over cells of one user each; a cell of no user counts none."""
    if measure in SESSIONS:
        return _whole(exp.Sum(this=exp.column(measure.value)))
    users = exp.Count(this=exp.column(PERSON))
    return users if USERS[measure] is None else _filtered(users, exp.column(measure.value))


def spell_plain(measure: Measure, wanted: Sequence[Measure]) -> exp.Expr:
    """Spell a measure over sessions; all `wanted` percentiles come from one sorting."""
    if measure in SESSIONS:
        total = exp.Sum(this=exp.column("quantity"))
        return _whole(_filtered(total, SESSIONS[measure]))
    if measure in USERS:
        users = exp.Count(this=exp.Distinct(expressions=[exp.column(PERSON)]))
        return _filtered(users, USERS[measure])
    if measure in _DURATIONS:
        return _DURATIONS[measure].copy()
    together = [other for other in PERCENTILES if other in wanted]
    fractions = exp.array(*(exp.Literal.number(PERCENTILES[other]) for other in together))
    quantiles = exp.func("QUANTILE_CONT", exp.column("duration"), fractions, dialect=DIALECT)
    return exp.func("LIST_EXTRACT", quantiles, exp.Literal.number(together.index(measure) + 1))


def _whole(aggregate: exp.Expr) -> exp.Expr:
    return exp.cast(exp.func("COALESCE", aggregate, exp.Literal.number(0)), "BIGINT")


def _filtered(aggregate: exp.Expr, rule: exp.Expr | None) -> exp.Expr:
    if rule is None:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=rule.copy()))
