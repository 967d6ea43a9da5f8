"""From terms to conditions: which rows and which outcomes a query means.

Owns the two steps and the order of their errors. `bind` judges the query by itself; only
`resolve_conditions` asks for projects and releases, so that everything else about a request can be
judged in between. Does not know text, nor SQL.
"""

from dataclasses import dataclass

from engine.condition import Condition, Either, Every
from engine.search.admission import admit, check_asterisks
from engine.search.names import SearchContext, membership
from engine.search.statuses import part
from engine.search.structure import arrange
from engine.search.tree import And, Filter, Group, Logic
from schema.session import Outcome

__all__ = ["Bound", "SearchContext", "bind", "resolve_conditions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A query that is sound by itself.

    `filters` is None where all rows are meant. `outcomes` is None without a status filter, and
    empty where the status filters leave none.
    """

    filters: Logic | None
    outcomes: frozenset[Outcome] | None


def bind(tree: Group | None, *, environments: tuple[str, ...] | None = None) -> Bound:
    """Judge a query by itself: operators, keys and values, asterisks, statuses, in this order.

    `environments` are those chosen beside the query; None leaves it to `resolve_conditions` to
    check that `release.stage` has one. Raises SearchError.
    """
    if tree is None:
        return Bound(filters=None, outcomes=None)
    logic = arrange(tree, lambda term: admit(term, environments))
    for term in _filters(logic):
        check_asterisks(term)
    parted = part(logic)
    return Bound(filters=parted.rest, outcomes=parted.outcomes)


def resolve_conditions(bound: Bound, context: SearchContext) -> Condition:
    """Find the projects and releases that a query names.

    Raises SearchError: a project of the organization is named that is not among those to be read,
    or stages are asked for without one chosen environment.
    """
    return Every() if bound.filters is None else _condition(bound.filters, context)


def _filters(logic: Logic) -> tuple[Filter, ...]:
    """List the filters in the order of the query."""
    if isinstance(logic, Filter):
        return (logic,)
    return tuple(term for piece in logic.parts for term in _filters(piece))


def _condition(logic: Logic, context: SearchContext) -> Condition:
    if isinstance(logic, Filter):
        return membership(logic, context)
    parts = tuple(_condition(piece, context) for piece in logic.parts)
    return Every(conditions=parts) if isinstance(logic, And) else Either(conditions=parts)
