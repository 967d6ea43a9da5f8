"""What a statement reads its rows from: the sessions, or a table built from them.

Owns how days that have changed since then are replaced by the sessions themselves:

    rows of the built table, of days without a note
    UNION ALL
    sessions of days with a note

Does not know which rows of them are wanted.
"""

from typing import Final

from sqlglot import exp

from engine.day_number import DAY_SECONDS
from engine.plan import Source
from engine.sql.form import STALE_END, STALE_START, Form
from engine.sql.rule import DIALECT, bound

ALIAS: Final = "source"
_COLUMNS: Final = ("project_id", "release", "environment", "started", "outcome", "quantity")


def spell_source(form: Form) -> exp.Expr:
    """Spell the table of a form."""
    if not form.stale:
        return exp.alias_(exp.to_table(form.source.value), ALIAS, table=True)
    built = _noted(form.source.value, "anti")
    changed = _noted(Source.SESSIONS.value, "semi")
    started = exp.column("started")
    changed = changed.where(started >= bound(STALE_START), started < bound(STALE_END), copy=False)
    return exp.union(built, changed, distinct=False, copy=False).subquery(ALIAS, copy=False)


def _noted(table: str, join: str) -> exp.Select:
    """Spell the rows of a table whose day has a note (`semi`), or has none (`anti`)."""
    select = exp.select(*(exp.column(name, table=table) for name in _COLUMNS), copy=False)
    started = exp.column("started", table=table)
    day = exp.func(
        "FLOOR", exp.Div(this=started, expression=exp.Literal.number(DAY_SECONDS)), dialect=DIALECT
    )
    same = exp.and_(
        exp.column("project_id", table=table).eq(exp.column("project_id", table="stale_days")),
        exp.cast(day, "INTEGER").eq(exp.column("day", table="stale_days")),
    )
    return select.from_(table, copy=False).join("stale_days", on=same, join_type=join, copy=False)
