"""`session.status` in a query: not a condition on rows, it selects which outcomes are counted.

Owns how it is taken out of the query. Does not know what is done with the outcomes.
"""

from dataclasses import dataclass

from engine.errors import SearchError
from engine.search.tree import And, Filter, Logic
from schema.catalog import STATUS_KEY
from schema.session import Outcome

_OUTCOMES = {outcome.word: outcome for outcome in Outcome}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A query without its status filters, and the outcomes these leave; see `Bound`."""

    rest: Logic | None
    outcomes: frozenset[Outcome] | None


def part(logic: Logic) -> Parted:
    """Take the status filters out of what has to hold; several leave what all of them allow.

    Raises SearchError: one stands within an `OR`, or asks for the empty status.
    """
    parts = logic.parts if isinstance(logic, And) else (logic,)
    rest: list[Logic] = []
    outcomes: frozenset[Outcome] | None = None
    for piece in parts:
        if isinstance(piece, Filter) and piece.key == STATUS_KEY:
            chosen = _chosen(piece)
            outcomes = chosen if outcomes is None else outcomes & chosen
        else:
            _check_free_of_status(piece)
            rest.append(piece)
    return Parted(rest=_joined(tuple(rest)), outcomes=outcomes)


def _joined(parts: tuple[Logic, ...]) -> Logic | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return And(parts=parts)


def _chosen(term: Filter) -> frozenset[Outcome]:
    """Give the outcomes a filter allows; words that name none are passed over."""
    words = {value.literal for value in term.values}
    if words == {""} and term.operator in {"=", "!="}:
        raise _unreadable(term, "A session always has a status.")
    named = frozenset(_OUTCOMES[word] for word in words if word in _OUTCOMES)
    return frozenset(Outcome) - named if term.is_negated else named


def _check_free_of_status(logic: Logic) -> None:
    if not isinstance(logic, Filter):
        for piece in logic.parts:
            _check_free_of_status(piece)
    elif logic.key == STATUS_KEY:
        hint = "It selects what is counted, so it can only be joined with AND; or use a list."
        raise _unreadable(logic, hint)


def _unreadable(term: Filter, hint: str) -> SearchError:
    message = f"Unable to parse condition with {STATUS_KEY}"
    return SearchError(message, span=term.span, hint=hint)
