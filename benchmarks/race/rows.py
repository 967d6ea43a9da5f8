"""What a statement of SQL answered, whoever ran it.

Owns the rows that are compared. Does not know what they mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


class Column(Protocol):
    """Values as a library keeps them."""

    def tolist(self) -> Any:  # noqa: ANN401  (each library has its own idea)
        """List the values as Python has them."""


Columns: TypeAlias = Mapping[str, Column]
"""What a statement answered, as it came."""

Row: TypeAlias = tuple[int | float | str | None, ...]

BUCKET = "bucket"
"""The column that counts the steps since the start of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The same, row by row: each has a cell for each name."""

    names: tuple[str, ...]
    rows: Sequence[Row]
