"""The form of a plan: what is left once every value has been lifted out of it.

Owns the split of a plan into a form, which decides the text of a statement, and the values, which
are bound to it. Text is spelled from forms alone, so nothing a caller sends can be in it; and two
questions of one form share one text. Does not know SQL.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias, Union

from engine.aggregates import Ratio
from engine.condition import Condition, Either, Membership
from engine.plan import Plan
from schema.catalog import Key, Measure, Subject

Parameter: TypeAlias = int | str | list[int] | list[str]

INLINE_VALUES: Final = 20
"""Up to this many values stand one by one; longer lists are joined, which a scan can hash."""

START: Final = "range_start"
END: Final = "range_end"
STEP: Final = "step"
MOST_ROWS: Final = "most_rows"
OFFSET: Final = "page_offset"
LAST: Final = "page_last"
LAST_SHOWN: Final = "page_last_shown"
"""Places of groups, from 1: the page lies behind OFFSET; LAST is one more than is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """`key` is one of the values bound to `names`, or of the one list bound to it if `listed`."""

    key: Key
    names: tuple[str, ...]
    listed: bool
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """All of the parts hold, or at least one if `either`."""

    parts: tuple["Rule", ...]
    either: bool


Rule: TypeAlias = Union[Among, Joined]  # noqa: UP007  (a forward reference inside a union needs the typing form)


EVERYTHING: Final = Joined(parts=(), either=False)
"""The rule that every row keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A plan without values; `series` is None when it is left out."""

    projects: Rule
    rule: Rule
    keys: tuple[Key, ...]
    totals: tuple[Measure, ...]
    series: tuple[Measure, ...] | None
    present: tuple[Subject, ...]
    ratio: Ratio | None
    descending: bool
    summed: bool
    paged: bool


@dataclass(slots=True)
class _Lifted:
    """The values so far, by the names that stand for them."""

    values: dict[str, Parameter] = field(default_factory=dict)

    def lift(self, condition: Condition) -> Rule:
        if isinstance(condition, Membership):
            return self._among(condition)
        parts = tuple(self.lift(part) for part in condition.conditions)
        return Joined(parts=parts, either=isinstance(condition, Either))

    def _among(self, membership: Membership) -> Among:
        listed = len(membership.values) > INLINE_VALUES
        values: list[int] | list[str] = list(membership.values)  # type: ignore[assignment]  # the values of one key have one type
        names = tuple(self._keep(value) for value in ([values] if listed else values))
        return Among(key=membership.key, names=names, listed=listed, negated=membership.negated)

    def _keep(self, value: Parameter) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return name


def lift(plan: Plan, *, paged: bool = False) -> tuple[Form, dict[str, Parameter]]:
    """Split a plan into its form and the values bound by name; `paged` cuts it in SQL."""
    lifted = _Lifted()
    rows, totals = plan.rows, plan.totals
    form = Form(
        projects=lifted.lift(Membership(key=Key.PROJECT, values=rows.project_ids)),
        rule=lifted.lift(rows.condition),
        keys=plan.keys,
        totals=totals.measures,
        series=None if plan.series is None else plan.series.measures,
        present=totals.present,
        ratio=totals.ratio,
        descending=totals.descending,
        summed=totals.summed and not paged,
        paged=paged,
    )
    window = {START: rows.window.start, END: rows.window.end}
    if plan.series is not None:
        window |= {STEP: rows.window.step}
    page = {}
    if paged:
        last = totals.offset + totals.limit
        page = {OFFSET: totals.offset, LAST: last}
        page |= {} if plan.series is None else {LAST_SHOWN: last - 1}
    return form, lifted.values | window | page
