"""What a query says, before anyone asks which keys exist: terms with their places.

Owns the shape of the parsed language. Does not know how text becomes a tree, nor what it means.

A `span` is a half-open range of characters of the query. Spans do not count when trees are
compared, so that a tree and its printed and reparsed twin are equal.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias, Union

Span: TypeAlias = tuple[int, int]

NOWHERE: Span = (0, 0)

_PATTERN_STAR = re.compile(r"(?<!\\)(?:\\\\)*\*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    r"""One value; `text` is as typed, but without enclosing quotes and with `\"` read as `"`."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def is_pattern(self) -> bool:
        """Say whether a `*` stands behind an even number of backslashes."""
        return _PATTERN_STAR.search(self.text) is not None

    @property
    def literal(self) -> str:
        r"""Give the characters meant when this is no pattern: `\*` is a plain asterisk."""
        return self.text.replace(r"\*", "*")

    @property
    def expression(self) -> str:
        """Give the anchored regular expression meant when this is a pattern."""
        parts = re.split(r"(\\.|\*)", self.text, flags=re.DOTALL)
        return "^" + "".join(_piece(part) for part in parts) + "$"


def _piece(part: str) -> str:
    if part == "*":
        return ".*"
    return re.escape(_ESCAPE.sub(r"\1", part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """`key operator values`; the operator is normalised, so a leading `!` is already in it.

    Operators are `=`, `!=`, `IN`, `NOT IN`, and for keys that are ordered `>`, `>=`, `<`, `<=`.
    Only `IN` and `NOT IN` have other than one value. `has:key` is `key != ""`.
    """

    key: str
    operator: str
    values: tuple[Value, ...]
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def is_negated(self) -> bool:
        """Say whether rows with one of the values are left out."""
        return self.operator in {"!=", "NOT IN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeText:
    """Text that belongs to no key, trimmed."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A filter on a function, such as `count():>1`; understood only to be refused by its name.

    `key` is the function as the reference spells it, `source` the whole filter as typed.
    """

    key: str
    source: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """`AND` or `OR` as a term of its own; whether it stands well is not yet asked."""

    word: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Terms between parentheses, or all terms of a query; never without terms."""

    terms: tuple["Term", ...]
    span: Span = field(default=NOWHERE, compare=False)


Term: TypeAlias = Union[Filter, FreeText, Aggregate, Operator, Group]  # noqa: UP007  (a forward reference inside a union needs the typing form)


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All parts hold; at least two of them."""

    parts: tuple["Logic", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part holds; at least two of them."""

    parts: tuple["Logic", ...]


Logic: TypeAlias = Union[Filter, And, Or]  # noqa: UP007  (a forward reference inside a union needs the typing form)
"""Terms in their order of precedence: no operators and no groups are left."""
