"""Which terms belong together: `AND` binds tighter than `OR`, terms side by side are `AND`ed.

Owns where operators may stand. Does not know keys: a term is admitted or refused by whoever asks,
in the order of the query, because of several wrong things the first one is told.
"""

from collections.abc import Callable
from typing import TypeAlias

from engine.errors import SearchError
from engine.search.tree import Aggregate, And, Filter, FreeText, Group, Logic, Operator, Or, Term

Admit: TypeAlias = Callable[[Filter | FreeText | Aggregate], Filter]
"""Gives the filter that a term stands for, or raises SearchError."""


def arrange(group: Group, admit: Admit) -> Logic:
    """Arrange the terms of a query by precedence.

    Raises SearchError: an operator lacks a neighbour. The operators of one level are looked at
    before its filters.
    """
    _check_operators(group)
    alternatives: list[list[Logic]] = [[]]
    for term in group.terms:
        if not isinstance(term, Operator):
            alternatives[-1].append(
                arrange(term, admit) if isinstance(term, Group) else admit(term)
            )
        elif term.word == "OR":
            alternatives.append([])
    pieces = tuple(_every(tuple(parts)) for parts in alternatives)
    return pieces[0] if len(pieces) == 1 else Or(parts=pieces)


def _every(parts: tuple[Logic, ...]) -> Logic:
    """Join parts that all hold, without an `And` directly within an `And`."""
    flat: list[Logic] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(parts=tuple(flat))


def _check_operators(group: Group) -> None:
    previous: Term | None = None
    for term in group.terms:
        if isinstance(term, Operator):
            _check_left(term, previous)
        previous = term
    if isinstance(previous, Operator):
        message = f"Condition is missing on the right side of '{previous.word}' operator"
        raise SearchError(message, span=previous.span)


def _check_left(term: Operator, previous: Term | None) -> None:
    if previous is None:
        message = f"Condition is missing on the left side of '{term.word}' operator"
        hint = f"If {term.word} is meant as text, put it in quotes."
        raise SearchError(message, span=term.span, hint=hint)
    if isinstance(previous, Operator):
        message = (
            f"Missing condition in between two condition operators: '{previous.word} {term.word}'"
        )
        raise SearchError(message, span=(previous.span[0], term.span[1]))
