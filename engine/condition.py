"""Which rows a question is about: conditions over the base keys, in a form every engine can lower.

Owns the tree. Does not know the search language it mostly comes from, nor SQL.
"""

from dataclasses import dataclass
from typing import TypeAlias, Union

from schema.catalog import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`key` is one of `values`, or none of them if `negated`; without values none matches.

    The values of `Key.PROJECT` are project ids, those of the other keys are exact names.
    """

    key: Key
    values: tuple[str, ...] | tuple[int, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All of the conditions hold; none at all always holds."""

    conditions: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """At least one of the conditions holds; none at all never holds."""

    conditions: tuple["Condition", ...] = ()


Condition: TypeAlias = Union[Membership, Every, Either]  # noqa: UP007  (a forward reference inside a union needs the typing form)


def simplify(condition: Condition) -> Condition:
    """Flatten nested levels of one kind, and merge memberships of one key: the rows stay the same.

    What is left at one level no longer grows with repetitions in the question.
    """
    if isinstance(condition, Membership):
        return condition
    kind = type(condition)
    parts = [inner for part in condition.conditions for inner in _flattened(simplify(part), kind)]
    groups = [part for part in parts if not isinstance(part, Membership)]
    memberships = [part for part in parts if isinstance(part, Membership)]
    merged = [
        _merged(same, narrow=negated is (kind is Either))
        for key in Key
        for negated in (False, True)
        if (same := [one for one in memberships if (one.key, one.negated) == (key, negated)])
    ]
    together = (*merged, *dict.fromkeys(groups))
    return together[0] if len(together) == 1 else kind(conditions=together)


def _flattened(condition: Condition, kind: type[Every] | type[Either]) -> tuple[Condition, ...]:
    if isinstance(condition, Membership) or not isinstance(condition, kind):
        return (condition,)
    return condition.conditions


def _merged(same: list[Membership], *, narrow: bool) -> Membership:
    """Keep the values that all have (`narrow`), or that any has."""
    values: dict[int | str, None] = dict.fromkeys(same[0].values)
    for other in same[1:]:
        if narrow:
            kept = frozenset(other.values)
            values = {value: None for value in values if value in kept}
        else:
            values.update(dict.fromkeys(other.values))
    return Membership(key=same[0].key, values=tuple(values), negated=same[0].negated)  # type: ignore[arg-type]  # the values of one key have one type
