"""A statement and the parameters it binds.

Owns how values stay out of the text. Does not know what is asked.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sqlglot import exp

DIALECT: Final = "duckdb"

Parameter: TypeAlias = int | str | list[int] | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL text and its named parameters."""

    text: str
    parameters: dict[str, Parameter]


@dataclass(slots=True)
class Parameters:
    """Collects values and hands out the placeholders that stand for them."""

    values: dict[str, Parameter] = field(default_factory=dict)

    def bind(self, value: Parameter) -> exp.Placeholder:
        """Keep a value and give what stands for it in the text."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return exp.Placeholder(this=name)

    def statement(self, select: exp.Query) -> Statement:
        """Close a tree over the values that were bound for it."""
        return Statement(text=select.sql(DIALECT), parameters=self.values)


def unnested(*lists: exp.Placeholder) -> exp.Select:
    """Select the items of bound lists, side by side."""
    return exp.select(*(exp.func("UNNEST", items, dialect=DIALECT) for items in lists))
