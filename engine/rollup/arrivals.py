"""Which arrivals of some days a statement is about, and into which pieces it cuts them; as SQL.

Owns how a statement is asked about arrivals. Does not know what it reads of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.sql.form import Parameter

_PIECE: Final = "first_update // $size"

PIECE: Final = f"CAST({_PIECE} AS INTEGER) AS piece"
"""The piece that a session belongs to."""

ARRIVED: Final = (
    "first_update >= $since"
    f" AND (first_update >= $end OR list_contains(CAST($pieces AS BIGINT[]), {_PIECE}))"
)
"""Which sessions are among the arrivals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """All arrivals from `end` on, and those of some `pieces` of this size before it."""

    size: int
    end: int = 0
    pieces: frozenset[int] = frozenset()

    @property
    def values(self) -> Mapping[str, Parameter]:
        """Give the parameters; the first of the arrivals, besides, tells where to begin to look."""
        firsts = [piece * self.size for piece in self.pieces]
        return {
            "size": self.size,
            "since": min([self.end, *firsts]),
            "end": self.end,
            "pieces": sorted(self.pieces),
        }


UNCUT: Final = Arrivals(size=2**63 - 1)
"""All arrivals, in one piece."""
