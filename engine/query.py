"""What is meant: every name bound, the window aligned, the scope inside.

Owns the noun between judging and planning. After it exists nothing can be the caller's fault.
Does not know storage or SQL.
"""

from dataclasses import dataclass

from engine.aggregates import Ratio
from engine.budget import Budget
from engine.condition import Condition
from engine.window import Window
from schema.catalog import Key, Subject
from schema.session import OUTCOMES_IN_ANSWERS, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What `session.status` does to a question: as a group, and as a filter (None: no filter)."""

    by_status: bool
    chosen: frozenset[Outcome] | None

    @property
    def outcomes(self) -> tuple[Outcome, ...] | None:
        """List the statuses that count, in answer order; None when sessions are not split."""
        if self.chosen is None and not self.by_status:
            return None
        chosen = frozenset(Outcome) if self.chosen is None else self.chosen
        return tuple(outcome for outcome in OUTCOMES_IN_ANSWERS if outcome in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Sort base groups by `ratio`, nulls last, ties by group key; by group key alone without one.

    `present` is the subject whose rows a group must have to be listed at all, None for any.
    """

    ratio: Ratio | None = None
    descending: bool = True
    present: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One answerable question.

    `fields` are public names in answer order; those in `valueless` are null whatever the rows,
    because the chosen outcomes have no such number. `keys` are in answer order; `by_status` splits
    each base group. `outcomes` are the chosen statuses in answer order, None when all rows count
    unsplit; no chosen outcome at all answers no groups. `project_ids` bounds every statement.
    """

    fields: tuple[str, ...]
    valueless: frozenset[str]
    keys: tuple[Key, ...]
    by_status: bool
    outcomes: tuple[Outcome, ...] | None
    window: Window
    project_ids: tuple[int, ...]
    condition: Condition
    order: Order
    budget: Budget
    totals: bool
    series: bool
    text: str

    @property
    def empty(self) -> bool:
        """Tell whether the answer has no groups whatever the rows are."""
        return self.outcomes == () or self.valueless.issuperset(self.fields)
