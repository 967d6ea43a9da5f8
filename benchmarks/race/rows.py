"""What a statement of SQL answered, whoever ran it.

Owns the rows that are compared. Does not know what they mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Row: TypeAlias = tuple[int | float | str | None, ...]

BUCKET = "bucket"
"""The column that counts the steps since the start of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Named columns; each row has a cell for each."""

    names: tuple[str, ...]
    rows: Sequence[Row]
