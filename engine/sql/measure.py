"""How each measure is spelled as an aggregate.

Owns two spellings: over sessions directly, and over people (one row a group and user), which
counts several kinds of distinct users at the price of one. Does not know rows or keys.
"""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.sql.statement import DIALECT
from schema.catalog import Measure
from schema.session import Mechanism, Outcome

PERSON: Final = "distinct_id"

OUTCOMES: Final = {
    Measure.SESSIONS: None,
    Measure.SESSIONS_UNHEALTHY: exp.column("outcome") > int(Outcome.HEALTHY),
    Measure.SESSIONS_CRASHED: exp.column("outcome").eq(int(Outcome.CRASHED)),
    Measure.SESSIONS_ABNORMAL: exp.column("outcome").eq(int(Outcome.ABNORMAL)),
    Measure.SESSIONS_UNHANDLED: exp.column("outcome").eq(int(Outcome.UNHANDLED)),
}
"""Which rows a sum of sessions takes; None takes all."""

PEOPLE: Final = {
    Measure.USERS: None,
    Measure.USERS_UNHEALTHY: OUTCOMES[Measure.SESSIONS_UNHEALTHY],
    Measure.USERS_CRASHED: OUTCOMES[Measure.SESSIONS_CRASHED],
    Measure.USERS_ABNORMAL: OUTCOMES[Measure.SESSIONS_ABNORMAL],
    Measure.USERS_UNHANDLED: OUTCOMES[Measure.SESSIONS_UNHANDLED],
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
    Measure.DURATION_AVG: exp.Anonymous(this="FAVG", expressions=[exp.column("duration")]),
    Measure.DURATION_MAX: exp.Max(this=exp.column("duration")),
}
"""FAVG compensates the rounding of long sums."""


def spell(measure: Measure, wanted: Sequence[Measure]) -> exp.Expr:
    """Spell a measure over sessions, as one of the `wanted`."""
    if measure in OUTCOMES:
        return _total(_filtered(exp.Sum(this=exp.column("quantity")), OUTCOMES[measure]))
    if measure in PEOPLE:
        distinct = exp.Count(this=exp.Distinct(expressions=[exp.column(PERSON)]))
        return _filtered(distinct, PEOPLE[measure])
    if measure in PERCENTILES:
        return _percentile(measure, wanted)
    return _DURATIONS[measure].copy()


def spell_for_person(measure: Measure) -> exp.Expr | None:
    """Spell what one row a group and user keeps of a measure; None if the user alone tells."""
    if measure in OUTCOMES:
        return spell(measure, ())
    rule = PEOPLE[measure]
    return None if rule is None else exp.LogicalOr(this=rule.copy())


def spell_over_people(measure: Measure) -> exp.Expr:
    """Spell a measure over such rows; those of no user count no user."""
    if measure in OUTCOMES:
        return _total(exp.Sum(this=exp.column(measure.value)))
    users = exp.Count(this=exp.column(PERSON))
    return users if PEOPLE[measure] is None else _filtered(users, exp.column(measure.value))


def _total(aggregate: exp.Expr) -> exp.Expr:
    return exp.cast(exp.func("COALESCE", aggregate, exp.Literal.number(0)), "BIGINT")


def _filtered(aggregate: exp.Expr, rule: exp.Expr | None) -> exp.Expr:
    if rule is None:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=rule.copy()))


def _percentile(measure: Measure, wanted: Sequence[Measure]) -> exp.Expr:
    """Take one item of a list of percentiles: all wanted ones come from one sorting."""
    together = [other for other in PERCENTILES if other in wanted]
    fractions = exp.array(*(exp.Literal.number(PERCENTILES[other]) for other in together))
    quantiles = exp.func("QUANTILE_CONT", exp.column("duration"), fractions, dialect=DIALECT)
    return exp.func("LIST_EXTRACT", quantiles, exp.Literal.number(together.index(measure) + 1))
