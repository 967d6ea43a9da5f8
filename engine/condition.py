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
